import type { Polygon } from "geojson";
import { expect, test } from "vitest";
import { Snaps } from "./snapping";

const REACH = [1e-4, 1e-4] as const;
const CORNER = [-93.2912345678901, 42.00123456789012];
const SQUARE: Polygon = {
  type: "Polygon",
  coordinates: [[CORNER, [-93.29, 42.00123456789012], [-93.29, 42.003], CORNER]],
};
const snaps = new Snaps([SQUARE]);

test("a corner of a neighbour is taken with every digit, before the edges that end in it", () => {
  expect(snaps.near([-93.29125, 42.00126], REACH)).toEqual(CORNER);
});

test("an edge is met where it is nearest", () => {
  expect(snaps.near([-93.29003, 42.002], REACH)).toEqual([-93.29, 42.002]);
});

test("what is out of reach draws nothing", () => {
  expect(snaps.near([-93.2905, 42.01], REACH)).toBeNull();
  expect(new Snaps([]).near([0, 0], REACH)).toBeNull();
});

test("a position that was rounded is the corner that it was rounded from", () => {
  expect(snaps.exact([-93.291234568, 42.001234568])).toEqual(CORNER);
  expect(snaps.exact([-93.2912346, 42.0012346])).toEqual([-93.2912346, 42.0012346]);
});
