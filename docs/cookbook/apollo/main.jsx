// The largest parcels, a page at a time; what is picked is read from Apollo's cache by its global id, and not asked again.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { ApolloProvider, useFragment, useQuery } from "@apollo/client/react";
import { relayStylePagination } from "@apollo/client/utilities";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { Rows } from "../Rows.jsx";
import { gateway } from "../fetch/ask.js";

const client = new ApolloClient({
  link: new HttpLink({ uri: `${gateway}/graphql` }),
  cache: new InMemoryCache({
    possibleTypes: { Node: ["Parcel", "ZoningDistrict"] },
    // Pages of the same filter and order are one list; rows are kept by __typename and id.
    typePolicies: { Query: { fields: { parcels: relayStylePagination(["filters", "order"]) } } },
  }),
});

const SHEET = gql`
  fragment Sheet on Parcel {
    id
    parcelId
    address
    landUse
    yearBuilt
    areaSqm
    bbox
    geometry
  }
`;
const LARGEST = gql`
  query Largest($after: String) {
    parcels(order: [{ areaSqm: DESC }], first: 8, after: $after) {
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        cursor
        node {
          ...Sheet
        }
      }
    }
  }
  ${SHEET}
`;

function Sheet({ id }) {
  const { data: parcel } = useFragment({ fragment: SHEET, from: { __typename: "Parcel", id } });
  return (
    <p role="status">
      <b>{parcel.address ?? parcel.parcelId}</b>: {parcel.landUse},{" "}
      {parcel.yearBuilt ? `built ${parcel.yearBuilt}` : "not built on"}
    </p>
  );
}

function Largest() {
  const [picked, pick] = useState(null);
  const { data, error, loading, fetchMore } = useQuery(LARGEST, { notifyOnNetworkStatusChange: true });
  if (error) return <p className="error">{error.message}</p>;
  if (!data) return <p>Reading…</p>;
  const { edges, pageInfo } = data.parcels;
  const more = () => fetchMore({ variables: { after: pageInfo.endCursor } });
  return (
    <>
      <h1>The largest parcels</h1>
      {picked ? <Sheet id={picked} /> : <p className="quiet">Pick a parcel.</p>}
      <Rows
        numbers
        heads={["Parcel", "Address", "Area, ha"]}
        nodes={edges.map(({ node }) => node)}
        cells={({ parcelId, address, areaSqm }) => [parcelId, address, (areaSqm / 10_000).toFixed(2)]}
        onMore={loading || !pageInfo.hasNextPage ? null : more}
        picked={picked}
        onPick={pick}
      />
    </>
  );
}

createRoot(document.getElementById("root")).render(
  <ApolloProvider client={client}>
    <Largest />
  </ApolloProvider>,
);
