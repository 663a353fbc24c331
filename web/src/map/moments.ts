// Moments of the past, as people choose them.

import { t } from "../texts";
import type english from "../texts/en.json";

type Step = readonly [label: keyof typeof english.ago, years: number, months: number, days: number, hours: number];

const STEPS: readonly Step[] = [
  ["hour", 0, 0, 0, 1],
  ["day", 0, 0, 1, 0],
  ["week", 0, 0, 7, 0],
  ["twoWeeks", 0, 0, 14, 0],
  ["month", 0, 1, 0, 0],
  ["quarter", 0, 3, 0, 0],
  ["half", 0, 6, 0, 0],
  ["year", 1, 0, 0, 0],
  ["twoYears", 2, 0, 0, 0],
  ["fiveYears", 5, 0, 0, 0],
];

export const EARLIEST = STEPS.length;

/** The moment a number of steps back; none is now, which is null. */
export function stepBack(steps: number, now = new Date()): string | null {
  const step = STEPS[steps - 1];
  if (!step) return null;
  const [, years, months, days, hours] = step;
  const then = new Date(now);
  const day = then.getDate();
  then.setDate(1);
  then.setFullYear(then.getFullYear() - years, then.getMonth() - months);
  // The 31st of a shorter month is its last day.
  const last = new Date(then.getFullYear(), then.getMonth() + 1, 0).getDate();
  then.setDate(Math.min(day, last) - days);
  return written(new Date(then.getTime() - hours * 3_600_000));
}

/** How many steps back a moment is at least; what is no hour ago is one. */
export function stepsTo(moment: string | null, now = new Date()): number {
  if (moment === null) return 0;
  const passed = STEPS.filter((_, place) => (stepBack(place + 1, now) ?? "") >= moment);
  return Math.max(1, passed.length);
}

export function stepLabel(steps: number): string {
  const step = STEPS[steps - 1];
  return step ? t(`ago.${step[0]}`) : t("past.now");
}

function written(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** A moment as links and the gateway have it; null for what is no time. */
export function readMoment(text: string): string | null {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : written(date);
}

/** A moment as `<input type="datetime-local">` has it: without a zone, in that of the reader. */
export function toLocal(moment: string): string {
  const date = new Date(moment);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** The URL of tiles as of a moment. */
export function tilesAt(url: string, moment: string | null): string {
  return moment === null ? url : `${url}${url.includes("?") ? "&" : "?"}asOf=${encodeURIComponent(moment)}`;
}
