import { expect, test } from "vitest";
import { goTo } from "./keys";

const LAST = { row: 50, column: 4 };

test.each([
  ["ArrowDown", false, { row: 4, column: 2 }],
  ["ArrowUp", false, { row: 2, column: 2 }],
  ["ArrowLeft", false, { row: 3, column: 1 }],
  ["ArrowRight", false, { row: 3, column: 3 }],
  ["Home", false, { row: 3, column: 0 }],
  ["End", false, { row: 3, column: 4 }],
  ["Home", true, { row: 0, column: 0 }],
  ["End", true, { row: 50, column: 4 }],
])("%s goes from cell to cell (whole table: %s)", (key, whole, to) => {
  expect(goTo(key, whole, { row: 3, column: 2 }, LAST)).toEqual(to);
});

test("no key leaves the table, and others go nowhere", () => {
  expect(goTo("ArrowUp", false, { row: 0, column: 0 }, LAST)).toEqual({ row: 0, column: 0 });
  expect(goTo("ArrowRight", false, LAST, LAST)).toEqual(LAST);
  expect(goTo("x", false, LAST, LAST)).toBeNull();
});
