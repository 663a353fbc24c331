import { expect, test } from "vitest";
import { GATEWAY } from "../gateway/example";
import type { Asked } from "./link";
import { LOOK } from "./look";
import { readLink, writeLink } from "./link";

const NOTHING: Asked = {
  layer: "parcels",
  where: [],
  area: null,
  near: null,
  within: null,
  picked: null,
  color: null,
  heat: null,
  data: null,
  table: null,
  asOf: null,
  notice: null,
  analysis: null,
  lang: null,
  look: LOOK,
};

test("nothing asked is no query string", () => {
  expect(writeLink(GATEWAY, NOTHING)).toBe("");
  expect(readLink(GATEWAY, "")).toEqual({ asked: NOTHING, problems: [] });
});

test("what is asked survives the address", () => {
  const asked: Asked = {
    layer: "zoning_districts",
    where: [{ path: "zoneCode", lookup: "iContains", value: "a:b & c=d" }],
    area: {
      type: "Polygon",
      coordinates: [
        [
          [-71.1, 42.3],
          [-71, 42.3],
          [-71, 42.4],
          [-71.1, 42.3],
        ],
      ],
    },
    near: [-71.05, 42.35],
    within: { distance: 200, unit: "ft" },
    picked: { layer: "parcels", id: 7 },
    color: { layer: "parcels", field: "yearBuilt", classes: "equal", ramp: "viridis" },
    heat: { layer: "parcels", field: "assessedValue" },
    data: { field: "zoneCode", scope: "all" },
    table: { rows: "picked", sort: [{ id: "zoneCode", desc: true }], columns: ["zoneCode"] },
    asOf: "2026-10-29T12:00:00Z",
    notice: { who: "second", distance: 90.5, unit: "m" },
    analysis: { id: "a-Job_1", signed: "abc.def" },
    lang: "fr",
    look: {
      hidden: ["parcels"],
      opacity: { zoning_districts: 0.35 },
      order: ["zoning_districts", "parcels"],
      ground: ["graticule"],
    },
  };
  expect(readLink(GATEWAY, writeLink(GATEWAY, asked))).toEqual({ asked, problems: [] });
});

test.each([
  "?layer=nothing",
  "?where=x",
  "?area=1,2;3,4",
  "?area=1,2;3,4;500,1",
  "?near=1",
  "?near=a,b",
  "?near=nothing/1",
  "?within=200",
  "?analysis=a.b",
  "?within=0m",
  "?pick=x/1",
  "?asOf=yesterday",
  "?color=parcels.nothing.equal",
  "?notice=within:300",
  "?notice=nobody:300ft",
  "?color=parcels.address.equal",
  "?color=parcels.yearBuilt.equal.grey",
  "?data=nothing.view",
  "?data=createdAt.view",
  "?data=yearBuilt.nowhere",
  "?pick=parcels/-1",
  "?where=nothing.iContains:x",
  "?where=address.nothing:x",
  "?where=zoningDistricts.nothing.iExact:x",
  "?hide=nothing",
  "?opacity=parcels",
  "?opacity=parcels:2",
  "?opacity=nothing:0.5",
  "?order=parcels",
  "?order=parcels,parcels",
  "?order=parcels,nothing",
  "?ground=stars",
])("what an address says wrongly is left out and named: %s", (search) => {
  expect(readLink(GATEWAY, search)).toEqual({ asked: NOTHING, problems: [search.slice(1)] });
});
