// Layers over the gateway's style; their ids begin with `over-`.
import type { FeatureCollection, Geometry } from "geojson";
import type { Changed, Kind } from "./changes";
import type {
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
  Map as MapLibre,
  StyleSpecification,
  VectorTileSource,
} from "maplibre-gl";

import type english from "../texts/en.json";
import { cellsIn, overviewOf } from "./overview";

export const HIGHLIGHTS = { hover: "over-hover", selection: "over-selection" } as const;
const SOURCES = ["picked", "area", "near", "changes", "told"] as const;
export type Overlay = (typeof SOURCES)[number];

const ACCENT = "#e8590c";
const DRAWN = "#7048e8";
const TOLD = "#228be6";
/** Of Okabe and Ito: colour-blind eyes tell them apart. */
export const CHANGE_COLORS: Record<Kind, string> = { added: "#009e73", changed: "#e69f00", removed: "#d55e00" };

interface Meaning {
  text: keyof typeof english.marked;
  color: string;
  /** The layers that draw it. */
  layers: readonly string[];
  /** What the features are that are meant, where the layers draw several. */
  kind?: string;
  line?: true;
}

function overSelection(...ends: readonly string[]): string[] {
  return ends.map((end) => HIGHLIGHTS.selection + end);
}

/** What colours over the layers mean. */
export const OVERLAY_LEGEND: readonly Meaning[] = [
  { text: "selection", color: ACCENT, layers: overSelection("", "-line", "-point", "-overview") },
  { text: "picked", color: ACCENT, layers: ["over-picked-line", "over-picked-point"], line: true },
  { text: "area", color: DRAWN, layers: ["over-area-line"], line: true },
  { text: "near", color: DRAWN, layers: ["over-near", "over-near-line"], kind: "place" },
  { text: "reach", color: DRAWN, layers: ["over-near-line"], kind: "reach", line: true },
  { text: "told", color: TOLD, layers: ["over-told", "over-told-point"], kind: "told" },
  { text: "left", color: TOLD, layers: ["over-told-line"], kind: "left", line: true },
  { text: "heat", color: "#f03b20", layers: ["over-heat"] },
  ...Object.entries(CHANGE_COLORS).map(([kind, color]) => ({
    text: kind as Kind,
    color,
    layers: ["over-changes", "over-changes-line", "over-changes-point"],
    kind,
  })),
];

// A circle layer draws the vertices of lines and polygons, too.
const POINTS: FilterSpecification = ["==", ["geometry-type"], "Point"];

export function outline(geometry: Geometry | null): FeatureCollection {
  return { type: "FeatureCollection", features: geometry ? [{ type: "Feature", properties: {}, geometry }] : [] };
}

/** What changed, each with its kind. */
export function changeFeatures(changed: readonly Changed[]): FeatureCollection {
  return {
    type: "FeatureCollection",
    features: changed.map(({ kind, row }) => ({ type: "Feature", properties: { kind }, geometry: row.geometry })),
  };
}

const { added, changed, removed } = CHANGE_COLORS;
const CHANGE_COLOR: ExpressionSpecification = ["match", ["get", "kind"], "added", added, "changed", changed, removed];

// Parcels that have nobody to tell are outlined alone.
const IS_TOLD: FilterSpecification = ["==", ["get", "kind"], "told"];

const REACH: FilterSpecification = ["==", ["get", "kind"], "reach"];

const LAYERS: LayerSpecification[] = [
  { id: "over-changes", type: "fill", source: "changes", paint: { "fill-color": CHANGE_COLOR, "fill-opacity": 0.35 } },
  {
    id: "over-changes-line",
    type: "line",
    source: "changes",
    paint: {
      "line-color": CHANGE_COLOR,
      "line-width": 3,
      "line-dasharray": ["match", ["get", "kind"], "removed", ["literal", [2, 1.5]], ["literal", [1, 0]]],
    },
  },
  {
    id: "over-changes-point",
    type: "circle",
    source: "changes",
    filter: POINTS,
    paint: { "circle-radius": 6, "circle-color": CHANGE_COLOR },
  },
  {
    id: "over-told",
    type: "fill",
    source: "told",
    filter: IS_TOLD,
    paint: { "fill-color": TOLD, "fill-opacity": 0.5 },
  },
  {
    id: "over-told-line",
    type: "line",
    source: "told",
    paint: {
      "line-color": TOLD,
      "line-width": 2,
      "line-dasharray": ["match", ["get", "kind"], "left", ["literal", [2, 1.5]], ["literal", [1, 0]]],
    },
  },
  {
    id: "over-told-point",
    type: "circle",
    source: "told",
    filter: POINTS,
    paint: { "circle-radius": 6, "circle-color": TOLD },
  },
  { id: "over-area", type: "fill", source: "area", paint: { "fill-color": DRAWN, "fill-opacity": 0.08 } },
  {
    id: "over-area-line",
    type: "line",
    source: "area",
    paint: { "line-color": DRAWN, "line-width": 2, "line-dasharray": [3, 2] },
  },
  { id: "over-picked", type: "fill", source: "picked", paint: { "fill-color": ACCENT, "fill-opacity": 0.15 } },
  { id: "over-picked-line", type: "line", source: "picked", paint: { "line-color": ACCENT, "line-width": 3 } },
  {
    id: "over-picked-point",
    type: "circle",
    source: "picked",
    filter: POINTS,
    paint: { "circle-radius": 7, "circle-color": ACCENT, "circle-stroke-color": "#fff", "circle-stroke-width": 2 },
  },
  {
    id: "over-near-reach",
    type: "fill",
    source: "near",
    filter: REACH,
    paint: { "fill-color": DRAWN, "fill-opacity": 0.1 },
  },
  {
    id: "over-near-line",
    type: "line",
    source: "near",
    paint: {
      "line-color": DRAWN,
      "line-width": ["match", ["get", "kind"], "reach", 2, 3],
      "line-dasharray": ["match", ["get", "kind"], "reach", ["literal", [3, 2]], ["literal", [1, 0]]],
    },
  },
  {
    id: "over-near",
    type: "circle",
    source: "near",
    filter: POINTS,
    paint: { "circle-radius": 7, "circle-color": DRAWN, "circle-stroke-color": "#fff", "circle-stroke-width": 2 },
  },
];

/**
 * The style with the sources and layers of what a page draws itself, and the outline under the pointer. A layer that is
 * added later makes MapLibre read all tiles of its source once more.
 */
export function withOverlays(style: StyleSpecification): StyleSpecification {
  const filled = style.layers.findLast((layer) => layer.type === "fill" && "source-layer" in layer);
  const hover: LayerSpecification[] =
    filled?.type === "fill"
      ? [
          {
            id: HIGHLIGHTS.hover,
            type: "line",
            source: filled.source,
            "source-layer": filled["source-layer"] ?? "",
            filter: ["==", ["id"], -1],
            paint: { "line-color": ACCENT, "line-width": 2 },
          },
        ]
      : [];
  const texts = style.layers.filter(({ type }) => type === "symbol");
  const sources = SOURCES.map((name) => [name, { type: "geojson", data: outline(null) }]);
  return {
    ...style,
    sources: { ...style.sources, ...(Object.fromEntries(sources) as StyleSpecification["sources"]) },
    layers: [...style.layers.filter(({ type }) => type !== "symbol"), ...hover, ...LAYERS, ...texts],
  };
}

/** The URL of a source's tiles, as it was given: `tiles` of one that is not loaded yet is undefined. */
export function tilesOf(source: VectorTileSource): string | undefined {
  return source.serialize().tiles?.[0];
}

/** Draw the tiles at a URL under what is picked; null draws none. */
export function showTiles(map: MapLibre, sourceLayer: string, url: string | null): void {
  const layers = ["", "-line", "-point", "-overview"].map((end) => HIGHLIGHTS.selection + end);
  const shown = map.getSource<VectorTileSource>("selection");
  if (url && shown && tilesOf(shown) === url && map.getLayer(HIGHLIGHTS.selection)?.sourceLayer === sourceLayer) return;
  for (const id of layers) if (map.getLayer(id)) map.removeLayer(id);
  if (shown) map.removeSource("selection");
  if (!url) return;
  const of = { source: "selection", "source-layer": sourceLayer };
  map.addSource("selection", { type: "vector", tiles: [url], minzoom: 0, maxzoom: 22 });
  const cells = { ...of, "source-layer": overviewOf(sourceLayer), paint: cellsIn(ACCENT) };
  map.addLayer({ ...cells, id: `${HIGHLIGHTS.selection}-overview`, type: "fill" }, "over-area");
  map.addLayer(
    { ...of, id: HIGHLIGHTS.selection, type: "fill", paint: { "fill-color": ACCENT, "fill-opacity": 0.45 } },
    "over-changes",
  );
  map.addLayer(
    { ...of, id: `${HIGHLIGHTS.selection}-line`, type: "line", paint: { "line-color": ACCENT, "line-width": 1 } },
    "over-changes",
  );
  map.addLayer(
    {
      ...of,
      id: `${HIGHLIGHTS.selection}-point`,
      type: "circle",
      filter: POINTS,
      paint: { "circle-radius": 5, "circle-color": ACCENT },
    },
    "over-changes",
  );
}
