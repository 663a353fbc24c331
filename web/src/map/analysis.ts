// An analysis that was run as a job: how far it is, and where its result is to be had.
import { ask, Refused } from "../gateway/ask";
import type { Problem } from "../gateway/ask";
import { here } from "../gateway/here";
import { at } from "../gateway/page";
import type { Bounds } from "./scene";
import { moment, t, whole } from "../texts";
import english from "../texts/en.json";

/** What a link names: a job, and what speaks for its owner where a URL was signed. */
export interface Analysis {
  id: string;
  signed: string | null;
}

/** What a map must know of the result's tiles. */
export interface Tiles {
  tiles: [string, ...string[]];
  minzoom: number;
  maxzoom: number;
  /** Missing where no feature has a shape. */
  bounds?: Bounds;
  /** The method. */
  name: string;
}

export type Result = Tiles & { files: Record<"geojson" | "geoparquet", string> };

export interface Job {
  /** The layer that was analysed; null to whom only the result is shown. */
  layer: string | null;
  method: string;
  state: "WAITING" | "RUNNING" | "COMPLETE" | "FAILED" | "CANCELLED";
  phase: "COUNTING" | "ANALYSING" | "WRITING" | null;
  rows: number | null;
  written: number;
  expectedSeconds: number | null;
  startedAt: string | null;
  expiresAt: string | null;
  error: { message: string } | null;
  result: Result | null;
  /** When this was so, in milliseconds. */
  at: number;
}

type Answered = Omit<Job, "result" | "at"> & { result: (Result["files"] & { tileJson: string }) | null };

/** `id`, as the gateway gives them; null for what is none. */
export function readAnalysis(id: string, signed: string | null): Analysis | null {
  return /^[\w-]{1,100}$/.test(id) ? { id, signed } : null;
}

/** What `look` is asked with; `turn` makes it look once more. */
export function keyOf({ id, signed }: Analysis, query: string, turn: number): string {
  return JSON.stringify({ id, signed, query, turn });
}

/** How a job stands; null where there is none (any more). Throws Refused, Unreached, and AbortError. */
export async function look(key: string, signal: AbortSignal): Promise<Job | null> {
  const { id, signed, query } = JSON.parse(key) as Analysis & { query: string };
  if (signed !== null) return shown(id, `?${new URLSearchParams({ signed })}`, signal);
  const { analysisJob: job } = await ask<{ analysisJob: Answered | null }>(query, { id }, signal);
  const time = Date.now();
  if (!job?.result) return job && { ...job, result: null, at: time };
  const { tileJson, ...files } = job.result;
  const tiles = await read(here(tileJson), signal);
  return tiles && { ...job, result: { ...tiles, files }, at: time };
}

/** What a signed URL shows: the result alone. */
async function shown(id: string, query: string, signal: AbortSignal): Promise<Job | null> {
  const tiles = await read(`${at(`/tiles/analysis/${id}.json`)}${query}`, signal);
  if (!tiles) return null;
  const file = (end: string) => `${location.origin}${at(`/export/analysis/${id}.${end}`)}${query}`;
  return {
    ...{ layer: null, method: tiles.name, state: "COMPLETE", phase: null, rows: null, written: 0, error: null },
    ...{ expectedSeconds: null, startedAt: null, expiresAt: null, at: Date.now() },
    result: { ...tiles, files: { geojson: file("geojson"), geoparquet: file("parquet") } },
  };
}

async function read(url: string, signal: AbortSignal): Promise<Tiles | null> {
  const response = await fetch(url, { signal });
  if (response.status === 404) return null;
  if (response.ok) return (await response.json()) as Tiles;
  const { errors } = (await response.json()) as { errors: Problem[] };
  throw new Refused(errors);
}

/** What people call what a method makes. */
function methodName(method: string): string {
  if (!Object.hasOwn(english.methods, method)) return method;
  return t(`methods.${method as keyof typeof english.methods}`);
}

export function titleOf({ method }: Job, titles: string | null): string {
  const name = methodName(method);
  return titles === null ? name : t("analysis.of", { method: name, titles });
}

/** How a job stands, in a sentence. */
export function told(job: Job, titles: string): string {
  if (job.state === "FAILED") return t("analysis.failed", { why: job.error?.message ?? t("analysis.noTelling") });
  if (job.state === "CANCELLED") return t("analysis.cancelled");
  if (job.state === "WAITING") return t("analysis.waits");
  if (job.state === "RUNNING") return progress(job, titles);
  if (!job.result?.bounds) return t("analysis.nothing");
  return job.expiresAt === null ? "" : t("analysis.kept", { then: moment(job.expiresAt) });
}

function progress({ phase, rows, written, expectedSeconds }: Job, titles: string): string {
  if (phase === "WRITING") return t("analysis.writing", { count: written });
  if (phase !== "ANALYSING") return t("analysis.counting", { titles });
  const of = rows === null ? titles : `${whole(rows)} ${titles}`;
  if (expectedSeconds === null) return t("analysis.analysing", { rows: of });
  return t("analysis.about", { rows: of, count: Math.max(1, Math.round(expectedSeconds)) });
}

/** The part of the time that a job is thought to take that has gone by; null where that is not known. */
export function part({ state, phase, startedAt, expectedSeconds, at }: Job): number | null {
  if (state !== "RUNNING" || phase === "WRITING" || startedAt === null || !expectedSeconds) return null;
  return Math.min(0.95, Math.max(0, (at - Date.parse(startedAt)) / 1000 / expectedSeconds));
}

const SECOND = 1000;
const LATE = 30 * SECOND; // between looks at what should be gone
const LONGEST = 2 ** 31 - 1; // that a browser waits

/** How long to wait before the next look, in milliseconds; null for none. */
export function pause(job: Job | null, now: number): number | null {
  if (!job) return null;
  if (job.state === "WAITING" || job.state === "RUNNING") return SECOND;
  if (job.expiresAt === null) return null;
  const left = Date.parse(job.expiresAt) - now;
  return left > 0 ? Math.min(left + SECOND, LONGEST) : LATE;
}
