// GraphQL over HTTP, to the gateway that served the page.
import english from "../texts/en.json";
import { t } from "../texts";
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

/** Run an operation and return its data; throws Refused, Unreached, or AbortError where `signal` says so. */
export async function ask<T>(query: string, variables: Variables, signal?: AbortSignal): Promise<T> {
  const answer = (await post(JSON.stringify({ query, variables }), signal ?? null)) as {
    data?: T | null;
    errors?: Problem[];
  };
  if (answer.errors || !answer.data) throw new Refused(answer.errors ?? []);
  return answer.data;
}

async function post(body: string, signal: AbortSignal | null): Promise<unknown> {
  try {
    const response = await fetch(at("/graphql"), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json;q=0.9",
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
