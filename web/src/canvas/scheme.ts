// Light or dark, as the reader's system has it.
import { useSyncExternalStore } from "react";

const DARK = matchMedia("(prefers-color-scheme: dark)");

function subscribe(changed: () => void): () => void {
  DARK.addEventListener("change", changed);
  return () => {
    DARK.removeEventListener("change", changed);
  };
}

export function useDark(): boolean {
  return useSyncExternalStore(subscribe, () => DARK.matches);
}
