// The explorer: sends a document to the address it was served from, shows the answer, lists the schema.
const $ = (id) => document.getElementById(id);
const KEPT = "gateway.explorer";

const EXAMPLES = {
  "Parcels with their zoning": [
    `{
  parcels(first: 5) {
    edges {
      node {
        parcelId
        address
        areaSqm
        zoningDistricts {
          edges { coverage isPrimary node { zoneCode name } }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  ],
  "A GeoJSON layer for a map": [
    `query Viewport($box: BBox!) {
  parcels(first: 500, filters: { geometry: { bbOverlaps: { bbox: $box } } }) {
    featureCollection(properties: [PARCEL_ID, LAND_USE])
  }
}`,
    { box: [-71.12, 42.37, -71.11, 42.38] },
  ],
  "The nearest parcels to a point": [
    `query Near($at: GeometryInput!) {
  parcels(first: 10, order: [{ distanceTo: $at }]) {
    edges { distance node { parcelId address centroid } }
  }
}`,
    { at: { wkt: "POINT (-71.1167 42.377)" } },
  ],
  "Parcels of a zone": [
    `{
  parcels(first: 20, filters: { zoningDistricts: { some: { zoneCode: { startsWith: "C" } } } }) {
    totalCount
    nodes { parcelId landUse assessedValue }
  }
}`,
  ],
  "Who lives next door": [
    `{
  parcels(first: 3) {
    nodes { parcelId neighbors { edges { node { parcelId address } } } }
  }
}`,
  ],
};

async function send(query, variables) {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/graphql-response+json, application/json;q=0.9" },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, text: await response.text() };
}

function say(text, wrong = false) {
  $("status").textContent = text;
  $("status").classList.toggle("wrong", wrong);
}

function keep() {
  localStorage.setItem(KEPT, JSON.stringify({ query: $("query").value, variables: $("variables").value }));
}

async function run() {
  let variables;
  try {
    variables = $("variables").value.trim() ? JSON.parse($("variables").value) : {};
  } catch (error) {
    say(`Variables are not JSON: ${error.message}`, true);
    return;
  }
  keep();
  $("run").disabled = true;
  say("Running...");
  const began = performance.now();
  try {
    const { status, text } = await send($("query").value, variables);
    const ms = Math.round(performance.now() - began);
    const answer = JSON.parse(text);
    $("result").textContent = JSON.stringify(answer, null, 2);
    const cost = answer.extensions?.cost ? `, cost ${answer.extensions.cost.cost}` : "";
    say(`${status}, ${ms} ms, ${(text.length / 1024).toFixed(1)} kB${cost}`, Boolean(answer.errors));
  } catch (error) {
    say(`No answer: ${error.message}`, true);
  } finally {
    $("run").disabled = false;
  }
}

function write(id, text) {
  $(id).value = text;
  keep();
}

function indent(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
}

// The schema, from introspection.

const TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
const SCHEMA = `{ __schema { queryType { name } mutationType { name } types {
  kind name description
  fields { name description type { ${TYPE} } args { name description type { ${TYPE} } } }
  inputFields { name description type { ${TYPE} } }
  enumValues { name description }
} } }`;

let types = new Map();
let trail = [];

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

function link(text, go) {
  const made = element("button", text);
  made.type = "button";
  made.addEventListener("click", go);
  return made;
}

function named(type) {
  return type.ofType ? named(type.ofType) : type.name;
}

function written(type) {
  if (type.kind === "NON_NULL") return `${written(type.ofType)}!`;
  if (type.kind === "LIST") return `[${written(type.ofType)}]`;
  return type.name;
}

function entry(member) {
  const term = element("dt", member.name);
  if (member.args?.length) term.append(`(${member.args.map((each) => `${each.name}: ${written(each.type)}`).join(", ")})`);
  if (member.type) term.append(": ", link(written(member.type), () => open(named(member.type))));
  return [term, element("dd", member.description ?? "")];
}

function list(items) {
  $("entries").replaceChildren(element("dl", ...items.flat()));
}

function open(name) {
  const type = types.get(name);
  if (!type) return;
  trail = trail.includes(name) ? trail.slice(0, trail.indexOf(name) + 1) : [...trail, name].slice(-4);
  $("trail").replaceChildren(...trail.map((each) => link(each, () => open(each))));
  const members = [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])];
  list([[element("dd", type.description ?? "")], ...members.map(entry)]);
}

function search() {
  const words = $("search").value.trim().toLowerCase();
  if (!words) {
    open(trail.at(-1));
    return;
  }
  const found = [];
  for (const type of types.values()) {
    if (type.name.toLowerCase().includes(words)) {
      found.push([element("dt", link(type.name, () => open(type.name))), element("dd", type.description ?? "")]);
    }
    for (const field of type.fields ?? []) {
      if (field.name.toLowerCase().includes(words)) {
        found.push([element("dt", link(type.name, () => open(type.name)), `.${field.name}`), element("dd", field.description ?? "")]);
      }
    }
  }
  list(found.slice(0, 100));
}

async function readSchema() {
  const { text } = await send(SCHEMA, {});
  const { data, errors } = JSON.parse(text);
  if (!data) {
    list([[element("dd", errors?.[0]?.message ?? "The schema cannot be read.")]]);
    return;
  }
  const listed = data.__schema.types.filter((type) => !type.name.startsWith("__"));
  types = new Map(listed.map((type) => [type.name, type]));
  open(data.__schema.queryType.name);
}

function start() {
  $("examples").append(new Option("Choose...", ""), ...Object.keys(EXAMPLES).map((name) => new Option(name, name)));
  $("examples").addEventListener("change", () => {
    const [query, variables] = EXAMPLES[$("examples").value] ?? [];
    if (!query) return;
    write("query", query);
    write("variables", variables ? JSON.stringify(variables, null, 2) : "");
    run();
  });
  const asked = new URLSearchParams(location.search);
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  $("query").value = asked.get("query") ?? kept.query ?? EXAMPLES["Parcels with their zoning"][0];
  $("variables").value = asked.get("variables") ?? kept.variables ?? "";
  $("run").addEventListener("click", run);
  $("query").addEventListener("keydown", indent);
  $("variables").addEventListener("keydown", indent);
  $("search").addEventListener("input", search);
  readSchema();
}

start();
