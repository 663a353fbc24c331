import { expect, test } from "vitest";
import { fill, slots } from "./fill";

const BOX = {
  type: "Polygon" as const,
  coordinates: [
    [
      [0, 0],
      [2, 0],
      [2, 1],
      [0, 1],
      [0, 0],
    ],
  ],
};
const TRIANGLE = {
  type: "Polygon" as const,
  coordinates: [
    [
      [0, 0],
      [2, 0.123456789],
      [2, 1],
      [0, 0],
    ],
  ],
};
const POINT = { type: "Point" as const, coordinates: [1, 2] };
const filled = (type: string, shape: typeof BOX | typeof POINT) =>
  (JSON.parse(fill("", { name: "v", type }, shape)) as { v: unknown }).v;

test("variables that take a geometry can be filled", () => {
  const document = "query ($a: Int!, $b: GeometryInput!, $c: BBox, $d: ParcelFilter, $e: [GeometryInput!]) { x }";
  expect(slots(document)).toEqual([
    { name: "b", type: "GeometryInput" },
    { name: "c", type: "BBox" },
    { name: "d", type: "ParcelFilter" },
  ]);
  expect(slots("query (")).toEqual([]);
});

test("a drawing is written as the type of the variable wants it", () => {
  expect(filled("GeometryInput", BOX)).toEqual({ bbox: [0, 0, 2, 1] });
  expect(filled("GeometryInput", POINT)).toEqual({ geojson: POINT });
  expect(filled("BBox", TRIANGLE)).toEqual([0, 0, 2, 1]);
  expect(filled("Geometry", TRIANGLE)).toEqual({
    type: "Polygon",
    coordinates: [
      [
        [0, 0],
        [2, 0.1234568],
        [2, 1],
        [0, 0],
      ],
    ],
  });
  expect(filled("ParcelFilter", BOX)).toEqual({ geometry: { intersects: { bbox: [0, 0, 2, 1] } } });
});

test("other variables stay as they are, and text that is no object is replaced", () => {
  expect(JSON.parse(fill('{"first": 5}', { name: "v", type: "BBox" }, BOX))).toEqual({ first: 5, v: [0, 0, 2, 1] });
  expect(JSON.parse(fill("{first", { name: "v", type: "BBox" }, BOX))).toEqual({ v: [0, 0, 2, 1] });
});
