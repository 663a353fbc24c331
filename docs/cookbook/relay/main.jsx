// Zoning districts and, page by page, the parcels of one, in Relay: `node(id)` refetches, connections are extended.
import { Suspense, useState, useTransition } from "react";
import { createRoot } from "react-dom/client";
import { RelayEnvironmentProvider, graphql, useLazyLoadQuery, usePaginationFragment } from "react-relay";
import { Environment, Network } from "relay-runtime";
import { Rows } from "../Rows.jsx";
import { gateway } from "../fetch/ask.js";

const environment = new Environment({
  network: Network.create(async ({ text }, variables) => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ query: text, variables });
    return (await fetch(`${gateway}/graphql`, { method: "POST", headers, body })).json();
  }),
});

function Parcels({ district }) {
  const { data, loadNext, hasNext, isLoadingNext } = usePaginationFragment(
    graphql`
      fragment mainParcels on ZoningDistrict
      @argumentDefinitions(count: { type: "Int", defaultValue: 8 }, cursor: { type: "String" })
      @refetchable(queryName: "mainParcelsPage") {
        parcels(first: $count, after: $cursor, order: [{ parcelId: ASC }]) @connection(key: "district_parcels") {
          edges {
            coverage
            overlapAreaSqm
            node {
              id
              parcelId
              address
              bbox
              geometry
            }
          }
        }
      }
    `,
    district,
  );
  return (
    <Rows
      numbers
      heads={["Parcel", "Address", "In the district"]}
      nodes={data.parcels.edges.map(({ node, ...edge }) => ({ ...node, ...edge }))}
      cells={({ parcelId, address, overlapAreaSqm, coverage }) => [
        parcelId,
        address,
        `${Math.round(overlapAreaSqm)} m² (${Math.round(100 * coverage)} %)`,
      ]}
      onMore={hasNext && !isLoadingNext ? () => loadNext(8) : null}
    />
  );
}

function Districts() {
  const { zoningDistricts } = useLazyLoadQuery(
    graphql`
      query mainDistrictsQuery {
        zoningDistricts(first: 100, order: [{ code: ASC }]) {
          nodes {
            id
            code
            name
          }
        }
      }
    `,
    {},
  );
  const [id, choose] = useState(zoningDistricts.nodes[0].id);
  const [waiting, start] = useTransition();
  return (
    <>
      <h1>Parcels of a zoning district</h1>
      <p className="tools">
        <select
          aria-label="Zoning district"
          disabled={waiting}
          onChange={({ target }) => start(() => choose(target.value))}
        >
          {zoningDistricts.nodes.map(({ id, code, name }) => (
            <option key={id} value={id}>
              {code}: {name}
            </option>
          ))}
        </select>
      </p>
      <District key={id} id={id} />
    </>
  );
}

function District({ id }) {
  const { zoningDistrict } = useLazyLoadQuery(
    graphql`
      query mainDistrictQuery($id: ID!) {
        zoningDistrict(id: $id) {
          ...mainParcels
        }
      }
    `,
    { id },
  );
  return <Parcels district={zoningDistrict} />;
}

createRoot(document.getElementById("root")).render(
  <RelayEnvironmentProvider environment={environment}>
    <Suspense fallback={<p>Reading…</p>}>
      <Districts />
    </Suspense>
  </RelayEnvironmentProvider>,
);
