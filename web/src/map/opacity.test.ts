import { expect, test } from "vitest";
import { dimmed } from "./opacity";

test("a part of an opacity is that of each stop where the zoom changes it", () => {
  expect(dimmed(0.8, 0.5)).toEqual(["*", 0.8, 0.5]);
  expect(dimmed(["interpolate", ["linear"], ["get", "count"], 0, 1, 5, 0], 0.5)).toEqual([
    "*",
    ["interpolate", ["linear"], ["get", "count"], 0, 1, 5, 0],
    0.5,
  ]);
  expect(dimmed(["interpolate", ["linear"], ["zoom"], 9, 1, 11, ["get", "part"]], 0.5)).toEqual([
    "interpolate",
    ["linear"],
    ["zoom"],
    9,
    ["*", 1, 0.5],
    11,
    ["*", ["get", "part"], 0.5],
  ]);
});
