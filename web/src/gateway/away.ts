// Whether the gateway answers. While it does not, it is asked whether it is ready, less and less often.
import { useSyncExternalStore } from "react";
import { at } from "./page";

const FIRST = 1000; // milliseconds
const LONGEST = 15_000;

const listeners = new Set<() => void>();
let waiting: Promise<void> | null = null;

function tell(): void {
  for (const listener of listeners) listener();
}

async function ready(): Promise<boolean> {
  try {
    return (await fetch(at("/readyz"), { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

async function wait(): Promise<void> {
  for (let pause = FIRST; ; pause = Math.min(2 * pause, LONGEST)) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, pause);
      addEventListener(
        "online",
        () => {
          resolve();
        },
        { once: true },
      );
    });
    if (await ready()) break;
  }
  waiting = null;
  tell();
}

/** The gateway did not answer: this resolves once it does. */
export function back(): Promise<void> {
  if (!waiting) {
    waiting = wait();
    tell();
  }
  return waiting;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Whether the gateway does not answer now. */
export function useAway(): boolean {
  return useSyncExternalStore(subscribe, () => waiting !== null);
}
