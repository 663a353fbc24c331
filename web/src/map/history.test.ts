import { expect, test } from "vitest";
import { PARCELS } from "../gateway/example";
import { differences, told } from "./history";

const POINT = { type: "Point" as const, coordinates: [1, 2] };

test("a field that another value was given is told with both values", () => {
  const before = { address: "1 Elm St", yearBuilt: null, version: 1, geometry: POINT };
  const after = { address: "2 Elm St", yearBuilt: 1950, version: 2, geometry: POINT };
  expect(differences(PARCELS, before, after)).toEqual([
    { name: "address", from: "1 Elm St", to: "2 Elm St" },
    { name: "year built", from: "none", to: "1950" },
  ]);
});

test("a boundary that was moved is told", () => {
  const after = { geometry: { type: "LineString" as const, coordinates: [[1, 2], [3, 4.5]] } }; // prettier-ignore
  expect(differences(PARCELS, { geometry: POINT }, after)).toEqual([
    { name: "geometry", from: "1 vertex", to: "2 vertices" },
  ]);
});

test("the row after a change is the one before the next change", () => {
  const revisions = [
    { version: 3, operation: "UPDATE" as const, changedAt: "", before: { address: "b" } },
    { version: 2, operation: "UPDATE" as const, changedAt: "", before: { address: "a" } },
    { version: 1, operation: "CREATE" as const, changedAt: "", before: null },
  ];
  const found = told(PARCELS, revisions, { address: "c" }).map((each) => each.differences);
  expect(found).toEqual([[{ name: "address", from: "b", to: "c" }], [{ name: "address", from: "a", to: "b" }], []]);
});
