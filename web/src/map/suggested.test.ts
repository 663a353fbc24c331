import { expect, test } from "vitest";
import { GATEWAY, PARCELS } from "../gateway/example";
import { suggestions } from "./suggested";

const asked = (path: string, lookup: string, value: string) =>
  suggestions(GATEWAY, PARCELS, { path, lookup, value }, null)?.operation.variables;

test("the most frequent values with what was typed are asked for", () => {
  expect(asked("address", "iExact", " Elm ")).toEqual({
    filters: { address: { iContains: "Elm" } },
    keys: [{ column: "ADDRESS" }],
    first: 8,
  });
  expect(asked("address", "iStartsWith", "El")?.["filters"]).toEqual({ address: { iStartsWith: "El" } });
  expect(asked("address", "iContains", "")?.["filters"]).toEqual({ address: { isNull: false } });
});

test("of a related row they are those of its layer", () => {
  expect(asked("zoningDistricts.zoneCode", "iExact", "R")?.["keys"]).toEqual([{ column: "ZONE_CODE" }]);
});

test("numbers, and texts by which nothing is grouped, have none", () => {
  expect(asked("yearBuilt", "gte", "19")).toBeUndefined();
  expect(asked("parcelId", "iExact", "1")).toBeUndefined();
  expect(asked("nothing.zoneCode", "iExact", "R")).toBeUndefined();
});
