// A gateway with two layers, for tests.
import type { Field, Gateway, Layer } from "./page";

const documents = {
  selection: "query Selection",
  nearest: "query Nearest",
  place: "query Place",
  title: "query Title",
  sheet: "query Sheet",
  rows: "query Rows",
  extent: "{ extent }",
  links: "query Links",
  groups: "query Groups",
  summary: "query Summary",
};

const field = (name: string, kind: Field["kind"]): Field => ({ name, kind, text: "" });

export const PARCELS: Layer = {
  name: "parcels",
  type: "Parcel",
  one: "parcel",
  many: "parcels",
  title: "parcel",
  titles: "parcels",
  tiles: "/tiles/parcels/{z}/{x}/{y}.mvt",
  labels: "/tiles/parcels_labels/{z}/{x}/{y}.mvt",
  minzoom: 12,
  tracked: true,
  key: "parcelId",
  fields: [
    field("parcelId", "text"),
    field("address", "text"),
    field("featureId", "bigint"),
    field("yearBuilt", "integer"),
    field("createdAt", "datetime"),
  ],
  documents,
  groups: { columns: ["address", "yearBuilt"], numbers: ["yearBuilt"] },
  summed: ["assessedValue"],
  statistics: { yearBuilt: "query Statistics" },
  relations: [{ field: "zoningDistricts", target: "zoning_districts", text: "", edge: ["coverage"] }],
};

export const ZONES: Layer = {
  ...PARCELS,
  name: "zoning_districts",
  type: "ZoningDistrict",
  many: "zoningDistricts",
  key: "code",
  fields: [field("code", "text"), field("zoneCode", "text")],
  groups: { columns: ["zoneCode"], numbers: [] },
  relations: [],
};

export const GATEWAY: Gateway = {
  layers: [PARCELS, ZONES],
  drawn: {
    styles: { light: "/styles/light.json", dark: "/styles/dark.json" },
    order: ["parcels", "zoning_districts"],
    maxzoom: 16,
    attribution: "",
  },
  search: "query Search",
  notices: { layer: "parcels", document: "query Notice" },
  analysis: "query Analysis",
  page: 1000,
  vertices: 10_000,
  graphiql: true,
  units: "metric",
  basemap: null,
};
