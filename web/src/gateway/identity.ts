// Who asks: as the API key of this tab says, or as a proxy that signs people in.
import { useSyncExternalStore } from "react";
import { credential, keep, signed } from "./credential";
import type { Written } from "./page";
import { at } from "./page";
import { wrote } from "./writes";

export interface Identity {
  name: string;
  anonymous: boolean;
  scopes: readonly string[];
  /** How rows are written, by layer, for who may. */
  written?: Readonly<Record<string, Written>>;
}

const listeners = new Set<() => void>();
let known: Identity | null = null;
let asked = false;

function tell(identity: Identity | null): void {
  known = identity;
  for (const listener of listeners) listener();
}

/** Whose a key is; null for one that does not hold. Throws where the gateway does not answer. */
async function identityOf(key: string | null): Promise<Identity | null> {
  if (key !== null && !/^[!-~]+$/.test(key)) return null; // no header holds it
  const response = await fetch(at("/identity"), { headers: signed(key), cache: "no-store" });
  if (response.status === 401) return null;
  if (!response.ok) throw new Error(String(response.status));
  return (await response.json()) as Identity;
}

async function learn(): Promise<void> {
  const key = credential();
  const found = await identityOf(key);
  if (!found && key !== null) keep(null); // it has expired
  tell(found ?? (key === null ? null : await identityOf(null)));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (!asked) {
    asked = true;
    void learn().catch(() => {
      asked = false; // without an answer nobody may write, and the next who wants to know asks again
    });
  }
  return () => {
    listeners.delete(listener);
  };
}

/** Who asks, once the gateway has said so. */
export function useIdentity(): Identity | null {
  return useSyncExternalStore(subscribe, () => known);
}

/** Take an API key, if it is one that may write; whether it was taken. Throws where the gateway does not answer. */
export async function signIn(key: string): Promise<"taken" | "unknown" | "closed"> {
  const found = await identityOf(key);
  if (!found) return "unknown";
  if (!found.scopes.includes("write")) return "closed";
  keep(key);
  tell(found);
  wrote();
  return "taken";
}

export async function signOut(): Promise<void> {
  keep(null);
  await learn();
  wrote();
}
