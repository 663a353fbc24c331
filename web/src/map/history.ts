// The changes of a row: what each made different.
import type { Geometry } from "geojson";
import type { Field, Layer } from "../gateway/page";
import { t } from "../texts";
import { fieldName } from "../texts/names";
import { figure, plain } from "./figures";
import type { Operation } from "./queries";

const CHANGES = 20; // the latest of them

export type State = Record<string, unknown> & { geometry?: Geometry };

export interface Revision {
  version: number;
  operation: "CREATE" | "UPDATE" | "DELETE";
  changedAt: string;
  before: State | null;
}

export interface Difference {
  name: string;
  from: string;
  to: string;
}

/** The latest changes of a row, and how it is now. */
export function history(layer: Layer, id: number, global: string): Operation {
  return { query: layer.documents.history ?? "", variables: { id, global, first: CHANGES } };
}

const OWN = new Set(["featureId", "version", "createdAt", "updatedAt"]); // the gateway's, which every change changes

function one(field: Pick<Field, "name" | "kind">, name: string, from: unknown, to: unknown): Difference[] {
  if (JSON.stringify(from ?? null) === JSON.stringify(to ?? null)) return [];
  const text = (value: unknown) => figure(field, value) ?? t("history.none");
  return [{ name, from: text(from), to: text(to) }];
}

function members(from: unknown, to: unknown): Difference[] {
  const [before, after] = [from ?? {}, to ?? {}] as [Record<string, unknown>, Record<string, unknown>];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    one({ name: "", kind: "text" }, name.replaceAll("_", " "), before[name], after[name]),
  );
}

/** What is different between two states of a row. */
export function differences(layer: Layer, before: State, after: State): Difference[] {
  const fields = layer.fields.filter(({ name }) => !OWN.has(name) && (name in before || name in after));
  const found = fields.flatMap((field) =>
    field.kind === "json"
      ? members(before[field.name], after[field.name])
      : one(field, fieldName(field.name), before[field.name], after[field.name]),
  );
  if (JSON.stringify(before.geometry) === JSON.stringify(after.geometry)) return found;
  return [...found, { name: t("history.geometry"), from: vertices(before.geometry), to: vertices(after.geometry) }];
}

function vertices(geometry: Geometry | undefined): string {
  const numbers = plain(geometry ?? null).match(/-?\d+\.?\d*/g) ?? [];
  return t("history.vertices", { count: numbers.length / 2 });
}

/** Each change with what it made different; the row after a change is the one before the next. */
export function told(layer: Layer, revisions: readonly Revision[], now: State | null) {
  return revisions.map((revision, place) => {
    const after = place === 0 ? now : (revisions[place - 1]?.before ?? null);
    const { before } = revision;
    return { ...revision, differences: before && after ? differences(layer, before, after) : [] };
  });
}
