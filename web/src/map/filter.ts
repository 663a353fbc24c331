// Filters: conditions as the panel shows them and links hold them -> the `filters` variable of GraphQL.
import type { Polygon } from "geojson";
import type { Field, Gateway, Kind, Layer } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import { t } from "../texts";
import type english from "../texts/en.json";
import { fieldName } from "../texts/names";

export interface Condition {
  /** A field, `landUse`, or one of related rows, `zoningDistricts.zoneCode`. */
  path: string;
  lookup: string;
  value: string;
}

export interface Choice {
  path: string;
  label: string;
  field: Field;
}

/** What rows are near to. */
export interface Around {
  /** As `GeometryInput` has it. */
  geometry: Record<string, unknown>;
  /** How far they may be; null for any distance. */
  metres: number | null;
  /** The row that is no answer, for it is what others are near to. */
  but: number | null;
}

/** A lookup of the API, and the key of what people call it. */
type Lookup = readonly [lookup: string, text: keyof typeof english.lookups];

const ORDERED: readonly Lookup[] = [
  ["gte", "atLeast"],
  ["lte", "atMost"],
  ["lt", "below"],
  ["exact", "is"],
];

// A bigint or a decimal is sent as the text that was written: JavaScript would round its last digits.
const NUMBERS: ReadonlySet<Kind> = new Set(["integer", "bigint", "float", "decimal"]);

const LOOKUPS: Record<Kind, readonly Lookup[]> = {
  text: [
    ["iContains", "contains"],
    ["iExact", "is"],
    ["iStartsWith", "starts"],
  ],
  integer: ORDERED,
  bigint: ORDERED,
  float: ORDERED,
  decimal: ORDERED,
  datetime: [
    ["gte", "from"],
    ["lte", "until"],
  ],
  boolean: [["exact", "is"]],
  json: [["hasKey", "member"]],
};

export function lookupsOf(field: Field): readonly (readonly [lookup: string, label: string])[] {
  return LOOKUPS[field.kind].map(([lookup, text]) => [lookup, t(`lookups.${text}`)]);
}

/** Every field that a condition may name: the layer's own, then those of related rows. */
export function choices(gateway: Gateway, layer: Layer): Choice[] {
  const own = layer.fields.map((field) => ({ path: field.name, label: fieldName(field.name), field }));
  const related = layer.relations.flatMap((relation) =>
    (layerNamed(gateway, relation.target)?.fields ?? []).map((field) => ({
      path: `${relation.field}.${field.name}`,
      label: `${fieldName(relation.field)}: ${fieldName(field.name)}`,
      field,
    })),
  );
  return [...own, ...related];
}

function operand(kind: Kind, value: string): unknown {
  if (kind === "integer" || kind === "float") return Number(value);
  if (kind === "boolean") return value === "true";
  if (kind === "datetime") return value.includes("T") ? value : `${value}T00:00:00Z`;
  return value;
}

/** Whether a condition can be sent: one that is still being typed cannot. */
export function isComplete(choice: Choice | undefined, condition: Condition): choice is Choice {
  if (!choice || condition.value.trim() === "") return false;
  if (!lookupsOf(choice.field).some(([lookup]) => lookup === condition.lookup)) return false;
  return !NUMBERS.has(choice.field.kind) || Number.isFinite(Number(condition.value));
}

function term(choice: Choice, { path, lookup, value }: Condition): Record<string, unknown> {
  const found = { [lookup]: operand(choice.field.kind, value.trim()) };
  const [head = "", tail] = path.split(".");
  return tail === undefined ? { [head]: found } : { [head]: { some: { [tail]: found } } };
}

function within(geometry: Around["geometry"], distance: number, but: number | null): Record<string, unknown>[] {
  const near = { geometry: { dwithin: { geometry, distance } } };
  return but === null ? [near] : [near, { not: { featureId: { exact: but } } }];
}

/** The `filters` variable: what stands side by side must hold together; null for every row. */
export function filters(
  gateway: Gateway,
  layer: Layer,
  where: readonly Condition[],
  area: Polygon | null,
  around: Around | null = null,
): Record<string, unknown> | null {
  const known = new Map(choices(gateway, layer).map((choice) => [choice.path, choice]));
  const terms: Record<string, unknown>[] = [];
  for (const condition of where) {
    const choice = known.get(condition.path);
    if (isComplete(choice, condition)) terms.push(term(choice, condition));
  }
  if (area) terms.push({ geometry: { intersects: { geojson: area } } });
  if (around?.metres) terms.push(...within(around.geometry, around.metres, around.but));
  if (terms.length > 1) return { and: terms };
  return terms[0] ?? null;
}

/** Conditions in words, as the panel has them. */
export function worded(gateway: Gateway, layer: Layer, where: readonly Condition[]): string {
  const known = new Map(choices(gateway, layer).map((choice) => [choice.path, choice]));
  const told = where.flatMap((condition) => {
    const choice = known.get(condition.path);
    if (!isComplete(choice, condition)) return [];
    const comparison = lookupsOf(choice.field).find(([lookup]) => lookup === condition.lookup)?.[1] ?? "";
    return `${choice.label} ${comparison} ${condition.value.trim()}`;
  });
  return told.length > 0 ? `${layer.titles}: ${told.join(", ")}` : "";
}
