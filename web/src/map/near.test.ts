import { expect, test } from "vitest";
import { GATEWAY, PARCELS } from "../gateway/example";
import { filters } from "./filter";
import { circleAround, metres, pointInput, readReach, writeReach } from "./near";

test("a distance is read as it is written", () => {
  expect(readReach("200ft")).toEqual({ distance: 200, unit: "ft" });
  expect(writeReach({ distance: 60.5, unit: "m" })).toBe("60.5m");
  for (const wrong of ["200", "0ft", "-1m", "ft", "1e3m"]) expect(readReach(wrong)).toBeNull();
});

test("feet are sent as metres, beside the other conditions, without the row that is asked about", () => {
  const geometry = pointInput([-71, 42]);
  const around = { geometry, metres: metres({ distance: 100, unit: "ft" }), but: 7 };
  const where = [{ path: "address", lookup: "iContains", value: "fenno" }];
  expect(filters(GATEWAY, PARCELS, where, null, around)).toEqual({
    and: [
      { address: { iContains: "fenno" } },
      { geometry: { dwithin: { geometry, distance: 30.48 } } },
      { not: { featureId: { exact: 7 } } },
    ],
  });
  expect(filters(GATEWAY, PARCELS, [], null, { ...around, metres: null })).toBeNull();
});

test("the circle is as wide as the distance says", () => {
  const drawn = circleAround([-71, 42], { distance: 1000, unit: "m" });
  const ring = drawn.type === "Polygon" ? (drawn.coordinates[0] ?? []) : [];
  const latitudes = ring.map(([, latitude = 0]) => latitude);
  const degree = (6_371_008.8 * Math.PI) / 180;
  expect((Math.max(...latitudes) - 42) * degree).toBeCloseTo(1000, 3);
});
