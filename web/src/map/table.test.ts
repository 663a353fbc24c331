import { expect, test } from "vitest";
import { GATEWAY, PARCELS, ZONES } from "../gateway/example";
import { filterOf, fitting, page, readTabled, shownColumns, toTsv, USUAL, writeTabled } from "./table";

const names = (chosen: string[]) => shownColumns(PARCELS, chosen).map(({ name }) => name);

test("columns are those that are chosen, or all but what the gateway keeps for itself", () => {
  expect(names([])).toEqual(["parcelId", "address", "yearBuilt"]);
  expect(names(["createdAt", "address"])).toEqual(["address", "createdAt"]);
});

test.each(["view", "picked", "all.yearBuilt", "all.-yearBuilt,address.address,yearBuilt", "view..address"])(
  "a link holds rows, order and columns: %s",
  (text) => {
    const table = readTabled(PARCELS, text);
    expect(table && writeTabled(table)).toBe(text);
  },
);

test.each(["", "nowhere", "view.nothing", "view..nothing", "view...", "view.--address"])(
  "what is no table is not read: %s",
  (text) => {
    expect(readTabled(PARCELS, text)).toBeNull();
  },
);

test("another layer does not have the columns of the first", () => {
  const table = readTabled(PARCELS, "all.-yearBuilt.address,yearBuilt") ?? USUAL;
  expect(fitting(ZONES, table)).toEqual({ rows: "all", sort: [], columns: [] });
  expect(fitting(PARCELS, table)).toEqual(table);
});

test("rows are those in view that the filter keeps, all of them, or what is picked", () => {
  const where = [{ path: "yearBuilt", lookup: "gte", value: "1990" }];
  const asked = { where, area: null, picked: { layer: "parcels", id: 7 } };
  const kept = { yearBuilt: { gte: 1990 } };
  const inView = { geometry: { intersects: { bbox: [1, 2, 3, 4] } } };
  const rows = (rows: "view" | "all" | "picked", layer = PARCELS, box: [number, number, number, number] | null) =>
    filterOf(GATEWAY, layer, asked, { ...USUAL, rows }, null, box);
  expect(rows("view", PARCELS, [1, 2, 3, 4])).toEqual({ and: [kept, inView] });
  expect(rows("view", PARCELS, null)).toBeUndefined();
  expect(rows("all", PARCELS, null)).toEqual(kept);
  expect(rows("picked", PARCELS, null)).toEqual({ featureId: { exact: "7" } });
  expect(rows("picked", ZONES, null)).toBeUndefined();
  const around = { geometry: { node: "x" }, metres: 60, but: null };
  expect(filterOf(GATEWAY, PARCELS, { ...asked, where: [] }, { ...USUAL, rows: "all" }, around, null)).toEqual({
    geometry: { dwithin: { geometry: { node: "x" }, distance: 60 } },
  });
});

test("a page is asked for in the order of its columns, after a cursor, as of the moment", () => {
  const sort = [
    { id: "yearBuilt", desc: true },
    { id: "address", desc: false },
  ];
  expect(page(PARCELS, null, sort, "c", "2026-01-01T00:00:00Z")).toEqual({
    query: "query Rows",
    variables: {
      filters: null,
      order: [{ yearBuilt: "DESC" }, { address: "ASC" }],
      first: 50,
      after: "c",
      asOf: "2026-01-01T00:00:00Z",
    },
  });
  expect(page(PARCELS, null, [], null, null).variables["order"]).toBeNull();
});

test("rows are copied in cells, and no text becomes a formula", () => {
  const found = [
    { featureId: 1, address: "1 Main\tSt\n2nd", yearBuilt: 1900 },
    { featureId: 2, address: "=HYPERLINK(1)", yearBuilt: -3 },
    { featureId: 3, address: null, yearBuilt: null },
  ];
  expect(toTsv(shownColumns(PARCELS, ["address", "yearBuilt"]), found).split("\n")).toEqual([
    "address\tyear built",
    "1 Main St 2nd\t1900",
    "'=HYPERLINK(1)\t-3",
    "\t",
  ]);
});
