// What changed in a box since a moment: rows that came, that are otherwise now, and that are gone.
//
// The gateway counts and compares; which rows are gone is told by their ids, which are compared here.
import type { Geometry } from "geojson";
import type { Variables } from "../gateway/ask";
import { ask } from "../gateway/ask";
import type { Layer } from "../gateway/page";
import type { Row } from "./queries";
import type { Bounds } from "./scene";

const MOST = 500; // changed rows that are listed and drawn
const PAGE = 1000;
const PAGES = 10; // of ids that are compared, at most

export const KINDS = ["added", "changed", "removed"] as const;
export type Kind = (typeof KINDS)[number];

export interface Changed {
  kind: Kind;
  row: Row & { geometry: Geometry };
}

export interface LayerChanges {
  layer: Layer;
  counts: Record<Kind, number>;
  /** Those that are shown, `MOST` of each at most. */
  rows: Changed[];
}

type Found = Row & { createdAt: string; geometry: Geometry };

interface Page {
  nodes: { featureId: number }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

interface Answer {
  now: { totalCount: number };
  then: { totalCount: number };
  changed: { totalCount: number; nodes: Found[] };
  added: { totalCount: number };
}

/** The ids of the rows in a box; null for too many to compare. */
async function ids(layer: Layer, variables: Variables, signal: AbortSignal): Promise<Set<number> | null> {
  const found = new Set<number>();
  let after: string | null = null;
  for (let page = 0; page < PAGES; page++) {
    const answer: Record<string, Page> = await ask(
      layer.documents.ids ?? "",
      { ...variables, first: PAGE, after },
      signal,
    );
    const read = answer[layer.many];
    for (const { featureId } of read?.nodes ?? []) found.add(featureId);
    if (!read?.pageInfo.hasNextPage) return found;
    after = read.pageInfo.endCursor;
  }
  return null;
}

interface Removed {
  count: number;
  rows: Changed["row"][];
}

/** Those of the ids that no row has now. */
async function nowhere(layer: Layer, candidates: number[], signal: AbortSignal): Promise<number[]> {
  const parts = Array.from({ length: Math.ceil(candidates.length / MOST) }, (_, place) =>
    candidates.slice(place * MOST, (place + 1) * MOST),
  );
  const kept = await Promise.all(parts.map((part) => ids(layer, { filters: { featureId: { inList: part } } }, signal)));
  return candidates.filter((id) => !kept.some((some) => some?.has(id)));
}

/** The rows that were in a box at a moment and are nowhere now; null for too many to compare. */
async function removed(layer: Layer, box: Variables, asOf: string, signal: AbortSignal): Promise<Removed | null> {
  const [then, now] = await Promise.all([
    ids(layer, { filters: box, asOf }, signal),
    ids(layer, { filters: box }, signal),
  ]);
  if (!then || !now) return null;
  const found = await nowhere(
    layer,
    [...then].filter((id) => !now.has(id)),
    signal,
  );
  if (found.length === 0) return { count: 0, rows: [] };
  const variables = { filters: { featureId: { inList: found.slice(0, MOST) } }, asOf, first: MOST };
  const answer = await ask<Record<string, { nodes: Found[] }>>(layer.documents.shapes ?? "", variables, signal);
  return { count: found.length, rows: answer[layer.many]?.nodes ?? [] };
}

/** What changed of a layer in a box since a moment. */
export async function changes(layer: Layer, box: Bounds, asOf: string, signal: AbortSignal): Promise<LayerChanges> {
  const within = { geometry: { intersects: { bbox: box } } };
  const variables = {
    filters: within,
    changed: { and: [within, { updatedAt: { gt: asOf } }] },
    added: { and: [within, { createdAt: { gt: asOf } }] },
    asOf,
    first: MOST,
  };
  const found = await ask<Answer>(layer.documents.changed ?? "", variables, signal);
  const added = found.added.totalCount;
  const rows = found.changed.nodes.map((row): Changed => ({
    kind: new Date(row.createdAt) > new Date(asOf) ? "added" : "changed",
    row,
  }));
  // Rows that moved into the box hide in these numbers as many that are gone, so ids are compared where they are few.
  const missing = found.then.totalCount - (found.now.totalCount - added);
  const few = Math.max(found.then.totalCount, found.now.totalCount) <= PAGE;
  const gone = few || missing > 0 ? await removed(layer, within, asOf, signal) : null;
  const counts = { added, changed: found.changed.totalCount - added, removed: gone?.count ?? Math.max(missing, 0) };
  return { layer, counts, rows: [...rows, ...(gone?.rows ?? []).map((row): Changed => ({ kind: "removed", row }))] };
}
