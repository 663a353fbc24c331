// Where a filter's rows are to be had in other forms: tiles to draw, files to keep.
import type { Layer } from "../gateway/page";

export const FORMATS = { geojson: "GeoJSON", geojsonl: "GeoJSON lines", csv: "CSV", fgb: "FlatGeobuf" } as const;

function asked(filters: Record<string, unknown> | null): string {
  return filters ? `?${new URLSearchParams({ filters: JSON.stringify(filters) })}` : "";
}

/** Tiles of what a filter keeps, as MapLibre takes them. */
export function tilesOf(layer: Layer, filters: Record<string, unknown>): string {
  return `${location.origin}/tiles/${layer.name}/{z}/{x}/{y}.mvt${asked(filters)}`;
}

/** A file of what a filter keeps, by its ending. */
export function fileOf(layer: Layer, filters: Record<string, unknown> | null, ending: string): string {
  return `/export/${layer.name}.${ending}${asked(filters)}`;
}
