// Names of streets, where tiles have addresses: no layer has lines of streets.
import type { GeoJSONSource, LayerSpecification, Map as MapLibre } from "maplibre-gl";
import { useEffect } from "react";
import { useDark } from "../canvas/scheme";
import type { Gateway } from "../gateway/page";
import type { Theme } from "./ground";
import { addBelowTexts, HALO, INK, isGone } from "./ground";
import type { House } from "./stretches";
import { streetsOf } from "./stretches";
import { LABELS } from "./style";

const STREETS = "streets";
const FROM = 16; // the zoom of the tiles that have addresses

/** What draws them, in the inks of a theme. */
export function streetLayers(theme: Theme): LayerSpecification[] {
  return [
    {
      id: "over-streets",
      type: "symbol",
      source: STREETS,
      minzoom: FROM,
      layout: {
        "text-field": ["get", "name"],
        "text-font": ["Noto Sans Medium"],
        "text-size": ["interpolate", ["linear"], ["zoom"], FROM, 11, 19, 15],
        "text-rotate": ["get", "angle"],
        "text-rotation-alignment": "map",
        "text-max-width": 100,
        "text-letter-spacing": 0.08,
      },
      paint: { "text-color": INK[theme], "text-halo-color": HALO[theme], "text-halo-width": 1.6 },
    },
  ];
}

/** The houses that tiles in view have, each once. */
function housesIn(map: MapLibre, gateway: Gateway): House[] {
  return gateway.layers.flatMap(({ name, labels }) => {
    const field = labels.split("=").at(-1) ?? "";
    if (field === "" || !map.getSource(name + LABELS)) return [];
    const found = map.querySourceFeatures(name + LABELS, { sourceLayer: name + LABELS });
    return [...new Map(found.map((each) => [each.id, each])).values()].flatMap(({ properties, geometry }) => {
      const address: unknown = properties[field];
      return typeof address === "string" && geometry.type === "Point" ? { address, at: geometry.coordinates } : [];
    });
  });
}

/** Show names whenever the map rests near enough; returns what takes them away. */
function showStreets(map: MapLibre, gateway: Gateway, theme: Theme): () => void {
  let drawn = "";
  map.addSource(STREETS, { type: "geojson", data: streetsOf([]) });
  addBelowTexts(map, streetLayers(theme));
  const look = () => {
    const found = map.getZoom() < FROM ? [] : housesIn(map, gateway);
    const key = found.map(({ address, at }) => `${address} ${at.join()}`).join(";");
    if (key === drawn) return; // what is drawn makes the map rest again
    drawn = key;
    void map.getSource<GeoJSONSource>(STREETS)?.setData(streetsOf(found));
  };
  map.on("idle", look);
  return () => {
    if (isGone(map)) return;
    map.off("idle", look);
    for (const { id } of streetLayers(theme)) map.removeLayer(id);
    map.removeSource(STREETS);
  };
}

export function useStreets(map: MapLibre | null, gateway: Gateway, shown: boolean): void {
  const theme = useDark() ? "dark" : "light";
  useEffect(() => (map && shown ? showStreets(map, gateway, theme) : undefined), [map, gateway, shown, theme]);
}
