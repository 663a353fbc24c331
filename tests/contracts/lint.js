// Every feature of a layer, page by page as a FeatureCollection, before two linters of RFC 7946.
import { getIssues } from "@placemarkio/check-geojson";
import geojsonhint from "@mapbox/geojsonhint";
import { texts } from "./operations.js";

const [url, layer, operation] = process.argv.slice(2);

const lint = (text) => [
  ...getIssues(text).map(({ message }) => `check-geojson: ${message}`),
  ...geojsonhint.hint(text, { precisionWarning: false }).map(({ message }) => `geojsonhint: ${message}`),
];

const ask = async (variables) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: texts[operation], variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data[layer];
};

const pages = [];
let after = null;
do {
  const { featureCollection, pageInfo } = await ask({ first: 500, after });
  pages.push(featureCollection);
  after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
} while (after);
const ids = pages.flatMap(({ features }) => features.map(({ id }) => id));
const findings = pages.flatMap((page) => lint(JSON.stringify(page)));

// The linters must be able to find something: a ring turned around, and one left open.
const [spoiled] = pages;
spoiled.features[0].geometry.coordinates[0][0].reverse();
const turned = lint(JSON.stringify(spoiled));
spoiled.features[0].geometry.coordinates[0][0].pop();
const open = lint(JSON.stringify(spoiled));

console.log(JSON.stringify({ ids, findings, turned, open }));
