// Search by address while it is typed; urql's normalised cache joins pages, and a search that was made is not made again.
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { cacheExchange } from "@urql/exchange-graphcache";
import { useDeferredValue, useState } from "react";
import { createRoot } from "react-dom/client";
import { Client, Provider, fetchExchange, gql, useQuery } from "urql";
import { Rows } from "../Rows.jsx";
import { gateway } from "../fetch/ask.js";

const client = new Client({
  url: `${gateway}/graphql`,
  exchanges: [cacheExchange({ resolvers: { Query: { parcels: relayPagination() } } }), fetchExchange],
});

const FOUND = gql`
  query Found($filters: ParcelFilter!, $after: String) {
    parcels(filters: $filters, order: [{ address: ASC }], first: 8, after: $after) {
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        cursor
        node {
          id
          parcelId
          address
          landUse
          bbox
          geometry
          zoningDistricts(minCoverage: 0.01) {
            edges {
              node {
                id
                zoneCode
              }
            }
          }
        }
      }
    }
  }
`;

function Found({ words }) {
  const [after, setAfter] = useState(null);
  const filters = { and: words.map((word) => ({ address: { iContains: word } })) };
  const [{ data, error, fetching }] = useQuery({ query: FOUND, variables: { filters, after } });
  if (error) return <p className="error">{error.message}</p>;
  if (!data) return <p>Reading…</p>;
  const { edges, pageInfo } = data.parcels;
  return (
    <Rows
      heads={["Address", "Use", "Zoning"]}
      nodes={edges.map(({ node }) => node)}
      cells={({ address, landUse, zoningDistricts: zones }) => [
        address,
        landUse,
        zones.edges.map(({ node }) => node.zoneCode).join(", "),
      ]}
      onMore={fetching || !pageInfo.hasNextPage ? null : () => setAfter(pageInfo.endCursor)}
    />
  );
}

function Search() {
  const [text, setText] = useState("");
  const words = useDeferredValue(text).split(/\s+/).filter(Boolean);
  return (
    <>
      <h1>Parcels by address</h1>
      <p className="tools">
        <input
          type="search"
          aria-label="Address"
          placeholder="elm street"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </p>
      {words.length > 0 && <Found key={words.join(" ")} words={words} />}
    </>
  );
}

createRoot(document.getElementById("root")).render(
  <Provider value={client}>
    <Search />
  </Provider>,
);
