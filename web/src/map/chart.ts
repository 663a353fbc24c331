// Bars of numbers and groups of values, as the gateway counts them.
import { tickStep } from "d3-array";
import { ask } from "../gateway/ask";
import type { Variables } from "../gateway/ask";
import type { Field, Gateway, Layer } from "../gateway/page";
import type { Group } from "./classes";
import { figure, plain } from "./figures";
import type { Condition } from "./filter";
import { t } from "../texts";

export const SCOPES = ["view", "all"] as const;

export type Scope = (typeof SCOPES)[number];

export interface Charted {
  field: string;
  /** Rows in view that the filter keeps, or all of them. */
  scope: Scope;
}

export interface Statistics {
  min: number;
  max: number;
  /** Where all but a hundredth of the rows begin and end. */
  low: number;
  median: number;
  high: number;
}

export interface Bar {
  /** The least number of the bar; null where it has all smaller ones, too. */
  from: number | null;
  /** The number before which the bar ends; null where it has all greater ones, too. */
  to: number | null;
  count: number;
}

export interface Bars {
  bars: Bar[];
  /** Where the first bar begins, and how wide each is. */
  start: number;
  width: number;
}

export interface Value {
  /** As the filter writes it; null where rows have no value. */
  value: string | null;
  count: number;
}

export interface Chart {
  /** Number of all rows. */
  count: number;
  /** Number of groups that are withheld since they are small. */
  withheld: number;
  groups: Group[];
  /** Of fields of numbers; null where no row has a value. */
  statistics: Statistics | null;
  width: number;
}

const BARS = 30; // that are aimed at
const MOST = 400; // groups that are asked for, where few rows lie far out
const ENDS = 3; // groups besides those between: the first, the last, and the rows without a value
const VALUES = 12;

/** The fields that can be charted. */
export function chartable(layer: Layer): Field[] {
  const { columns, numbers } = layer.groups;
  return layer.fields.filter(
    ({ name, kind }) => numbers.includes(name) || (columns.includes(name) && kind !== "datetime"),
  );
}

export function readCharted(layer: Layer, text: string): Charted | null {
  const [field = "", scope = ""] = text.split(".");
  const known = chartable(layer).some(({ name }) => name === field) && (SCOPES as readonly string[]).includes(scope);
  return known ? { field, scope: scope as Scope } : null;
}

/** The name of a field in enums of the API. */
export function constant(field: string): string {
  return field.replace(/[A-Z]/g, "_$&").toUpperCase();
}

/** A width of bars that people count in. Whole numbers have whole ones. */
export function widthOf(kind: Field["kind"], { min, max, low, high }: Statistics, most: number): number {
  // A step may be smaller than asked for by a half.
  const width = Math.max(tickStep(low, high, BARS) || 0, tickStep(min, max, most / 2) || 0);
  return kind === "integer" || kind === "bigint" ? Math.max(1, Math.round(width)) : width || 1;
}

/** Bars without gaps. What few rows lie far below or above is one bar with the first or the last. */
export function barsOf(groups: readonly Group[], width: number, { min, max, low, high }: Statistics): Bars {
  const place = (value: number) => Math.floor(value / width + 1e-9);
  const far = (high - low) / 2;
  const first = place(low - min > far ? low : min);
  const last = place(max - high > far ? high : max);
  const bars = Array.from({ length: last - first + 1 }, (_, index): Bar => ({
    from: index === 0 && place(min) < first ? null : (first + index) * width,
    to: index === last - first && place(max) > last ? null : (first + index + 1) * width,
    count: 0,
  }));
  for (const { key, aggregate } of groups) {
    if (!key.bin) continue;
    const bar = bars[Math.min(Math.max(Math.round(key.bin.start / width) - first, 0), bars.length - 1)];
    if (bar) bar.count += aggregate.count;
  }
  return { bars, start: first * width, width };
}

/** The most frequent values, in order of how many rows have them. */
export function valuesOf(field: string, groups: readonly Group[]): Value[] {
  return groups.map(({ key, aggregate: { count } }) => {
    const value = key[field] ?? null;
    return { value: value === null ? null : plain(value), count };
  });
}

/** A bar in words. */
export function barLabel(field: Field, { from, to }: Bar): string {
  const text = (value: number) => figure(field, value) ?? "";
  const whole = field.kind === "integer" || field.kind === "bigint";
  if (from === null) return t("rows.below", { value: text(to ?? 0) });
  if (to === null) return t("rows.andMore", { value: text(from) });
  if (whole && to - from === 1) return text(from);
  return t("rows.range", { from: text(from), to: text(whole ? to - 1 : to) });
}

/** The numbers that conditions keep of a field: from the first to before the second. */
export function rangeOf(where: readonly Condition[], { name, kind }: Field): [number | null, number | null] {
  const end = (lookup: string) => {
    const found = where.find((each) => each.path === name && each.lookup === lookup && each.value !== "");
    return found && Number.isFinite(Number(found.value)) ? Number(found.value) : null;
  };
  const most = end("lte");
  const whole = kind === "integer" || kind === "bigint" ? 1 : 0;
  return [end("gte"), most === null ? end("lt") : most + whole];
}

/** Conditions with others on a field: on numbers from the first to before the second. */
export function withRange(
  where: readonly Condition[],
  { name, kind }: Field,
  [from, to]: readonly [number | null, number | null],
): Condition[] {
  const whole = kind === "integer" || kind === "bigint";
  const written = (value: number) => String(Number(value.toPrecision(12))); // 0.3, not 0.30000000000000004
  return [
    ...without(where, name),
    ...(from === null ? [] : [{ path: name, lookup: "gte", value: written(from) }]),
    ...(to === null ? [] : [{ path: name, lookup: whole ? "lte" : "lt", value: written(whole ? to - 1 : to) }]),
  ];
}

/** The conditions on other fields: a chart shows what its own condition leaves out, too. */
export function without(where: readonly Condition[], field: string): Condition[] {
  return where.filter(({ path }) => path !== field);
}

/** What is asked for a chart, as one text; `read` reads it. */
export function charted(
  gateway: Gateway,
  layer: Layer,
  field: Field,
  filters: Variables | null,
  then: Variables,
): string {
  const { name, kind } = field;
  const asked: Asked = {
    many: layer.many,
    statistics: layer.statistics[name] ?? null,
    summary: layer.documents.summary,
    name,
    kind,
    most: Math.min(MOST, gateway.page),
    filters,
    then,
  };
  return JSON.stringify(asked);
}

interface Asked {
  many: string;
  statistics: string | null;
  summary: string;
  name: string;
  kind: Field["kind"];
  /** Groups that one answer may have. */
  most: number;
  filters: Variables | null;
  then: Variables;
}

type Spread = Record<keyof Statistics, Record<string, string | number | null>>;
type Summary = { aggregate: { count: number }; groupBy: { groups: Group[]; withheld: number } };

/** Of numbers first what they are like, then bars of a width that shows it. */
export async function read(asked: string, signal: AbortSignal): Promise<Chart> {
  const { many, statistics, summary, name, kind, most, filters, then } = JSON.parse(asked) as Asked;
  const variables = { filters, ...then };
  const spread = statistics
    ? (await ask<Record<string, { aggregate: Spread }>>(statistics, variables, signal))[many]?.aggregate
    : undefined;
  const known = spread && spread.min[name] !== null ? numbers(spread, name) : null;
  const width = known ? widthOf(kind, known, most - ENDS) : 0;
  const column = constant(name);
  const key = known ? { bin: { column, width } } : { column };
  const first = known ? most : Math.min(VALUES, most);
  const found = (await ask<Record<string, Summary>>(summary, { ...variables, keys: [key], first }, signal))[many];
  if (!found) throw new Error(t("errors.noAnswer"));
  const { groups, withheld } = found.groupBy;
  return { count: found.aggregate.count, withheld, groups, statistics: known, width };
}

function numbers(spread: Spread, name: string): Statistics {
  const of = (part: keyof Statistics) => Number(spread[part][name]);
  return { min: of("min"), max: of("max"), low: of("low"), median: of("median"), high: of("high") };
}
