// Metres or feet: as the gateway has it set, until the reader chooses.
import { useSyncExternalStore } from "react";
import type { Units } from "../gateway/page";

const KEY = "units";
const UNITS: readonly string[] = ["metric", "imperial"] satisfies Units[];
const listeners = new Set<() => void>();
let now: Units = "metric";

export function units(): Units {
  return now;
}

/** Begin with what the reader chose before, else with what the gateway has set. */
export function begin(set: Units): void {
  const kept = localStorage.getItem(KEY) ?? "";
  now = UNITS.includes(kept) ? (kept as Units) : set;
}

export function choose(chosen: Units): void {
  now = chosen;
  localStorage.setItem(KEY, chosen);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function useUnits(): Units {
  return useSyncExternalStore(subscribe, units);
}
