import { expect, test } from "vitest";
import { coloring } from "./colors";

const found = (values: unknown[]) =>
  values.map((v) => ({ path: "", geometry: { type: "Point" as const, coordinates: [0, 0] }, properties: { v } }));

test("words get colours of their own, the rarest share one", () => {
  const { color, keys } = coloring(found("aaabbcdefghijkl".split("")), "v");
  expect(color({ v: "a" })).not.toBe(color({ v: "b" }));
  expect(keys.at(-1)?.label).toBe("others");
  expect(color({ v: "unheard of" })).toBe(keys.at(-1)?.color);
});

test("figures get a ramp in which more is darker", () => {
  const { color, keys } = coloring(found(Array.from({ length: 60 }, (_, index) => index)), "v");
  expect(keys).toHaveLength(6);
  expect(color({ v: 0 })).toBe(keys[0]?.color);
  expect(color({ v: 59 })).toBe(keys[5]?.color);
});

test("without a property all look alike", () => {
  const { color, keys } = coloring(found([1, 2]), null);
  expect(color({ v: 1 })).toBe(color({ v: 2 }));
  expect(keys).toEqual([]);
});
