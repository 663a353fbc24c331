// GraphQL over fetch: all that a page without a client library needs.

/** The gateway that serves this page's data: `?gateway=https://gis.example.org`, or the one of `make run`. */
export const gateway = new URLSearchParams(globalThis.location?.search).get("gateway") ?? "http://127.0.0.1:8000";

/** The data of an operation. An error that is thrown has its `code`, see docs/errors.md, and whatever else it tells. */
export async function ask(query, variables = {}, { signal, key } = {}) {
  const response = await fetch(`${gateway}/graphql`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json",
      ...(key && { authorization: `Bearer ${key}` }), // an API key, for what not everybody may see
    },
    body: JSON.stringify({ query, variables }),
    signal, // aborted, the gateway stops the statement, too
  });
  const { data, errors } = await response.json();
  if (errors) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
  return data;
}

/** The JSON of a path of the gateway: TileJSON, a style. */
export const read = async (path) => (await fetch(gateway + path)).json();
