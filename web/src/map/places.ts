// Names of places of the world (GeoNames), fetched once the map rests and is far enough to show some.
import type { FeatureCollection, Point } from "geojson";
import type { ExpressionSpecification, LayerSpecification, Map as MapLibre } from "maplibre-gl";
import { useEffect } from "react";
import url from "places-of-the-world";
import { useDark } from "../canvas/scheme";
import type { Theme } from "./ground";
import { addBelowTexts, HALO, INK, isGone } from "./ground";

const PLACES = "places";
const GONE = 14; // from where streets and numbers tell where one is
const DIGITS = 1000; // of a degree, as the build has them

/** Thousands of people that a place has at least, from a zoom on: a map of the world has room for few names. */
const FEWEST: ExpressionSpecification = ["step", ["zoom"], 2000, 3, 800, 4, 400, 5, 200, 6, 80, 7, 30, 8, 12, 9, 0];

/** What draws them, in the inks of a theme. */
export function placeLayers(theme: Theme): LayerSpecification[] {
  return [
    {
      id: "over-places",
      type: "symbol",
      source: PLACES,
      maxzoom: GONE,
      filter: [">=", ["get", "people"], FEWEST],
      layout: {
        "text-field": ["get", "name"],
        "text-font": ["Noto Sans Medium"],
        "text-size": [
          "interpolate",
          ["linear"],
          ["zoom"],
          3,
          11,
          GONE,
          ["step", ["get", "people"], 13, 50, 16, 500, 19],
        ],
        "text-max-width": 8,
        "text-padding": 8,
        "symbol-sort-key": ["-", ["get", "people"]],
      },
      paint: { "text-color": INK[theme], "text-halo-color": HALO[theme], "text-halo-width": 1.4 },
    },
  ];
}

interface Columns {
  /** A line each. */
  names: string;
  longitudes: number[];
  latitudes: number[];
  people: number[];
}

function features({ names, longitudes, latitudes, people }: Columns): FeatureCollection<Point> {
  return {
    type: "FeatureCollection",
    features: names.split("\n").map((name, place) => ({
      type: "Feature",
      properties: { name, people: people[place] },
      geometry: {
        type: "Point",
        coordinates: [(longitudes[place] ?? 0) / DIGITS, (latitudes[place] ?? 0) / DIGITS],
      },
    })),
  };
}

async function read(): Promise<FeatureCollection<Point> | null> {
  const answer = await fetch(url).catch(() => null); // a map without them is a map
  return answer?.ok ? features((await answer.json()) as Columns) : null;
}

let found: ReturnType<typeof read> | null = null;

/** Show names once the map rests, where they are drawn; returns what takes them away. */
function showPlaces(map: MapLibre, theme: Theme): () => void {
  let ended = false;
  const add = async () => {
    const data = await (found ??= read());
    if (!data) found = null;
    if (!data || ended || isGone(map) || map.getSource(PLACES)) return;
    const attribution = '<a href="https://www.geonames.org/">GeoNames</a>';
    map.addSource(PLACES, { type: "geojson", data, attribution });
    addBelowTexts(map, placeLayers(theme));
  };
  const look = () => {
    if (map.getZoom() < GONE && !map.getSource(PLACES)) void add();
  };
  map.on("idle", look);
  return () => {
    ended = true;
    if (isGone(map)) return;
    map.off("idle", look);
    if (!map.getSource(PLACES)) return;
    for (const { id } of placeLayers(theme)) map.removeLayer(id);
    map.removeSource(PLACES);
  };
}

export function usePlaces(map: MapLibre | null, shown: boolean): void {
  const theme = useDark() ? "dark" : "light";
  useEffect(() => (map && shown ? showPlaces(map, theme) : undefined), [map, shown, theme]);
}
