// Rows coloured by a field: in classes of numbers, or a colour for each value. The gateway says what is in them.
import type { ExpressionSpecification } from "maplibre-gl";
import { ckmeans } from "simple-statistics";
import type { Layer } from "../gateway/page";
import { figure, plain } from "./figures";
import type { Operation } from "./queries";
import { at } from "./queries";
import type { LegendItem, LegendLayer } from "./style";
import { t } from "../texts";

/** As many rows each, equal steps, natural breaks, or each value. */
export type Classes = "quantiles" | "equal" | "natural" | "categories";

export interface ColorBy {
  layer: string;
  field: string;
  classes: Classes;
  /** The colours of ranges. */
  ramp: Ramp;
}

export interface Group {
  key: Record<string, unknown> & { bin?: { start: number; end: number } | null };
  aggregate: { count: number };
}

// ColorBrewer's YlGnBu, YlOrRd and PuOr, viridis, and the colours of Okabe and Ito: all can be told apart by colour-blind
// eyes.
export const RAMPS = {
  blue: ["#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"],
  red: ["#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"],
  viridis: ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"],
  apart: ["#5e3c99", "#b2abd2", "#f7f7f7", "#fdb863", "#e66101"],
} as const;
export type Ramp = keyof typeof RAMPS;
export const RAMP: Ramp = "blue"; // where none is chosen
const CLASSES = RAMPS[RAMP].length;
export const VALUES = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#f0e442",
  "#7f5aa8",
  "#8c6d46",
];
export const OTHERS = "#9a9a9a";
const FINE = 100; // ranges of as many rows each, of which natural breaks are made
const SAMPLE = 1000; // values that stand for all rows
const NONE = "#d9d6ce";

/** The classes that a field can have. */
export function classesOf(layer: Layer, field: string): Classes[] {
  const { columns, numbers } = layer.groups;
  return [
    ...(numbers.includes(field) ? (["quantiles", "equal", "natural"] as const) : []),
    ...(columns.includes(field) ? (["categories"] as const) : []),
  ];
}

/** What is asked of the gateway: the most frequent values, or ranges of as many rows each. */
export function groups(layer: Layer, { field, classes }: ColorBy, asOf: string | null): Operation {
  const column = field.replace(/[A-Z]/g, "_$&").toUpperCase();
  const quantiles = classes === "natural" ? FINE : CLASSES;
  const key = classes === "categories" ? { column } : { bin: { column, quantiles } };
  const first = (classes === "categories" ? VALUES.length : quantiles) + 1; // one may be of rows without a value
  return { query: layer.documents.groups, variables: { keys: [key], first, ...at(layer, asOf) } };
}

export interface Painted {
  legend: LegendLayer;
  color: ExpressionSpecification;
}

/** The legend and the colours of what the gateway answered. */
export function painted(layer: Layer, by: ColorBy, found: readonly Group[]): Painted {
  return by.classes === "categories" ? values(by.field, found) : ranges(layer, by, found);
}

function values(field: string, found: readonly Group[]): Painted {
  const items = found
    .flatMap(({ key, aggregate: { count } }) => (key[field] === null ? [] : [{ value: plain(key[field]), count }]))
    .slice(0, VALUES.length)
    .map(({ value, count }, place): LegendItem => ({ value, label: value, color: VALUES[place] ?? OTHERS, count }));
  const pairs = items.flatMap(({ value, color }) => [value ?? "", color]);
  const value = ["to-string", ["get", field]];
  const color = pairs.length > 0 ? ["match", value, "", NONE, ...pairs, OTHERS] : ["literal", NONE];
  const rest = { value: null, label: t("classes.others"), color: OTHERS };
  return { legend: { field, items: [...items, rest, without()] }, color: color as ExpressionSpecification };
}

interface Range {
  start: number;
  end: number;
  count?: number;
}

/** Classes of which the values lie as near to each other as can be (Jenks, by Ckmeans), of many ranges in order. */
function natural(bins: readonly Required<Range>[]): Range[] {
  const rows = bins.reduce((sum, { count }) => sum + count, 0);
  const middle = ({ start, end }: Range) => (start + end) / 2;
  const values = bins.flatMap((bin) =>
    Array<number>(Math.max(1, Math.round((bin.count / rows) * SAMPLE))).fill(middle(bin)),
  );
  if (values.length === 0) return [];
  const classes = ckmeans(values, Math.min(CLASSES, new Set(values).size));
  return classes.map((values) => {
    const [least = 0, most = least] = [values[0], values.at(-1)];
    const held = bins.filter((bin) => least <= middle(bin) && middle(bin) <= most);
    const count = held.reduce((sum, bin) => sum + bin.count, 0);
    return { start: held[0]?.start ?? least, end: held.at(-1)?.end ?? most, count };
  });
}

function ranges(layer: Layer, { field, classes, ramp }: ColorBy, found: readonly Group[]): Painted {
  const colors = RAMPS[ramp];
  const bins = found.flatMap(({ key, aggregate: { count } }) => (key.bin ? [{ ...key.bin, count }] : []));
  bins.sort((one, other) => one.start - other.start);
  const least = bins[0]?.start ?? 0;
  const width = ((bins.at(-1)?.end ?? 0) - least) / CLASSES;
  const equal = colors.map((_, place) => ({ start: least + place * width, end: least + (place + 1) * width }));
  const shown: Range[] = classes === "natural" ? natural(bins) : classes === "equal" && width > 0 ? equal : bins;
  const told = layer.fields.find(({ name }) => name === field);
  const text = (value: number) => figure(told ?? { name: field, kind: "float" }, round(value)) ?? "";
  const items = shown.map(({ start, end, count }, place) => ({
    value: null,
    label: t("rows.range", { from: text(start), to: text(end) }),
    color: colors[place] ?? OTHERS,
    count,
  }));
  const steps = shown.slice(1).flatMap(({ start }, place) => [start, colors[place + 1] ?? OTHERS]);
  const number = ["to-number", ["get", field], 0];
  const color = steps.length > 0 ? ["step", number, colors[0], ...steps] : ["literal", colors[0]];
  const known: unknown[] = ["case", ["has", field], color, NONE];
  return { legend: { field: null, items: [...items, without()] }, color: known as ExpressionSpecification };
}

function without(): LegendItem {
  return { value: null, label: t("rows.noValue"), color: NONE };
}

/** Three digits that count are enough of a border, but years have four. */
function round(value: number): number {
  return Math.abs(value) < 10_000 ? Math.round(value) : Number(value.toPrecision(3));
}
