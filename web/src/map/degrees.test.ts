import { expect, test } from "vitest";
import { degrees, graticule } from "./degrees";

const texts = (features: ReturnType<typeof graticule>["features"]) => features.map(({ properties }) => properties?.["text"] as string); // prettier-ignore

test.each([
  [-71.1, "longitude", 0.1, "71.1° W"],
  [42.36, "latitude", 0.02, "42.36° N"],
  [-33, "latitude", 1, "33° S"],
  [151.2, "longitude", 0.05, "151.20° E"],
  [0, "latitude", 5, "0°"],
] as const)("%d of %s by steps of %d is %s", (value, axis, step, told) => {
  expect(degrees(value, axis, step)).toBe(told);
});

test("a town has lines at round parts of a degree, in view and around it", () => {
  const { features } = graticule([-71.13, 42.35, -71.07, 42.4]);
  expect(texts(features)).toEqual(expect.arrayContaining(["71.10° W", "71.08° W", "42.36° N", "42.40° N"]));
  expect(texts(features).length).toBeLessThan(30);
});

test("the world has lines every thirty degrees", () => {
  const { features } = graticule([-180, -80, 180, 80]);
  expect(texts(features)).toEqual(expect.arrayContaining(["90° W", "0°", "60° N", "30° S"]));
});

test("a view across the antimeridian has lines on both sides of it", () => {
  const { features } = graticule([178, -20, -178, -15]);
  expect(texts(features)).toEqual(expect.arrayContaining(["179° E", "180° W", "179° W"]));
  const [first] = features;
  expect(Math.abs(first?.geometry.coordinates[0]?.[0] ?? 0)).toBeGreaterThan(170);
});
