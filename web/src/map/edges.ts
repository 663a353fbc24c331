// The edges of a printed map, which no text crosses: half of a name is none.
import type { Feature, MultiPoint } from "geojson";
import type { LayerSpecification, Map as MapLibre } from "maplibre-gl";
import { LABELS } from "./style";

const EDGES = "edges";
const STEP = 8; // pixels: the side of what stands in the way of texts

/** Whether a text is written on an area, in which it may move. One that has a point of its own would go to a neighbour's. */
function isOnAreas(layer: LayerSpecification): boolean {
  return layer.type === "symbol" && !layer.source.endsWith(LABELS);
}

/** Let nothing be written over the edges of a map of a size in pixels; what would be is moved, or left out. */
export function keepTextsOff(map: MapLibre, width: number, height: number): void {
  for (const layer of map.getStyle().layers.filter(isOnAreas))
    map.setLayoutProperty(layer.id, "text-variable-anchor", ["center", "left", "right", "top", "bottom"]);
  map.addImage(EDGES, { width: STEP, height: STEP, data: new Uint8Array(4 * STEP ** 2) }); // nothing is seen of it
  map.addSource(EDGES, { type: "geojson", data: around(map, width, height) });
  // What is added last has its place first.
  map.addLayer({
    id: EDGES,
    type: "symbol",
    source: EDGES,
    layout: { "icon-image": EDGES, "icon-allow-overlap": true, "icon-padding": 0 },
  });
}

/** Points along the edges, one beside the other. */
function around(map: MapLibre, width: number, height: number): Feature<MultiPoint> {
  const along = (length: number) => Array.from({ length: Math.ceil(length / STEP) + 1 }, (_, place) => place * STEP);
  const points = [
    ...along(width).flatMap((x) => [
      [x, 0],
      [x, height],
    ]),
    ...along(height).flatMap((y) => [
      [0, y],
      [width, y],
    ]),
  ] as [number, number][];
  const coordinates = points.map((point) => map.unproject(point).toArray());
  return { type: "Feature", properties: {}, geometry: { type: "MultiPoint", coordinates } };
}
