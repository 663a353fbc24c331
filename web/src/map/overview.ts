// Overviews: in tiles that are too far out for the rows of a layer, cells of the map with how many rows lie there.
import type { FillLayerSpecification } from "maplibre-gl";

const ENDING = "_overview";

/** The name of the source layer with the cells of a layer. */
export function overviewOf(layer: string): string {
  return layer + ENDING;
}

/** The layer whose rows a source layer shows, one by one or as cells. */
export function layerOf(sourceLayer: string): string {
  return sourceLayer.endsWith(ENDING) ? sourceLayer.slice(0, -ENDING.length) : sourceLayer;
}

/** Cells in one colour, the stronger the more rows they have. */
export function cellsIn(color: string): FillLayerSpecification["paint"] {
  return {
    "fill-color": color,
    "fill-opacity": ["interpolate", ["linear"], ["ln", ["get", "count"]], 0, 0.35, 5, 0.8],
    "fill-antialias": false,
  };
}
