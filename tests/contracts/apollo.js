// Apollo Client: two pages merged in its cache, a node read back from there, and an error with its code.
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { filter, firstValueFrom } from "rxjs";
import { documents, nearHarvardSquare, outsideTheWorld } from "./operations.js";

let requests = 0;
const counted = (...request) => {
  requests += 1;
  return fetch(...request);
};
const client = new ApolloClient({
  link: new HttpLink({ uri: process.argv[2], fetch: counted }),
  cache: new InMemoryCache({
    possibleTypes: { Node: ["Parcel", "ZoningDistrict"] },
    typePolicies: { Query: { fields: { parcels: relayStylePagination(["filters", "order"]) } } },
  }),
});

const variables = { filters: nearHarvardSquare, first: 10 };
const query = client.watchQuery({ query: documents.ParcelPage, variables });
const { data } = await firstValueFrom(query.pipe(filter(({ dataState }) => dataState === "complete")));
const page = data.parcels;
await query.fetchMore({ variables: { after: page.pageInfo.endCursor } });
const merged = query.getCurrentResult().data.parcels.edges.map(({ node }) => node);

const asked = requests;
const again = await client.query({ query: documents.ParcelPage, variables });
const askedAgain = requests - asked;
const cached = client.readFragment({
  id: client.cache.identify({ __typename: "Parcel", id: merged[0].id }),
  fragment: gql`fragment Shape on Parcel { parcelId geometry }`,
});
const refetched = await client.query({ query: documents.ParcelById, variables: { id: merged[0].id } });

const refused = await client
  .query({ query: documents.ParcelPage, variables: { first: 1, filters: outsideTheWorld } })
  .catch((error) => error);

console.log(
  JSON.stringify({
    totalCount: page.totalCount,
    parcelIds: merged.map(({ parcelId }) => parcelId),
    zones: merged[0].zoningDistricts.edges.map(({ node }) => node.zoneCode),
    fromCache: { rows: again.data.parcels.edges.length, requests: askedAgain, geometry: cached.geometry },
    refetched: refetched.data.node.geometry,
    refused: CombinedGraphQLErrors.is(refused) ? refused.errors[0].extensions : String(refused),
  }),
);
