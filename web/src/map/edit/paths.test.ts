import type { MultiPolygon, Polygon, Position } from "geojson";
import { expect, test } from "vitest";
import { added, moved, pathsOf, reconciled, removed, rounded, stepped, withPaths } from "./paths";

const OUTER = [
  [-93.12345678901234, 42.1],
  [-93.1, 42.1],
  [-93.1, 42.12345678901234],
  [-93.12345678901234, 42.1],
];
const HOLE = [
  [-93.11, 42.101],
  [-93.105, 42.101],
  [-93.105, 42.102],
  [-93.11, 42.101],
];
const FAR = OUTER.map(([x = 0, y = 0]) => [x + 1, y]);
const WHOLE: MultiPolygon = { type: "MultiPolygon", coordinates: [[OUTER, HOLE], [FAR]] };

test("a geometry is what its paths are", () => {
  expect(withPaths(WHOLE, pathsOf(WHOLE))).toEqual(WHOLE);
  expect(pathsOf(WHOLE).map(({ kind, part, corners }) => [kind, part, corners.length])).toEqual([
    ["ring", 0, 3],
    ["ring", 0, 3],
    ["ring", 1, 3],
  ]);
});

test.each([
  { type: "Point", coordinates: [1, 2] },
  { type: "MultiPoint", coordinates: [[1, 2]] },
  { type: "LineString", coordinates: HOLE },
  { type: "MultiLineString", coordinates: [HOLE, OUTER] },
  { type: "Polygon", coordinates: [OUTER, HOLE] },
] as const)("so it is of a $type", (geometry) => {
  const plain = structuredClone(geometry) as unknown as Polygon;
  expect(withPaths(plain, pathsOf(plain))).toEqual(plain);
});

test("a corner that moves takes what closes its ring along, and leaves other rings as they are", () => {
  const now = withPaths(WHOLE, moved(pathsOf(WHOLE), { path: 0, corner: 0 }, [-93.2, 42]));
  expect(now).toEqual({
    ...WHOLE,
    coordinates: [[[[-93.2, 42], OUTER[1], OUTER[2], [-93.2, 42]], HOLE], [FAR]],
  });
});

test("what is seen rounded keeps every digit where nothing moved", () => {
  const exact = OUTER.slice(0, -1);
  const seen = exact.map(rounded);
  expect(reconciled(exact, seen)).toEqual(exact);
  const first: Position[] = [[-93.5, 42], ...seen.slice(1)];
  expect(reconciled(exact, first)).toEqual([[-93.5, 42], exact[1], exact[2]]);
  const more = seen.toSpliced(1, 0, [-93.11, 42.1]);
  expect(reconciled(exact, more)).toEqual([exact[0], [-93.11, 42.1], exact[1], exact[2]]);
  expect(reconciled(exact, seen.slice(1))).toEqual(exact.slice(1));
});

test("a corner is added in the middle, and taken away", () => {
  const paths = pathsOf({
    type: "LineString",
    coordinates: [
      [0, 0],
      [2, 4],
    ],
  });
  const more = added(paths, { path: 0, corner: 0 });
  expect(more[0]?.corners).toEqual([
    [0, 0],
    [1, 2],
    [2, 4],
  ]);
  expect(removed(more, { path: 0, corner: 1 })).toEqual(paths);
});

test("steps go through all corners and round again", () => {
  const paths = pathsOf(WHOLE);
  let at = { path: 0, corner: 0 };
  for (let step = 0; step < 9; step++) at = stepped(paths, at, 1);
  expect(at).toEqual({ path: 0, corner: 0 });
  expect(stepped(paths, at, -1)).toEqual({ path: 2, corner: 2 });
});
