import { expect, test } from "vitest";
import { barOf, ratioAt, roundScale, scaleText, sizeOf, zoomAt } from "./paper";

test("a sheet lies or stands", () => {
  expect(sizeOf("a4", false)).toEqual({ width: 210, height: 297, dpi: 300 });
  expect(sizeOf("tabloid", true)).toEqual({ width: 431.8, height: 279.4, dpi: 200 });
});

test("a scale is a zoom, by how far the latitude is from the equator", () => {
  // At the equator 512 pixels of 0.2646 mm are the world at zoom 0.
  expect(ratioAt(0, 0)).toBeCloseTo(40_075_016.69 / (512 * 0.000264583), -4);
  expect(zoomAt(ratioAt(15.3, 42), 42)).toBeCloseTo(15.3, 9);
  expect(ratioAt(15, 60)).toBeCloseTo(ratioAt(15, 0) / 2, 6);
});

test.each([
  [2400, "metric", 2500],
  [2500, "metric", 2500],
  [2501, "metric", 3000],
  [9001, "metric", 10_000],
  [2300, "imperial", 2400],
  [2401, "imperial", 3000],
] as const)("1 to %i in %s is rounded to what shows as much, 1 to %i", (ratio, units, round) => {
  expect(roundScale(ratio, units)).toBe(round);
});

test("a scale is told as planners do", () => {
  expect(scaleText(2500, "metric")).toBe("1:2,500");
  expect(scaleText(2400, "imperial")).toBe("1 inch = 200 feet (1:2,400)");
  expect(scaleText(1_200_000, "imperial")).toBe("1:1,200,000");
});

test.each([
  [2500, "metric", 40, ["50", "100 m"]],
  [100_000, "metric", 50, ["2.5", "5 km"]],
  [2400, "imperial", 25.4, ["100", "200 ft"]],
  [126_720, "imperial", 25.4, ["1", "2 mi"]],
] as const)("a bar at 1 to %i in %s is %d mm long and says %j", (ratio, units, width, labels) => {
  const bar = barOf(ratio, units, 50.9);
  expect(bar.labels).toEqual(labels);
  expect(bar.width).toBeCloseTo(width, 6);
});
