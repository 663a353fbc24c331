// Rows from the gateway and back: read to be edited, written once, and put back as they were.
import type { Geometry, Position } from "geojson";
import type { Problem, Variables } from "../../gateway/ask";
import { ask, Refused, tell } from "../../gateway/ask";
import type { Layer, Writable } from "../../gateway/page";
import type { Bounds } from "../scene";
import type { Stored } from "./draft";
import { GEOMETRY } from "./draft";

const MOST = 500; // neighbours of a layer that corners are drawn to

export interface Read {
  /** null where there is no such row, or no more. */
  row: Stored | null;
  /** Names of fields that are null because they are private. */
  withheld: ReadonlySet<string>;
}

function namesOf(layer: Layer, withheld: readonly string[]): Set<string> {
  const own = withheld.filter((name) => name.startsWith(`${layer.type}.`));
  return new Set(own.map((name) => name.slice(layer.type.length + 1)));
}

/** A row with all that may be written, and every digit of its geometry. */
export async function read(layer: Writable, id: number, signal?: AbortSignal): Promise<Read> {
  const query = layer.written.documents.edited;
  const { data, withheld } = await tell<Record<string, Stored | null>>(query, { id }, signal ? { signal } : {});
  return { row: data[layer.one] ?? null, withheld: namesOf(layer, withheld) };
}

/** The geometries of a layer in a box, but for the row that is edited; the first `MOST` of them. */
export async function neighbours(layer: Layer, box: Bounds, but: number | null, signal: AbortSignal) {
  const variables = { filters: { geometry: { intersects: { bbox: box } } }, first: MOST };
  const answer = await ask<Record<string, { nodes: { featureId: number; geometry: Geometry }[] }>>(
    layer.documents.snaps ?? "",
    variables,
    signal,
  );
  return (answer[layer.many]?.nodes ?? []).filter(({ featureId }) => featureId !== but).map(({ geometry }) => geometry);
}

/** A key by which a write that is sent again is not done again. */
export function onceKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is there on secure origins alone
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export interface Saved {
  id: string;
  featureId: number;
  version: number;
}

async function write(layer: Writable, purpose: "create" | "update" | "delete", variables: Variables, once: string) {
  type Written = Record<string, { outcome: string } & Record<string, Saved | null | string>>;
  const { data } = await tell<Written>(layer.written.documents[purpose], variables, { once });
  return (Object.values(data)[0]?.[layer.one] ?? null) as Saved | null;
}

export function create(layer: Writable, input: Variables, once: string): Promise<Saved | null> {
  return write(layer, "create", { input }, once);
}

/** Change a row that is still of the version that was read. */
export function update(layer: Writable, row: Pick<Stored, "id" | "version">, patch: Variables, once: string) {
  return write(layer, "update", { change: { id: row.id, expectedVersion: row.version, patch } }, once);
}

/** Delete a row that is still of the version that was read. */
export async function remove(layer: Writable, row: Pick<Stored, "id" | "version">, once: string): Promise<void> {
  await write(layer, "delete", { removal: { id: row.id, expectedVersion: row.version } }, once);
}

/** What was done, so that it can be undone. */
export type Deed =
  | { kind: "created"; saved: Saved }
  | { kind: "updated"; saved: Saved; names: readonly string[] }
  | { kind: "deleted"; id: string };

interface Before {
  /** The version that the latest change made. */
  version: number;
  before: Record<string, unknown> | null;
}

/** The latest change of a row, deleted ones too, and whether all of what was before it is shown. */
async function latest(layer: Writable, global: string): Promise<{ change: Before | null; whole: boolean }> {
  const query = layer.written.documents.before;
  const { data, withheld } = await tell<Record<string, { nodes: Before[] }>>(query, { global });
  const whole = layer.written.whole && withheld.length === 0;
  return { change: data[`${layer.one}History`]?.nodes[0] ?? null, whole };
}

function input(name: string, value: unknown): [string, unknown] {
  return [name, name === GEOMETRY ? { geojson: value } : value];
}

export class CannotUndo extends Error {
  constructor(readonly why: "since" | "private") {
    super(why);
  }
}

/** Write what was before a deed, as the history has it; the row that is there then, null for none. */
export async function undo(layer: Writable, deed: Deed, once: string): Promise<Saved | null> {
  if (deed.kind === "created") {
    await remove(layer, deed.saved, once);
    return null;
  }
  const { change, whole } = await latest(layer, deed.kind === "updated" ? deed.saved.id : deed.id);
  const { before } = change ?? { before: null };
  if (!before) throw new CannotUndo("since");
  if (deed.kind === "updated") {
    if (change?.version !== deed.saved.version) throw new CannotUndo("since");
    const patch = Object.fromEntries(deed.names.map((name) => input(name, before[name])));
    return update(layer, deed.saved, patch, once);
  }
  if (!whole) throw new CannotUndo("private");
  const all = Object.entries(before).filter(([, value]) => value !== null);
  return create(layer, Object.fromEntries(all.map(([name, value]) => input(name, value))), once);
}

/** Something wrong with a write, and where: at a field, in the geometry, or in all of it. */
export interface Flaw {
  code: string;
  message: string;
  field: string | null;
  point: Position | null;
}

function flawOf(names: ReadonlySet<string>, { message, extensions = {} }: Problem): Flaw {
  const path = (extensions["argument"] ?? []) as (string | number)[];
  const field = path.map(String).find((name) => name === GEOMETRY || names.has(name)) ?? null;
  const point = (extensions["point"] as { coordinates?: Position } | undefined)?.coordinates ?? null;
  return { code: (extensions["code"] ?? "") as string, message, field, point };
}

/** What an error of a write tells. */
export function flaws(layer: Writable, error: unknown): Flaw[] {
  const names = new Set(layer.written.fields.map(({ name }) => name));
  if (error instanceof Refused && error.problems.length > 0)
    return error.problems.map((problem) => flawOf(names, problem));
  return [{ code: "", message: (error as Error).message, field: null, point: null }];
}
