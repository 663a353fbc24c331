import { expect, test } from "vitest";
import type { Stored, WrittenField } from "./draft";
import { BadText, differing, disagreements, draftOf, isWhole, settled, valueOf, valuesOf } from "./draft";

const field = (name: string, kind: WrittenField["kind"]): WrittenField => ({ name, kind, text: "", required: false });
const FIELDS = [field("address", "text"), field("yearBuilt", "integer"), field("assessedValue", "decimal")];
const ROW: Stored = {
  id: "UA==",
  featureId: 1,
  version: 3,
  address: "12 Fenno St",
  yearBuilt: 1920,
  assessedValue: "350000.10",
  geometry: { type: "Point", coordinates: [1, 2] },
};
const READ = draftOf(FIELDS, ROW);
const edited = (texts: Record<string, string>) => ({ ...READ, texts: { ...READ.texts, ...texts } });

test("only what was changed is sent, and a text that is emptied takes the value away", () => {
  const mine = edited({ address: "", assessedValue: "12345678901234567.89" });
  const names = differing(FIELDS, READ, mine);
  expect(valuesOf(FIELDS, mine, names)).toEqual({ address: null, assessedValue: "12345678901234567.89" });
});

test("a geometry is sent as it is", () => {
  const mine = { ...READ, geometry: { type: "Point" as const, coordinates: [1, 3] } };
  expect(valuesOf(FIELDS, mine, differing(FIELDS, READ, mine))).toEqual({ geometry: { geojson: mine.geometry } });
});

test.each([
  ["integer", "12.5"],
  ["integer", "twelve"],
  ["decimal", "1,000"],
  ["json", "{"],
] as const)("%s is not %s", (kind, text) => {
  expect(() => valueOf(field("it", kind), text)).toThrow(BadText);
});

test("where both changed a field there is a choice; what only they changed is taken from them", () => {
  const mine = edited({ address: "12 Fenno Street", yearBuilt: "1921" });
  const theirs = edited({ address: "12a Fenno St", assessedValue: "1.00" });
  const found = disagreements(FIELDS, READ, mine, theirs);
  expect(found.map(({ name, side }) => [name, side])).toEqual([
    ["address", "mine"],
    ["yearBuilt", "mine"],
    ["assessedValue", "theirs"],
  ]);
  expect(settled(mine, theirs, found).texts).toEqual({
    address: "12 Fenno Street",
    yearBuilt: "1921",
    assessedValue: "1.00",
  });
});

test("a number that JavaScript rounds is not offered to be edited", () => {
  const attributes = field("attributes", "json");
  expect(isWhole(attributes, { ...ROW, attributes: { lots: [1, 2.5] } })).toBe(true);
  expect(isWhole(attributes, { ...ROW, attributes: { deep: [{ account: 2 ** 60 }] } })).toBe(false);
});
