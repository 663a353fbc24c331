// What changed in view since the moment that the map shows.
import { useEffect, useState } from "react";
import type { Gateway } from "../gateway/page";
import type { LayerChanges } from "./changes";
import { changes } from "./changes";
import type { Bounds } from "./scene";

const PAUSE = 300; // milliseconds without a move, before it is asked for

export interface ChangesRead {
  found: LayerChanges[] | null;
  problem: string | null;
}

const NONE: ChangesRead = { found: null, problem: null };

/** The changes of each layer whose past is kept; none while the map shows now. */
export function useChanges(gateway: Gateway, box: Bounds | null, asOf: string | null): ChangesRead {
  const [held, setHeld] = useState<ChangesRead & { asOf?: string }>(NONE);
  const key = box && JSON.stringify(box);
  useEffect(() => {
    if (key === null || asOf === null) return;
    const stop = new AbortController();
    const run = () => {
      const layers = gateway.layers.filter(({ tracked }) => tracked);
      Promise.all(layers.map((layer) => changes(layer, JSON.parse(key) as Bounds, asOf, stop.signal))).then(
        (found) => {
          setHeld({ found, problem: null, asOf });
        },
        (error: unknown) => {
          if (!stop.signal.aborted) setHeld({ found: null, problem: (error as Error).message, asOf });
        },
      );
    };
    const timer = setTimeout(run, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [gateway, key, asOf]);
  return held.asOf === asOf ? held : NONE;
}
