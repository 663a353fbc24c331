// All zoning districts, page by page, drawn as SVG: nothing but fetch and the DOM.
import { showPanel } from "../dom.js";
import { frame } from "../frame.js";
import { ask } from "./ask.js";

const DISTRICTS = `query Districts($after: String) {
  zoningDistricts(first: 3, after: $after) {
    totalCount
    extent
    pageInfo { hasNextPage endCursor }
    featureCollection(properties: [ZONE_CODE, NAME, AREA_SQM], simplify: 2, precision: 5)
  }
}`;

/** Pages of the layer, each asked for when the one before has been used. */
async function* pages() {
  for (let after = null, more = true; more;) {
    const page = (await ask(DISTRICTS, { after })).zoningDistricts;
    yield page;
    ({ hasNextPage: more, endCursor: after } = page.pageInfo);
  }
}

const svg = (tag, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

function shape({ geometry, properties }, box, fill) {
  const path = svg("path", { d: box.path(geometry), fill, stroke: "#6b6256", "fill-rule": "evenodd" });
  const title = svg("title", {});
  title.textContent = `${properties.zoneCode}: ${properties.name}, ${(properties.areaSqm / 10_000).toFixed(1)} ha`;
  path.append(title);
  return path;
}

const HUES = ["#f2d98b", "#9fc9a4", "#e3a57f", "#a7b9dd", "#cfa6c9", "#c7cf8f", "#e7b8b3", "#8fc4c4"];
const colors = new Map(); // by zone code, as they come
const drawing = document.getElementById("map").appendChild(svg("svg", { class: "drawing" }));
let drawn = 0;
for await (const { extent, featureCollection, totalCount } of pages()) {
  const box = frame(extent);
  drawing.setAttribute("viewBox", box.viewBox);
  for (const feature of featureCollection.features) {
    const { zoneCode } = feature.properties;
    if (!colors.has(zoneCode)) colors.set(zoneCode, HUES[colors.size % HUES.length]);
    drawing.append(shape(feature, box, colors.get(zoneCode)));
    drawn += 1;
  }
  const legend = [...colors].map(([code, color]) => [color, code]);
  showPanel("Zoning districts", legend, `${drawn} of ${totalCount} drawn`);
}
