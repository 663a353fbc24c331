// What the map asks for: documents that came with the page, and their variables.
import type { Position } from "geojson";
import type { Variables } from "../gateway/ask";
import type { Layer } from "../gateway/page";
import { plain } from "./figures";
import type { Around } from "./filter";

export const ROWS = 20;
const WITHIN = 200; // rows within a distance: those who ask for them want all
export const RELATED = 12;
const SUGGESTIONS = 8;
const TITLES = ["address", "name", "zoneCode"];

export interface Operation {
  query: string;
  variables: Variables;
}

export type Row = Record<string, unknown> & { featureId: number };

/** Fields that name a row to a person; the key comes first. */
export function titles(layer: Layer): string[] {
  const names = new Set(layer.fields.map((field) => field.name));
  return [layer.key, ...TITLES.filter((name) => names.has(name) && name !== layer.key)];
}

/** What a person calls a row: its address or name, else its key. */
export function titleOf(layer: Layer, row: Record<string, unknown>): string {
  const found = TITLES.map((name) => row[name]).find((value) => typeof value === "string" && value !== "");
  return plain(found ?? `${layer.title} ${plain(row[layer.key])}`);
}

/** The variable that makes a read one as of a moment, of a layer whose past is kept. */
export function at(layer: Layer, asOf: string | null): Variables {
  return layer.tracked && asOf !== null ? { asOf } : {};
}

/** The rows that a filter keeps: how many, where, and the first of them or the nearest. */
export function selection(
  layer: Layer,
  filters: Variables | null,
  around: Around | null,
  asOf: string | null,
): Operation {
  const variables: Variables = { filters, first: ROWS, ...at(layer, asOf) };
  if (!around) return { query: layer.documents.selection, variables };
  const first = around.metres !== null ? WITHIN : around.but !== null ? ROWS + 1 : ROWS;
  return { query: layer.documents.nearest, variables: { ...variables, first, near: around.geometry } };
}

/** A row that others are near to, with what lies within a distance of it in metres. */
export function place(layer: Layer, id: number, metres: number | null, asOf: string | null): Operation {
  const variables = { id, metres: metres ?? 0, reach: metres !== null, ...at(layer, asOf) };
  return { query: layer.documents.place, variables };
}

/** The rows of all layers that a text finds; those near a place first. */
export function search(query: string, text: string, near: Position | null): Operation {
  const place = near && { geojson: { type: "Point", coordinates: near } };
  return { query, variables: { text, near: place, first: SUGGESTIONS } };
}

/** What names a row. */
export function title(layer: Layer, id: number, asOf: string | null): Operation {
  return { query: layer.documents.title, variables: { id, ...at(layer, asOf) } };
}

/** One row with all its fields and what it is related to. */
export function sheet(layer: Layer, id: number, asOf: string | null): Operation {
  const variables = layer.relations.length > 0 ? { id, related: RELATED } : { id };
  return { query: layer.documents.sheet, variables: { ...variables, ...at(layer, asOf) } };
}

/** The box around every row of a layer; null for none. */
export function extent(layer: Layer): Operation {
  return { query: layer.documents.extent, variables: {} };
}
