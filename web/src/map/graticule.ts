// The graticule on the map: drawn anew when the view rests.
import type { GeoJSONSource, LayerSpecification, Map as MapLibre } from "maplibre-gl";
import { useEffect } from "react";
import { useDark } from "../canvas/scheme";
import { graticule } from "./degrees";
import type { Theme } from "./ground";
import { addBelowTexts, HALO, INK, isGone } from "./ground";
import { inView } from "./seen";

export const GRATICULE = "graticule";

/** What draws it, in the inks of a theme. */
export function graticuleLayers(theme: Theme): LayerSpecification[] {
  const of = { source: GRATICULE };
  return [
    {
      ...of,
      id: "over-graticule",
      type: "line",
      paint: { "line-color": INK[theme], "line-width": 1, "line-opacity": 0.6 },
    },
    {
      ...of,
      id: "over-graticule-text",
      type: "symbol",
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 350,
        "text-field": ["get", "text"],
        "text-font": ["Noto Sans Medium"],
        "text-size": 11,
        "text-offset": [0, -0.7],
      },
      paint: { "text-color": INK[theme], "text-halo-color": HALO[theme], "text-halo-width": 1.4 },
    },
  ];
}

/** Draw the lines of what a map shows. */
export function drawGraticule(map: MapLibre): void {
  const { box } = inView(map, {});
  if (box) void map.getSource<GeoJSONSource>(GRATICULE)?.setData(graticule(box));
}

/** Draw lines below all texts; returns what takes them away. */
function showGraticule(map: MapLibre, theme: Theme): () => void {
  const layers = graticuleLayers(theme);
  const draw = () => {
    drawGraticule(map);
  };
  map.addSource(GRATICULE, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  addBelowTexts(map, layers);
  map.on("moveend", draw);
  draw();
  return () => {
    if (isGone(map)) return;
    map.off("moveend", draw);
    for (const { id } of layers) map.removeLayer(id);
    map.removeSource(GRATICULE);
  };
}

export function useGraticule(map: MapLibre | null, shown: boolean): void {
  const theme = useDark() ? "dark" : "light";
  useEffect(() => (map && shown ? showGraticule(map, theme) : undefined), [map, shown, theme]);
}
