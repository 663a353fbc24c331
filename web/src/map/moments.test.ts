import { expect, test } from "vitest";
import { EARLIEST, readMoment, stepBack, stepLabel, stepsTo, tilesAt, toLocal } from "./moments";

const NOW = new Date("2026-03-31T12:00:00Z");

test("a month before the 31st is the last day of a shorter month", () => {
  expect(stepBack(5, NOW)).toMatch(/^2026-02-28T1[123]:00:00Z$/); // where clocks change, the hour of the day stays
});

test("every step back is earlier than the one before, and is found again", () => {
  for (let steps = 1; steps <= EARLIEST; steps++) {
    const moment = stepBack(steps, NOW);
    expect(stepsTo(moment, NOW)).toBe(steps);
    expect(stepsTo(readMoment("2026-03-31T11:59:00Z"), NOW)).toBe(1);
    expect(moment?.localeCompare(stepBack(steps - 1, NOW) ?? "3")).toBe(-1);
  }
  expect(stepsTo("1999-01-01T00:00:00Z", NOW)).toBe(EARLIEST);
});

test("no step is now", () => {
  expect([stepBack(0), stepsTo(null), stepLabel(0)]).toEqual([null, 0, "now"]);
});

test("what people type in their zone is a moment in UTC, and comes back", () => {
  const moment = readMoment("2026-02-01T10:00:05");
  expect(moment && toLocal(moment)).toBe("2026-02-01T10:00:05");
  expect(readMoment("yesterday")).toBeNull();
});

test("tiles have the moment beside their other parameters", () => {
  expect(tilesAt("/t/{z}?properties=", "2026-02-01T00:00:00Z")).toBe(
    "/t/{z}?properties=&asOf=2026-02-01T00%3A00%3A00Z",
  );
  expect(tilesAt("/t/{z}", null)).toBe("/t/{z}");
});
