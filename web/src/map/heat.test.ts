import { expect, test } from "vitest";
import { PARCELS, ZONES } from "../gateway/example";
import { readHeat, writeHeat } from "./heat";
import { density, most, pointsAt, side } from "./heatLayer";

const LAYERS = [PARCELS, { ...ZONES, minzoom: 0 }];

test.each(["parcels.count", "parcels.assessedValue"])("%s survives the address", (text) => {
  const heat = readHeat(LAYERS, text);
  expect(heat && writeHeat(heat)).toBe(text);
});

test.each(["parcels.address", "parcels.", "parcels.count.x", "zoning_districts.count", "nothing.count", ""])(
  "%s is no heat",
  (text) => {
    expect(readHeat(LAYERS, text)).toBeNull();
  },
);

test("a few cells that have far more do not make the others cold", () => {
  expect(most([...Array<number>(98).fill(10), 1000, 2000])).toBe(10);
  expect(most([7])).toBe(7);
  expect(most([0, -3])).toBe(0);
});

test("a cell is eight pixels wide at a whole zoom, and grows until the next", () => {
  expect(side(9)).toBe(8);
  expect(side(9.5)).toBeCloseTo(11.31, 2);
});

test("a number of a cell is told of a square kilometre or mile", () => {
  // At the equator a pixel of zoom 9 is 152.87 m wide, so a cell covers 1.4957 km².
  expect(density(100, 9, 0, "metric")).toBeCloseTo(66.86, 1);
  expect(density(100, 9, 0, "imperial") / density(100, 9, 0, "metric")).toBeCloseTo(2.58999, 4);
  expect(density(100, 9, 60, "metric") / density(100, 9, 0, "metric")).toBeCloseTo(4, 6);
});

test("tiles hold points, and the sum of a column", () => {
  expect(pointsAt("/t?properties=", null)).toBe("/t?properties=&cells=points");
  expect(pointsAt("/t?properties=", "assessedValue")).toBe("/t?properties=&cells=points&sum=assessedValue");
});
