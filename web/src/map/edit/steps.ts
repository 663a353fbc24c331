// What was done while editing, to go back and forth in.
import type { Draft } from "./draft";

export interface Steps {
  past: readonly Draft[];
  now: Draft;
  future: readonly Draft[];
  /** What the last step was of: letters that are typed into one field are one step. */
  of: string | null;
}

export type Step =
  | { kind: "do"; draft: Draft; of?: string }
  | { kind: "undo" | "redo" | "rest" }
  /** Begin anew, from what was read. */
  | { kind: "read"; draft: Draft };

export function begun(draft: Draft): Steps {
  return { past: [], now: draft, future: [], of: null };
}

export function stepped(steps: Steps, step: Step): Steps {
  const { past, now, future, of } = steps;
  switch (step.kind) {
    case "do":
      if (of !== null && step.of === of) return { ...steps, now: step.draft, future: [] };
      return { past: [...past, now], now: step.draft, future: [], of: step.of ?? null };
    case "undo": {
      const before = past.at(-1);
      return before ? { past: past.slice(0, -1), now: before, future: [now, ...future], of: null } : steps;
    }
    case "redo": {
      const [after, ...rest] = future;
      return after ? { past: [...past, now], now: after, future: rest, of: null } : steps;
    }
    case "rest":
      return { ...steps, of: null };
    case "read":
      return begun(step.draft);
  }
}
