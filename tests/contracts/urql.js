// urql: by POST and by GET, with its document cache, and an error with its code.
import { Client, cacheExchange, fetchExchange } from "@urql/core";
import { documents, nearHarvardSquare, outsideTheWorld } from "./operations.js";

const methods = [];
const counted = (url, options) => {
  methods.push(options.method);
  return fetch(url, options);
};
const exchanges = [cacheExchange, fetchExchange];
const variables = { filters: nearHarvardSquare, first: 10 };

const found = {};
for (const preferGetMethod of [false, true]) {
  const client = new Client({ url: process.argv[2], exchanges, fetch: counted, preferGetMethod });
  const first = await client.query(documents.ParcelPage, variables).toPromise();
  if (first.error) throw first.error;
  const { pageInfo } = first.data.parcels;
  const second = await client.query(documents.ParcelPage, { ...variables, after: pageInfo.endCursor }).toPromise();
  if (second.error) throw second.error;
  await client.query(documents.ParcelPage, variables).toPromise();
  const refused = await client.query(documents.ParcelPage, { first: 1, filters: outsideTheWorld }).toPromise();
  found[preferGetMethod ? "GET" : "POST"] = {
    parcelIds: [first, second].flatMap(({ data }) => data.parcels.edges.map(({ node }) => node.parcelId)),
    geometry: first.data.parcels.edges[0].node.geometry,
    methods: methods.splice(0),
    refused: refused.error.graphQLErrors[0].extensions,
  };
}
console.log(JSON.stringify(found));
