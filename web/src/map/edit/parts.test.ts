import type { MultiPolygon, Polygon } from "geojson";
import { expect, test } from "vitest";
import { grown, holeIn, pieceOf, takesParts, without } from "./parts";
import { pathsOf, withPaths } from "./paths";

const square = (x: number, y: number, half: number) => [
  [x - half, y - half],
  [x + half, y - half],
  [x + half, y + half],
  [x - half, y + half],
];
const closed = (corners: number[][]) => [...corners, ...corners.slice(0, 1)];
const OUTER = square(0, 0, 10);
const FAR = square(100, 0, 10);
const HOLE = square(1, 1, 2);
const WHOLE: MultiPolygon = { type: "MultiPolygon", coordinates: [[closed(OUTER), closed(HOLE)], [closed(FAR)]] };
const ring = (corners: number[][]) => ({ kind: "ring" as const, corners });

test("a part more makes a polygon one of several", () => {
  const plain: Polygon = { type: "Polygon", coordinates: [closed(OUTER), closed(HOLE)] };
  expect(grown(plain, ring(FAR), "part", 0)).toEqual(WHOLE);
});

test("a hole is of the part that it lies in, whichever is meant", () => {
  const inFar = square(100, 0, 1);
  expect(grown(WHOLE, ring(inFar), "hole", 0)).toEqual({
    ...WHOLE,
    coordinates: [WHOLE.coordinates[0], [closed(FAR), closed(inFar)]],
  });
  const between = square(50, 0, 1);
  const [first, second] = (grown(WHOLE, ring(between), "hole", 1) as MultiPolygon).coordinates;
  expect([first?.length, second?.length]).toEqual([2, 2]);
});

test("a line and a point may have parts, too", () => {
  const line = grown({ type: "LineString", coordinates: [[0, 0], [1, 1]] }, { kind: "line", corners: FAR }, "part", 0); // prettier-ignore
  expect(line).toEqual({ type: "MultiLineString", coordinates: [[[0, 0], [1, 1]], FAR] }); // prettier-ignore
  const point = grown({ type: "Point", coordinates: [0, 0] }, { kind: "point", corners: [[1, 1]] }, "part", 0);
  expect(point).toEqual({ type: "MultiPoint", coordinates: [[0, 0], [1, 1]] }); // prettier-ignore
});

test("holes and parts of several may go, the outline of all there is may not", () => {
  const paths = pathsOf(WHOLE);
  expect(paths.map((_, place) => pieceOf(paths, place))).toEqual(["part", "hole", "part"]);
  expect(withPaths(WHOLE, without(paths, 1))).toEqual({ ...WHOLE, coordinates: [[closed(OUTER)], [closed(FAR)]] });
  const alone = without(paths, 2);
  expect(withPaths(WHOLE, alone)).toEqual({ ...WHOLE, coordinates: WHOLE.coordinates.slice(0, 1) });
  expect(alone.map((_, place) => pieceOf(alone, place))).toEqual([null, "hole"]);
});

test("a part takes its holes along", () => {
  expect(withPaths(WHOLE, without(pathsOf(WHOLE), 0))).toEqual({ ...WHOLE, coordinates: [[closed(FAR)]] });
});

test("a hole begins within its part and beside its other holes", () => {
  const [[x = 0] = [], , [east = 0, north = 0] = []] = holeIn(pathsOf(WHOLE), 0);
  expect(x).toBeGreaterThan(-10);
  expect(east).toBeLessThan(10);
  expect(east < -1 || x > 3).toBe(true);
  expect(north).toBeLessThan(10);
});

test.each([
  ["MULTIPOLYGON", true],
  ["POLYGON", false],
  ["GEOMETRY", true],
  ["POINT", false],
] as const)("a column of %s takes several parts: %s", (shape, takes) => {
  expect(takesParts(shape)).toBe(takes);
});
