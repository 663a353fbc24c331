// The pen, fetched once the map is drawn: nobody draws before there is a map, and it is a tenth of the page's script.
import { useSyncExternalStore } from "react";
import type { Pen } from "./pen";

let found: typeof Pen | null = null;
let fetching: Promise<typeof Pen> | null = null;
const listeners = new Set<() => void>();

/** The class of pens; throws where it cannot be fetched, and tries anew then. */
export function fetchPen(): Promise<typeof Pen> {
  fetching ??= import("./pen").then(
    ({ Pen }) => {
      found = Pen;
      for (const listener of listeners) listener();
      return Pen;
    },
    (error: unknown) => {
      fetching = null;
      throw error;
    },
  );
  return fetching;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Whether there is a pen to draw with. */
export function useCanDraw(): boolean {
  return useSyncExternalStore(subscribe, () => found !== null);
}
