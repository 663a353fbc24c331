// Where a filter's rows are to be had in other forms, as the gateway itself names it: tiles to draw, files to keep.
//
// Its URLs carry the filter, and of whoever is signed in the right to see what they see: an image or a download sends
// no credentials of its own.
import type { Variables } from "../gateway/ask";
import type { Layer } from "../gateway/page";
import type { Operation } from "./queries";

/** Fields of `exports`. */
export const FORMATS = ["geojson", "geojsonSeq", "csv", "flatgeobuf"] as const;

export type Format = (typeof FORMATS)[number];

export interface Links {
  tiles: { url: string };
  /** Files are of now alone. */
  exports?: Record<Format, string>;
}

/** The URLs of what a filter keeps; null for every row. They cost no read of the database. */
export function links(layer: Layer, filters: Variables | null, asOf: string | null): Operation {
  if (asOf !== null && layer.documents.tilesThen)
    return { query: layer.documents.tilesThen, variables: { filters, asOf } };
  return { query: layer.documents.links, variables: { filters } };
}
