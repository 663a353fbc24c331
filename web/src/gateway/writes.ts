// How often this page has written, or became someone else: what was read before may be otherwise by now.
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let writes = 0;

/** Have everything read anew. */
export function wrote(): void {
  writes++;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function useWrites(): number {
  return useSyncExternalStore(subscribe, () => writes);
}

/** The URL of tiles as it is after writes: MapLibre keeps what it cut out of a tile by its URL, however old it is. */
export function afresh(url: string, writes: number): string {
  return writes === 0 ? url : `${url}#${writes}`;
}
