import { expect, test } from "vitest";
import type { House } from "./stretches";
import { streetsOf } from "./stretches";

const STEP = 2e-4; // degrees between houses

/** Houses on both sides of a street that runs as many degrees north as east. */
function street(name: string, count: number): House[] {
  return Array.from({ length: count }, (_, place) => {
    const side = place % 2 === 0 ? STEP : -STEP;
    return { address: `${place + 1} ${name}`, at: [place * STEP - side, place * STEP + side] };
  });
}

test("a street has its name in the middle of its houses, along them", () => {
  const { features } = streetsOf(street("Elm St", 8));
  expect(features.map(({ properties }) => properties?.["name"] as string)).toEqual(["Elm St"]);
  const [lng = 0, lat = 0] = features[0]?.geometry.coordinates ?? [];
  expect(lng).toBeCloseTo(3.5 * STEP, 5);
  expect(lat).toBeCloseTo(3.5 * STEP, 5);
  expect(features[0]?.properties?.["angle"]).toBeLessThan(-30); // texts turn clockwise
  expect(features[0]?.properties?.["angle"]).toBeGreaterThan(-60);
});

test("a long street has its name on each stretch", () => {
  expect(streetsOf(street("Elm St", 60)).features.length).toBeGreaterThan(3);
});

test("few houses, houses that lie in no line, and what is no address, name no street", () => {
  expect(streetsOf(street("Elm St", 3)).features).toEqual([]);
  const square = [0, 1, 2, 3].map((place) => ({
    address: `${place} Elm Sq`,
    at: [(place % 2) * STEP, Math.floor(place / 2) * STEP],
  }));
  expect(streetsOf(square).features).toEqual([]);
  const lots = street("", 8).map(({ at }, place) => ({ address: `Lot ${place}`, at }));
  expect(streetsOf(lots).features).toEqual([]);
});

test.each([
  ["12-14 MAIN ST", "MAIN ST"],
  ["48.5A Main St", "Main St"],
  ["12 1/2 Main St", "Main St"],
  ["12 Main St #3", "Main St"],
  ["12 Main St Unit 3", "Main St"],
])("of %s the street is %s", (address, name) => {
  const houses = street("x", 8).map(({ at }) => ({ address, at }));
  expect(streetsOf(houses).features[0]?.properties?.["name"]).toBe(name);
});
