// GraphQL documents, made from the layers' declarations.
import type { Position } from "geojson";
import type { Variables } from "../gateway/ask";
import type { Gateway, Layer, Relation } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import { plain } from "./figures";

export const ROWS = 20;
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

function brief(layer: Layer): string {
  return ["featureId", ...titles(layer)].join(" ");
}

/** The rows that a filter keeps: how many, where, and the first of them or the nearest. */
export function selection(layer: Layer, filters: Variables | null, near: Position | null): Operation {
  const variables: Variables = { filters, first: ROWS };
  const declared = [`$filters: ${layer.type}Filter`, "$first: Int!"];
  let order = "";
  if (near) {
    variables["near"] = { geojson: { type: "Point", coordinates: near } };
    declared.push("$near: GeometryInput!");
    order = ", order: [{ distanceTo: $near }]";
  }
  const query = `query Selection(${declared.join(", ")}) {
  ${layer.many}(filters: $filters${order}, first: $first) {
    totalCount(mode: CAPPED)
    extent
    edges {
      ${near ? "distance " : ""}node { ${brief(layer)} bbox }
    }
  }
}`;
  return { query, variables };
}

/** Rows whose key begins with a text, or whose titles hold it. */
export function search(layer: Layer, text: string): Operation {
  const lookups = titles(layer).map(
    (name) => `{ ${name}: { ${name === layer.key ? "iStartsWith" : "iContains"}: $text } }`,
  );
  const query = `query Search($text: String!, $first: Int!) {
  ${layer.many}(filters: { or: [${lookups.join(", ")}] }, first: $first) {
    nodes { ${brief(layer)} bbox }
  }
}`;
  return { query, variables: { text, first: SUGGESTIONS } };
}

function related(gateway: Gateway, relation: Relation): string {
  const target = layerNamed(gateway, relation.target);
  if (!target) return "";
  return `
    ${relation.field}(first: $related) {
      totalCount(mode: CAPPED)
      edges { ${relation.edge.join(" ")} node { ${brief(target)} } }
    }`;
}

/** What names a row. */
export function title(layer: Layer, id: number): Operation {
  return { query: `query Title($id: BigInt!) { ${layer.one}(featureId: $id) { ${brief(layer)} } }`, variables: { id } };
}

/** One row with all its fields and what it is related to. */
export function sheet(gateway: Gateway, layer: Layer, id: number): Operation {
  const relations = layer.relations.map((relation) => related(gateway, relation)).join("");
  const query = `query Sheet($id: BigInt!, $related: Int!) {
  ${layer.one}(featureId: $id) {
    ${layer.fields.map((field) => field.name).join(" ")}
    bbox
    geometry${relations}
  }
}`;
  return { query, variables: { id, related: RELATED } };
}

/** The box around every row of a layer; null for none. */
export function extent(layer: Layer): Operation {
  return { query: `{ ${layer.many}(first: 0) { extent } }`, variables: {} };
}
