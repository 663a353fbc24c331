// A program of a user: the compiler knows from the generated types what each field holds, coordinates included.
import type { Position } from "geojson";
import { GraphQLClient } from "graphql-request";
import { ParcelPageDocument, type ParcelFilter } from "./build/operations.js";

const filters: ParcelFilter = { geometry: { within: { bbox: [-71.121, 42.372, -71.117, 42.375] } } };
const client = new GraphQLClient(process.argv[2]!);
const { parcels } = await client.request(ParcelPageDocument, { filters, first: 5 });

const corners = (rings: Position[][][]): number => rings.flat(2).length;
const sheets = parcels.edges.map(({ node }) => ({
  parcelId: node.parcelId,
  corners: corners(node.geometry.coordinates),
  center: node.centroid.coordinates satisfies Position,
  area: node.areaSqm.toFixed(1),
  zones: node.zoningDistricts.edges.map((edge) => edge.node.zoneCode.toUpperCase()),
}));
console.log(JSON.stringify(sheets));
