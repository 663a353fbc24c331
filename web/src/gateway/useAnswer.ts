// The answer to an operation as state of a component: what was asked last wins, what nobody waits for is cancelled, and
// what found no gateway is asked again.
import { useEffect, useState } from "react";
import type { Variables } from "./ask";
import { ask, isAway } from "./ask";
import { back } from "./away";
import { useWrites } from "./writes";

export interface Answer<T> {
  data: T | null;
  problem: string | null;
  waiting: boolean;
}

interface Held<T> {
  key: string | null;
  /** After how many writes of this page it was read. */
  writes: number;
  data: T | null;
  problem: string | null;
}

/**
 * Read whenever the key changes, after a pause of `pause` milliseconds, and after each write of this page; null reads
 * nothing. `read` is one function.
 */
export function useRead<T>(
  key: string | null,
  read: (key: string, signal: AbortSignal) => Promise<T>,
  pause = 0,
): Answer<T> {
  const [held, setHeld] = useState<Held<T>>({ key: null, writes: 0, data: null, problem: null });
  const writes = useWrites();

  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    const run = () => {
      if (stop.signal.aborted) return;
      read(key, stop.signal).then(
        (data) => {
          setHeld({ key, writes, data, problem: null });
        },
        (error: unknown) => {
          if (stop.signal.aborted) return;
          setHeld({ key, writes, data: null, problem: (error as Error).message });
          if (isAway(error)) void back().then(run);
        },
      );
    };
    const timer = setTimeout(run, pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key, read, pause, writes]);

  if (key === null) return { data: null, problem: null, waiting: false };
  if (held.key === key && held.writes === writes) return { data: held.data, problem: held.problem, waiting: false };
  return { data: held.data, problem: null, waiting: true };
}

function asked<T>(key: string, signal: AbortSignal): Promise<T> {
  const { query, variables } = JSON.parse(key) as { query: string; variables: Variables };
  return ask<T>(query, variables, signal);
}

/** Ask whenever the operation changes, after a pause of `pause` milliseconds; null asks nothing. */
export function useAnswer<T>(operation: { query: string; variables: Variables } | null, pause = 0): Answer<T> {
  return useRead<T>(operation && JSON.stringify(operation), asked, pause);
}
