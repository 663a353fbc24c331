import { expect, test } from "vitest";
import type { Job } from "./analysis";
import { part, pause, readAnalysis, titleOf, told } from "./analysis";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const JOB: Job = {
  layer: "parcels",
  method: "dissolve",
  state: "RUNNING",
  phase: "ANALYSING",
  rows: 12_000,
  written: 0,
  expectedSeconds: 20,
  startedAt: "2026-11-29T11:59:50Z",
  expiresAt: null,
  error: null,
  result: null,
  at: NOW,
};

test("a job says how far it is", () => {
  expect(titleOf(JOB, "parcels")).toBe("Dissolved groups of parcels");
  expect(told(JOB, "parcels")).toBe("Analysing 12,000 parcels, about 20 s in all.");
  expect(told({ ...JOB, phase: "WRITING", written: 1234 }, "parcels")).toBe("Writing: 1,234 features so far.");
  expect(told({ ...JOB, state: "WAITING", phase: null }, "parcels")).toContain("waits");
  expect(told({ ...JOB, state: "FAILED", error: { message: "It took too long." } }, "parcels")).toContain("too long");
  expect(part(JOB)).toBe(0.5);
  expect(part({ ...JOB, at: NOW + 60_000 })).toBe(0.95);
  expect(part({ ...JOB, phase: "WRITING" })).toBeNull();
});

test("a job is looked at each second until it ends, then when it expires", () => {
  expect(pause(JOB, NOW)).toBe(1000);
  const done: Job = { ...JOB, state: "COMPLETE", expiresAt: "2026-11-29T12:00:10Z" };
  expect(pause(done, NOW)).toBe(11_000);
  expect(pause({ ...done, state: "FAILED", expiresAt: null }, NOW)).toBeNull();
  expect(pause({ ...done, expiresAt: "2027-11-29T12:00:00Z" }, NOW)).toBe(2 ** 31 - 1);
  expect(pause(null, NOW)).toBeNull();
});

test("a link names a job by its id alone", () => {
  expect(readAnalysis("a-B_9", null)).toEqual({ id: "a-B_9", signed: null });
  for (const wrong of ["", "../x", "a/b", "a?b"]) expect(readAnalysis(wrong, null)).toBeNull();
});
