// GraphQL over HTTP, to the gateway that served the page.
import english from "../texts/en.json";
import { t } from "../texts";
import { signed } from "./credential";
import { at } from "./page";

export interface Problem {
  message: string;
  extensions?: Record<string, unknown>;
}

/** What is wrong, in the language of the reader, then as the gateway says it. */
function told(problem: Problem | undefined): string {
  if (!problem) return t("errors.noAnswer");
  const code = String(problem.extensions?.["code"]);
  const known = Object.hasOwn(english.refused, code) ? (code as keyof typeof english.refused) : "OTHER";
  return t(`refused.${known}`, { message: problem.message });
}

/** The gateway answered with errors; the message is the first one's. */
export class Refused extends Error {
  constructor(readonly problems: Problem[]) {
    super(told(problems[0]));
  }
}

/** The gateway was not reached, or something else answered in its place. */
export class Unreached extends Error {
  constructor(cause: unknown) {
    super(t("errors.unreached"), { cause });
  }
}

export type Variables = Record<string, unknown>;

export interface Told<T> {
  data: T;
  /** Fields that are null because they are private: `Parcel.ownerName`. */
  withheld: readonly string[];
}

/** Run an operation and return its data; throws Refused, Unreached, or AbortError where `signal` says so. */
export async function ask<T>(query: string, variables: Variables, signal?: AbortSignal): Promise<T> {
  return (await tell<T>(query, variables, signal ? { signal } : {})).data;
}

/** The same, with what is withheld; a write that is sent twice with the same key `once` is done once. */
export async function tell<T>(
  query: string,
  variables: Variables,
  { signal, once }: { signal?: AbortSignal; once?: string } = {},
): Promise<Told<T>> {
  const answer = (await post(JSON.stringify({ query, variables }), signal ?? null, once)) as {
    data?: T | null;
    errors?: Problem[];
    extensions?: { withheld?: { field: string }[] };
  };
  if (answer.errors || !answer.data) throw new Refused(answer.errors ?? []);
  return { data: answer.data, withheld: answer.extensions?.withheld?.map(({ field }) => field) ?? [] };
}

async function post(body: string, signal: AbortSignal | null, once?: string): Promise<unknown> {
  try {
    const response = await fetch(at("/graphql"), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json;q=0.9",
        ...signed(),
        ...(once !== undefined && { "idempotency-key": once }),
      },
      body,
      signal,
    });
    return await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreached(error);
  }
}

/** Whether an operation may be answered later: the gateway, or its database, is away. */
export function isAway(error: unknown): boolean {
  if (error instanceof Refused) return error.problems[0]?.extensions?.["code"] === "UNAVAILABLE";
  return error instanceof Unreached;
}

/** Where GraphiQL opens an operation. */
export function inGraphiql(query: string, variables: Variables): string {
  const asked = new URLSearchParams({ query });
  if (Object.keys(variables).length > 0) asked.set("variables", JSON.stringify(variables, null, 2));
  return `${at("/graphql")}?${asked}`;
}
