// graphql-request: two pages, and an error with its code.
import { ClientError, GraphQLClient } from "graphql-request";
import { documents, nearHarvardSquare, outsideTheWorld } from "./operations.js";

const client = new GraphQLClient(process.argv[2]);
const parcelIds = [];
let geometry;
let after = null;
for (let page = 0; page < 2; page += 1) {
  const { parcels } = await client.request(documents.ParcelPage, { filters: nearHarvardSquare, first: 10, after });
  parcelIds.push(...parcels.edges.map(({ node }) => node.parcelId));
  geometry ??= parcels.edges[0].node.geometry;
  after = parcels.pageInfo.endCursor;
}
const refused = await client
  .request(documents.ParcelPage, { first: 1, filters: outsideTheWorld })
  .catch((error) => error);

console.log(
  JSON.stringify({
    parcelIds,
    geometry,
    refused: refused instanceof ClientError ? refused.response.errors[0].extensions : String(refused),
  }),
);
