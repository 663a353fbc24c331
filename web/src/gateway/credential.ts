// The API key that a reader signed in with: this tab keeps it until it is closed.

const KEY = "api-key";

export function credential(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Keep an API key, or forget it. */
export function keep(key: string | null): void {
  if (key === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, key);
}

/** The headers of a request that say who sends it; none where a proxy says so, or nobody signed in. */
export function signed(key: string | null = credential()): Record<string, string> {
  return key === null ? {} : { "x-api-key": key };
}
