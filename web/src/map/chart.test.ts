import { expect, test } from "vitest";
import { PARCELS } from "../gateway/example";
import type { Statistics } from "./chart";
import { barLabel, barsOf, chartable, rangeOf, widthOf, without, withRange } from "./chart";

const YEAR = { name: "yearBuilt", kind: "integer", text: "" } as const;
const VALUE = { name: "assessedValue", kind: "decimal", text: "" } as const;
const YEARS: Statistics = { min: 1843, max: 2021, low: 1850, median: 1931, high: 2015 };
const RICH: Statistics = { min: 0, max: 9_000_000, low: 1000, median: 5000, high: 100_000 };
const group = (start: number | null, count: number) => ({
  key: { bin: start === null ? null : { start, end: start } },
  aggregate: { count },
});

test("numbers and values are charted, times are not", () => {
  const times = { ...PARCELS, groups: { columns: ["address", "createdAt"], numbers: ["yearBuilt"] } };
  expect(chartable(times).map(({ name }) => name)).toEqual(["address", "yearBuilt"]);
});

test("bars are as wide as people count, and years are whole", () => {
  expect(widthOf("integer", YEARS, 400)).toBe(5);
  expect(widthOf("integer", { ...YEARS, low: 2000, high: 2004, min: 2000, max: 2004 }, 400)).toBe(1);
  expect(widthOf("float", { min: 0, max: 1, low: 0, median: 0.5, high: 1 }, 400)).toBeCloseTo(0.05);
  expect(widthOf("float", { min: 3, max: 3, low: 3, median: 3, high: 3 }, 400)).toBe(1);
});

test("rows far out do not ask for more groups than an answer has", () => {
  const width = widthOf("decimal", RICH, 400);
  expect(RICH.max / width).toBeLessThanOrEqual(400);
});

test("every row is in one bar, empty ones included", () => {
  const { bars, start } = barsOf([group(1840, 2), group(2020, 3), group(null, 7)], 20, YEARS);
  expect(start).toBe(1840);
  expect(bars.map(({ count }) => count)).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
  expect(bars.at(-1)).toEqual({ from: 2020, to: 2040, count: 3 });
});

test("the few that lie far above are one bar with the last", () => {
  const { bars } = barsOf([group(0, 50), group(100_000, 1), group(8_950_000, 2)], 50_000, RICH);
  expect(bars).toEqual([
    { from: 0, to: 50_000, count: 50 },
    { from: 50_000, to: 100_000, count: 0 },
    { from: 100_000, to: null, count: 3 },
  ]);
});

test("a bar is told with its last whole number, or with its ends", () => {
  expect(barLabel(YEAR, { from: 1900, to: 1910, count: 1 })).toBe("1900 to 1909");
  expect(barLabel(YEAR, { from: 1900, to: 1901, count: 1 })).toBe("1900");
  expect(barLabel(VALUE, { from: 1000, to: 2000, count: 1 })).toBe("1,000 to 2,000");
  expect(barLabel(VALUE, { from: 1000, to: null, count: 1 })).toBe("1,000 or more");
});

test("a range of a brush is conditions, and is read from them again", () => {
  const other = { path: "address", lookup: "iContains", value: "main" };
  const years = withRange([other, { path: "yearBuilt", lookup: "exact", value: "1" }], YEAR, [1900, 1951]);
  expect(years).toEqual([
    other,
    { path: "yearBuilt", lookup: "gte", value: "1900" },
    { path: "yearBuilt", lookup: "lte", value: "1950" },
  ]);
  expect(rangeOf(years, YEAR)).toEqual([1900, 1951]);
  const values = withRange([], VALUE, [null, 0.1 + 0.2]);
  expect(values).toEqual([{ path: "assessedValue", lookup: "lt", value: "0.3" }]);
  expect(rangeOf(values, VALUE)).toEqual([null, 0.3]);
  expect(without(years, "yearBuilt")).toEqual([other]);
  expect(withRange(years, YEAR, [null, null])).toEqual([other]);
});
