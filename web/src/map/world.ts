// The world in outlines (Natural Earth, by way of npm's world-atlas), so that no view is a blank page.
import type { GeoJSONSource, LayerSpecification, Map as MapLibre, StyleSpecification } from "maplibre-gl";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlas from "world-atlas/countries-50m.json?url";

type World = Topology<{ countries: GeometryCollection; land: GeometryCollection }>;

const NOTHING = { type: "FeatureCollection" as const, features: [] };
const INK = {
  light: { water: "#d5e3ea", border: "#a9a294" },
  dark: { water: "#0d141b", border: "#4a5360" },
};
// Its coasts are true to a kilometre or so: from where that shows, there is paper alone.
const NEAR = 8;
const GONE = 10;

/** The style with the world beneath it. */
export function withWorld(style: StyleSpecification, dark: boolean): StyleSpecification {
  const [ground, ...rest] = style.layers;
  if (ground?.type !== "background") return style;
  const paper = ground.paint?.["background-color"] as string;
  const { water, border } = INK[dark ? "dark" : "light"];
  const sea = ["interpolate", ["linear"], ["zoom"], NEAR, water, GONE, paper];
  const world = [
    { ...ground, paint: { "background-color": sea } },
    { id: "land", type: "fill", source: "land", maxzoom: GONE, paint: { "fill-color": paper } },
    {
      id: "borders",
      type: "line",
      source: "borders",
      maxzoom: GONE,
      paint: { "line-color": border, "line-width": ["interpolate", ["linear"], ["zoom"], 2, 0.4, NEAR, 1.5] },
    },
  ] as LayerSpecification[];
  const source = { type: "geojson" as const, data: NOTHING };
  return { ...style, sources: { ...style.sources, land: source, borders: source }, layers: [...world, ...rest] };
}

/** Fetch the world and draw it, once tiles are here and the map is far enough out to show it. */
export function showWorld(map: MapLibre): void {
  if (map.getSource("land"))
    void map.once("idle", () => {
      follow(map);
    });
}

function follow(map: MapLibre): void {
  const look = () => {
    if (map.getZoom() >= GONE) return;
    map.off("zoom", look);
    void read(map);
  };
  map.on("zoom", look);
  look();
}

async function read(map: MapLibre): Promise<void> {
  const answer = await fetch(atlas).catch(() => null); // a map without it is a map
  if (!answer?.ok) return;
  const world = (await answer.json()) as World;
  const borders = mesh(world, world.objects.countries, (one, other) => one !== other);
  void map.getSource<GeoJSONSource>("land")?.setData(feature(world, world.objects.land));
  void map.getSource<GeoJSONSource>("borders")?.setData(borders);
}
