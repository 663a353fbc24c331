import { expect, test } from "vitest";
import { findFeatures, propertyNames } from "./features";

const POINT = { type: "Point", coordinates: [1, 2] };

test("a geometry is found with its path and the plain fields beside it", () => {
  const answer = { data: { parcels: { edges: [{ distance: 5, node: { parcelId: "1", centroid: POINT } }] } } };
  expect(findFeatures(answer)).toEqual([
    { path: "data.parcels.edges[0].node.centroid", geometry: POINT, properties: { distance: 5, parcelId: "1" } },
  ]);
});

test("features bring their own properties and id", () => {
  const feature = { type: "Feature", id: 3, geometry: POINT, properties: { use: "R" } };
  const [found] = findFeatures({ data: { c: { type: "FeatureCollection", features: [feature] } } });
  expect(found).toEqual({ path: "data.c.features[0]", geometry: POINT, properties: { id: 3, use: "R" } });
});

test("what is no geometry in degrees is passed over", () => {
  const projected = { crs: "EPSG:3857", geometry: { type: "Point", coordinates: [111319, 222684] } };
  expect(
    findFeatures({ data: { projected, type: "Point", feature: { type: "Feature", geometry: null }, text: "x" } }),
  ).toEqual([]);
  expect(findFeatures(null)).toEqual([]);
  expect(findFeatures({ errors: [{ extensions: { at: POINT } }] })).toEqual([]);
});

test("plain properties can be chosen, each once", () => {
  const found = [
    { a: 1, b: "x" },
    { b: "y", c: { d: 1 } },
  ].map((properties) => ({ path: "", geometry: POINT as never, properties }));
  expect(propertyNames(found)).toEqual(["a", "b"]);
});
