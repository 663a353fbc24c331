// Parcels of the view as GeoJSON from GraphQL, asked again when the map has moved, with links to download them.
import * as L from "leaflet";
import { h, showPanel } from "../dom.js";
import { ask, read } from "../fetch/ask.js";

const VIEW = `query View($filters: ParcelFilter!) {
  parcels(filters: $filters, first: 1000) {
    totalCount(mode: CAPPED)
    featureCollection(properties: [PARCEL_ID, ADDRESS, LAND_USE, YEAR_BUILT])
    exports { geojson csv flatgeobuf }
  }
}`;

const AGES = [
  [1900, "#7a3b69"],
  [1930, "#a8557a"],
  [1960, "#d07f73"],
  [1990, "#eab277"],
  [Infinity, "#f5e2a4"],
];
const LEGEND = AGES.map(([until, color]) => [color, until === Infinity ? "later" : `before ${until}`]);
const NO_YEAR = "#e4e1d9";
const age = (year) => (year === null ? NO_YEAR : AGES.find(([until]) => year < until)[1]);

const map = L.map("map", { preferCanvas: true, minZoom: 16 });
const parcels = L.geoJSON(null, {
  style: ({ properties }) => ({ color: "#6b6256", weight: 0.7, fillColor: age(properties.yearBuilt), fillOpacity: 1 }),
  onEachFeature: ({ properties: { address, parcelId, landUse } }, layer) =>
    layer.bindTooltip(h("span", {}, `${address ?? parcelId}, ${landUse}`), { sticky: true }),
}).addTo(map);

let asking = new AbortController();

async function refresh() {
  asking.abort(); // of a view that has gone
  asking = new AbortController();
  const bounds = map.getBounds();
  const bbox = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  const found = await ask(VIEW, { filters: { geometry: { intersects: { bbox } } } }, asking);
  const { featureCollection, totalCount, exports } = found.parcels;
  parcels.clearLayers().addData(featureCollection);
  const links = Object.entries(exports).map(([format, href]) => h("a", { href, download: "" }, format));
  const count = h("p", {}, `${featureCollection.features.length} of ${totalCount} parcels in view drawn`);
  showPanel("Year built", [...LEGEND, [NO_YEAR, "not told"]], count, h("p", { class: "tools" }, "Download:", ...links));
}

map.on("moveend", () => refresh().catch((error) => error.name === "AbortError" || showPanel(error.message, [])));
const { center } = await read("/tiles/parcels.json");
map.setView([center[1], center[0]], 17);
window.map = map; // for the console
