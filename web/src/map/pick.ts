// What is under a point of the screen, of the rows that tiles draw.
import type { Map as MapLibre, MapGeoJSONFeature, PointLike, StyleSpecification } from "maplibre-gl";
import { HIGHLIGHTS } from "./overlays";
import { drawnLayer } from "./style";

const REACH = 4; // pixels beside a point or a line that still mean it

/** The layers of a style that draw rows of these layers, whole. */
export function pickable(style: StyleSpecification, layers: readonly string[]): string[] {
  return style.layers
    .filter((layer) => layer.type !== "symbol" && layers.includes(drawnLayer(layer) ?? ""))
    .map((layer) => layer.id)
    .filter((id) => !id.endsWith("-outline") && !id.endsWith("-overview"));
}

/** The feature on top at a point of the screen. Points and lines lie on top, and are met a few pixels beside them. */
export function featureAt(
  map: MapLibre,
  layers: readonly string[],
  { x, y }: { x: number; y: number },
): MapGeoJSONFeature | null {
  const shown = layers.filter((id) => map.getLayer(id));
  const thin = shown.filter((id) => map.getLayer(id)?.type !== "fill");
  const near: [PointLike, PointLike] = [
    [x - REACH, y - REACH],
    [x + REACH, y + REACH],
  ];
  const met = thin.length > 0 ? map.queryRenderedFeatures(near, { layers: thin })[0] : undefined;
  return met ?? map.queryRenderedFeatures([x, y], { layers: shown })[0] ?? null;
}

/** Outline a row under the pointer; null outlines none. */
export function outlineUnder(map: MapLibre, feature: MapGeoJSONFeature | null): void {
  const drawn = map.getLayer(HIGHLIGHTS.hover);
  if (!drawn) return;
  const id = feature && feature.sourceLayer === drawn.sourceLayer ? Number(feature.id) : -1;
  map.setFilter(HIGHLIGHTS.hover, ["==", ["id"], id]);
}
