// Clusters of the parcels that a filter keeps: the gateway counts, the page draws a circle for each.
import * as L from "leaflet";
import { h, showPanel } from "../dom.js";
import { ask, read } from "../fetch/ask.js";

const CLUSTERS = `query Clusters($zoom: Int!, $bbox: BBox!, $filters: ParcelFilter) {
  parcels(filters: $filters) {
    totalCount
    clusters(zoom: $zoom, bbox: $bbox, sum: ASSESSED_VALUE) { clusterId pointCount sum geometry }
  }
}`;
// What belongs to one cluster is a filter as any other: its rows, its sums, its tiles, its export.
const LEAVES = `query Leaves($zoom: Int!, $filters: ParcelFilter) {
  parcels(filters: $filters, first: 5, order: [{ assessedValue: DESC_NULLS_LAST }]) {
    nodes { parcelId address }
    clusters(zoom: $zoom) { expansionZoom }
  }
}`;

const old = { yearBuilt: { lt: 1950 } };
const whole = (number) => Math.round(number).toLocaleString("en");
const map = L.map("map", { preferCanvas: true });
const drawn = L.layerGroup().addTo(map);
const quiet = (text) => h("p", { class: "quiet" }, text);
// Clusters are 32 pixels apart on tiles of 512 pixels; those of Leaflet have 256.
const zoomed = (zoom) => Math.max(zoom - 1, 0);

let asking = new AbortController();

async function refresh() {
  asking.abort(); // of a view that has gone
  asking = new AbortController();
  const bounds = map.getBounds();
  const bbox = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  const zoom = zoomed(map.getZoom());
  const { parcels } = await ask(CLUSTERS, { zoom, bbox, filters: old }, asking);
  drawn.clearLayers();
  for (const cluster of parcels.clusters) {
    const [longitude, latitude] = cluster.geometry.coordinates;
    const radius = 4 + 3 * Math.log2(1 + cluster.pointCount) ** 0.8;
    const circle = L.circleMarker([latitude, longitude], { radius, color: "#fff", weight: 1, fillOpacity: 0.85 });
    circle.setStyle({ fillColor: "#a8557a" }).bindTooltip(`${whole(cluster.pointCount)}, worth ${whole(cluster.sum)}`);
    drawn.addLayer(Object.assign(circle, { cluster }).on("click", () => open(cluster, zoom, circle.getLatLng())));
  }
  const inView = parcels.clusters.reduce((sum, { pointCount }) => sum + pointCount, 0);
  const told = `${inView} of ${parcels.totalCount} parcels in ${parcels.clusters.length} clusters`;
  showPanel("Built before 1950", [], h("p", {}, told), quiet("Click a cluster."));
}

/** Tell of the rows of a cluster, which was drawn for a zoom, and go where it falls apart. */
async function open({ clusterId, pointCount }, zoom, place) {
  const filters = { ...old, geometry: { inCluster: clusterId } };
  const { parcels } = await ask(LEAVES, { zoom, filters });
  const leaves = parcels.nodes.map(({ address, parcelId }) => h("p", {}, address ?? parcelId));
  showPanel(`${whole(pointCount)} parcels`, [], ...leaves, quiet(pointCount > 5 ? "and more" : ""));
  const [{ expansionZoom }] = parcels.clusters;
  if (expansionZoom !== null) map.setView(place, expansionZoom + 1);
}

map.on("moveend", () => refresh().catch((error) => error.name === "AbortError" || showPanel(error.message, [])));
const { center } = await read("/tiles/parcels.json");
map.setView([center[1], center[0]], 14);
window.map = map; // for the console
window.drawn = drawn;
