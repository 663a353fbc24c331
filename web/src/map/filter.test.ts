import { expect, test } from "vitest";
import { GATEWAY, PARCELS } from "../gateway/example";
import { filters } from "./filter";

const AREA = {
  type: "Polygon",
  coordinates: [
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
    ],
  ],
} as const;
const kept = (...where: { path: string; lookup: string; value: string }[]) => filters(GATEWAY, PARCELS, where, null);

test("no condition keeps every row", () => {
  expect(kept()).toBeNull();
});

test("a condition is a lookup of its field, with a value of the field's kind", () => {
  expect(kept({ path: "address", lookup: "iContains", value: " main " })).toEqual({ address: { iContains: "main" } });
  expect(kept({ path: "yearBuilt", lookup: "gte", value: "1900" })).toEqual({ yearBuilt: { gte: 1900 } });
  expect(kept({ path: "createdAt", lookup: "gte", value: "2026-01-01" })).toEqual({
    createdAt: { gte: "2026-01-01T00:00:00Z" },
  });
});

test("a whole number above 2^53 keeps its digits", () => {
  expect(kept({ path: "featureId", lookup: "exact", value: "9007199254740993" })).toEqual({
    featureId: { exact: "9007199254740993" },
  });
});

test("a field of related rows asks for some of them", () => {
  const where = { path: "zoningDistricts.zoneCode", lookup: "iExact", value: "R1" };
  expect(kept(where)).toEqual({ zoningDistricts: { some: { zoneCode: { iExact: "R1" } } } });
});

test("conditions and the drawn area must hold together", () => {
  const where = [{ path: "address", lookup: "iContains", value: "main" }];
  const area = { type: "Polygon" as const, coordinates: AREA.coordinates.map((ring) => ring.map((each) => [...each])) };
  expect(filters(GATEWAY, PARCELS, where, area)).toEqual({
    and: [{ address: { iContains: "main" } }, { geometry: { intersects: { geojson: area } } }],
  });
});

test.each([
  { path: "address", lookup: "iContains", value: " " },
  { path: "yearBuilt", lookup: "gte", value: "old" },
  { path: "address", lookup: "gte", value: "x" },
  { path: "nothing", lookup: "iExact", value: "x" },
])("what cannot be sent yet is left out: %o", (condition) => {
  expect(kept(condition)).toBeNull();
});
