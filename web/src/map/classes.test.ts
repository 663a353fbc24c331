import { expect, test } from "vitest";
import { PARCELS } from "../gateway/example";
import type { Group } from "./classes";
import { classesOf, groups, painted, RAMPS } from "./classes";

const bin = (start: number, end: number, count: number): Group => ({
  key: { bin: { start, end } },
  aggregate: { count },
});
const BINS = [bin(1900, 1950, 10), bin(1950, 2000, 10), { key: { bin: null }, aggregate: { count: 3 } }];
const YEARS = { layer: "parcels", field: "yearBuilt", classes: "quantiles", ramp: "blue" } as const;

test("numbers have classes, other columns a colour for each value", () => {
  expect(classesOf(PARCELS, "yearBuilt")).toEqual(["quantiles", "equal", "natural", "categories"]);
  expect(classesOf(PARCELS, "address")).toEqual(["categories"]);
});

test("the gateway is asked for ranges or for values", () => {
  expect(groups(PARCELS, YEARS, null).variables["keys"]).toEqual([{ bin: { column: "YEAR_BUILT", quantiles: 5 } }]);
  expect(groups(PARCELS, { ...YEARS, classes: "categories" }, null).variables["keys"]).toEqual([
    { column: "YEAR_BUILT" },
  ]);
});

test("ranges are told with their rows, and rows without a value are told apart", () => {
  const { legend, color } = painted(PARCELS, YEARS, BINS);
  expect(legend.items.map(({ label, count }) => [label, count])).toEqual([
    ["1900 to 1950", 10],
    ["1950 to 2000", 10],
    ["no value", undefined],
  ]);
  expect(JSON.stringify(color)).toContain('["step",["to-number",["get","yearBuilt"],0],"#ffffcc",1950,"#a1dab4"]');
});

test("equal steps divide the same range", () => {
  const { legend } = painted(PARCELS, { ...YEARS, classes: "equal" }, BINS);
  expect(legend.items.slice(0, 2).map(({ label }) => label)).toEqual(["1900 to 1920", "1920 to 1940"]);
});

test("natural breaks part what lies apart, with the rows of each part", () => {
  const parts = [0, 50, 90, 300, 2000].flatMap((start) =>
    [1, 2, 3].map((step) => bin(start + step, start + step + 1, 7)),
  );
  const { legend } = painted(PARCELS, { ...YEARS, classes: "natural" }, parts);
  expect(legend.items.slice(0, -1).map(({ label, count }) => [label, count])).toEqual([
    ["1 to 4", 21],
    ["51 to 54", 21],
    ["91 to 94", 21],
    ["301 to 304", 21],
    ["2001 to 2004", 21],
  ]);
  const alike = painted(PARCELS, { ...YEARS, classes: "natural" }, [bin(1950, 1950, 3)]);
  expect(alike.legend.items.map(({ label }) => label)).toEqual(["1950 to 1950", "no value"]);
});

test("ranges have the colours of the ramp that is chosen", () => {
  const { legend, color } = painted(PARCELS, { ...YEARS, ramp: "viridis" }, BINS);
  expect(legend.items.map((item) => item.color).slice(0, 2)).toEqual(RAMPS.viridis.slice(0, 2));
  expect(JSON.stringify(color)).toContain('"#440154",1950,"#3b528b"');
});

test("values that are too many share a colour", () => {
  const many = Array.from({ length: 12 }, (_, place) => ({ key: { address: `${place}` }, aggregate: { count: 1 } }));
  const { legend } = painted(
    PARCELS,
    { layer: "parcels", field: "address", classes: "categories", ramp: "blue" },
    many,
  );
  expect(legend.items.map(({ label }) => label).slice(-3)).toEqual(["8", "others", "no value"]);
});
