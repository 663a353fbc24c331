// Suggestions while one types, from the second letter on: addresses, keys and names of all layers, the best first.
import { h } from "../dom.js";
import { ask } from "../fetch/ask.js";

const SEARCH = `query Search($text: String!) {
  search(text: $text, first: 10) {
    layer
    parts { text matched }
    node { id ... on Parcel { parcelId } ... on ZoningDistrict { zoneCode } }
  }
}`;

const box = document.getElementById("box");
let asking = new AbortController();

/** The text by which a row was found; text is text, so nothing of it can be markup. */
const line = (parts) => parts.map(({ text, matched }) => (matched ? h("mark", {}, text) : text));

function show(hits) {
  const items = hits.map(({ layer, parts, node }) => {
    const about = `${layer.toLowerCase().replace("_", " ")} ${node.parcelId ?? node.zoneCode}`;
    return h("li", {}, ...line(parts), " ", h("small", {}, about));
  });
  document.getElementById("hits").replaceChildren(...items);
  document.getElementById("told").textContent = hits.length ? `${hits.length} found` : "Nothing found";
}

box.addEventListener("input", async () => {
  asking.abort(); // what was asked before is of no use any more, and the gateway stops its statement
  asking = new AbortController();
  const text = box.value.trim();
  if (text.length < 2) return;
  try {
    show((await ask(SEARCH, { text }, asking)).search);
  } catch (error) {
    if (error.name !== "AbortError") document.getElementById("told").textContent = error.message;
  }
});
