// What there is of a field that a condition names: its most frequent values with what was typed, and their numbers.
import type { Gateway, Layer } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import { useAnswer } from "../gateway/useAnswer";
import type { Value } from "./chart";
import { constant, valuesOf } from "./chart";
import type { Group } from "./classes";
import type { Condition } from "./filter";
import type { Operation } from "./queries";
import { at } from "./queries";

const MOST = 8;
const PAUSE = 150; // milliseconds without a letter, before it is asked for

/** The layer and the name of the field of a condition: its own, or that of related rows. */
function meant(gateway: Gateway, layer: Layer, path: string): [Layer | undefined, string] {
  const [head = "", tail] = path.split(".");
  if (tail === undefined) return [layer, head];
  const target = layer.relations.find(({ field }) => field === head)?.target;
  return [target === undefined ? undefined : layerNamed(gateway, target), tail];
}

/** What asks for the values; null for a field that is no text, or by which the gateway doesn't group. */
export function suggestions(gateway: Gateway, layer: Layer, condition: Condition, asOf: string | null) {
  const [of, field] = meant(gateway, layer, condition.path);
  const kind = of?.fields.find(({ name }) => name === field)?.kind;
  if (!of || kind !== "text" || !of.groups.columns.includes(field)) return null;
  const typed = condition.value.trim();
  const lookup = condition.lookup === "iStartsWith" ? condition.lookup : "iContains";
  const filters = typed === "" ? { [field]: { isNull: false } } : { [field]: { [lookup]: typed } };
  const variables = { filters, keys: [{ column: constant(field) }], first: MOST, ...at(of, asOf) };
  return { many: of.many, field, operation: { query: of.documents.summary, variables } satisfies Operation };
}

/** The values, once they are here; none while nobody wants them. */
export function useSuggested(
  gateway: Gateway,
  layer: Layer,
  condition: Condition,
  asOf: string | null,
  wanted: boolean,
): Value[] {
  const asked = wanted ? suggestions(gateway, layer, condition, asOf) : null;
  const { data } = useAnswer<Record<string, { groupBy: { groups: Group[] } }>>(asked?.operation ?? null, PAUSE);
  const groups = asked && data?.[asked.many]?.groupBy.groups;
  return groups ? valuesOf(asked.field, groups).filter(({ value }) => value !== null) : [];
}
