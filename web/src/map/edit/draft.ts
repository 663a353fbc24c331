// A row as it is being edited: texts of a form and a geometry, what is different from what was read, and what both
// became when someone else changed the row meanwhile.
import type { Geometry } from "geojson";
import type { Variables } from "../../gateway/ask";
import type { Kind, Written } from "../../gateway/page";

/** A row with all that may be written, as the gateway gives it. */
export type Stored = Record<string, unknown> & { id: string; featureId: number; version: number; geometry: Geometry };

export interface Draft {
  /** Texts of the form by the names of fields; empty for no value. */
  texts: Readonly<Record<string, string>>;
  /** null until it is drawn. */
  geometry: Geometry | null;
}

export type WrittenField = Written["fields"][number];

export const GEOMETRY = "geometry";

export function textOf(kind: Kind, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (kind === "json") return JSON.stringify(value, null, 2);
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function draftOf(fields: readonly WrittenField[], row: Stored | null): Draft {
  const texts = fields.map(({ name, kind }) => [name, textOf(kind, row?.[name])] as const);
  return { texts: Object.fromEntries(texts), geometry: row?.geometry ?? null };
}

/** Whether JSON holds whole numbers that JavaScript has rounded. */
function isRounded(value: unknown): boolean {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === "object" && value !== null && Object.values(value).some(isRounded);
}

/** Whether a form can show a value without losing digits of it. */
export function isWhole({ kind, name }: WrittenField, row: Stored | null): boolean {
  return kind !== "json" || !isRounded(row?.[name]);
}

/** What is wrong with a text, as a person would be told. */
export class BadText extends Error {
  constructor(
    readonly field: string,
    readonly kind: "integer" | "number" | "json",
  ) {
    super(kind);
  }
}

/** The value that a text stands for; throws BadText. A bigint or a decimal is sent as it is written. */
export function valueOf({ name, kind }: WrittenField, text: string): unknown {
  const given = kind === "text" ? text : text.trim();
  if (given === "") return null;
  const fits = (pattern: RegExp, as: BadText["kind"]) => {
    if (!pattern.test(given)) throw new BadText(name, as);
  };
  switch (kind) {
    case "integer":
      fits(/^[+-]?\d+$/, "integer");
      return Number(given);
    case "bigint":
      fits(/^[+-]?\d+$/, "integer");
      return given;
    case "float":
    case "decimal":
      fits(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, "number");
      return kind === "float" ? Number(given) : given;
    case "boolean":
      return given === "true";
    case "json":
      try {
        return JSON.parse(given) as unknown;
      } catch {
        throw new BadText(name, "json");
      }
    default:
      return given;
  }
}

/** Names of what is different between two drafts: of fields, and of the geometry. */
export function differing(fields: readonly WrittenField[], one: Draft, other: Draft): string[] {
  const names = fields.map(({ name }) => name).filter((name) => one.texts[name] !== other.texts[name]);
  return JSON.stringify(one.geometry) === JSON.stringify(other.geometry) ? names : [...names, GEOMETRY];
}

/** The values of some fields, as inputs of a write have them; throws BadText for the first that is none. */
export function valuesOf(fields: readonly WrittenField[], draft: Draft, names: readonly string[]): Variables {
  const chosen = fields.filter(({ name }) => names.includes(name));
  const values = chosen.map((field) => [field.name, valueOf(field, draft.texts[field.name] ?? "")] as const);
  const geometry = names.includes(GEOMETRY) ? { geometry: { geojson: draft.geometry } } : {};
  return { ...Object.fromEntries(values), ...geometry };
}

export type Side = "mine" | "theirs";

/** A field in which what is mine is not what is stored by now. */
export interface Disagreement {
  name: string;
  mine: string;
  theirs: string;
  /** Whose is taken: mine where I changed it, else theirs. */
  side: Side;
}

/** Where a draft is not what someone else has stored since `read`. */
export function disagreements(
  fields: readonly WrittenField[],
  read: Draft,
  mine: Draft,
  theirs: Draft,
): Disagreement[] {
  const touched = differing(fields, read, mine);
  return differing(fields, mine, theirs).map((name) => ({
    name,
    mine: mine.texts[name] ?? "",
    theirs: theirs.texts[name] ?? "",
    side: touched.includes(name) ? "mine" : "theirs",
  }));
}

/** My draft with what was chosen of theirs. */
export function settled(mine: Draft, theirs: Draft, chosen: readonly Disagreement[]): Draft {
  const taken = chosen.filter(({ side }) => side === "theirs").map(({ name }) => name);
  const texts = taken.filter((name) => name !== GEOMETRY).map((name) => [name, theirs.texts[name] ?? ""] as const);
  return {
    texts: { ...mine.texts, ...Object.fromEntries(texts) },
    geometry: taken.includes(GEOMETRY) ? theirs.geometry : mine.geometry,
  };
}
