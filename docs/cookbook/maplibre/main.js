// The gateway's vector tiles in the gateway's own style; a click asks GraphQL for the sheet of a parcel.
import { Map, NavigationControl, Popup, setWorkerUrl } from "maplibre-gl";
import { h, showPanel } from "../dom.js";
import { ask, gateway, read } from "../fetch/ask.js";

const SHEET = `query Sheet($id: BigInt!) {
  parcel(featureId: $id) {
    parcelId address landUse assessedValue yearBuilt areaSqm
    zoningDistricts(minCoverage: 0.01) { edges { coverage node { zoneCode } } }
    neighbors { totalCount }
  }
}`;

setWorkerUrl(new URL("../node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs", location.href).href);
const { center } = await read("/tiles/parcels.json");
const map = new Map({
  container: "map",
  style: `${gateway}/styles/zoning_districts,parcels.json`, // what is named first lies lowest
  center: center.slice(0, 2),
  zoom: 15,
});
map.addControl(new NavigationControl(), "top-left");

const sheet = (parcel) => {
  const zones = parcel.zoningDistricts.edges.map(
    ({ coverage, node }) => `${Math.round(100 * coverage)} % ${node.zoneCode}`,
  );
  const facts = {
    Parcel: parcel.parcelId,
    Use: parcel.landUse,
    Built: parcel.yearBuilt,
    Value: parcel.assessedValue && Number(parcel.assessedValue).toLocaleString("en"),
    Area: `${Math.round(parcel.areaSqm)} m²`,
    Zoning: zones.join(", "),
    Neighbours: parcel.neighbors.totalCount,
  };
  const rows = Object.entries(facts).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value ?? "–")]);
  return h("div", { class: "sheet" }, h("h1", {}, parcel.address ?? "No address"), h("dl", {}, ...rows));
};

map.on("load", () => {
  const [legend] = map.getStyle().metadata["gateway:legend"];
  const pairs = legend.items.map(({ color, label }) => [color, label]);
  showPanel(legend.title, pairs, h("p", { class: "quiet" }, "Click a parcel."));
  map.addLayer({
    id: "picked",
    type: "line",
    source: "gateway",
    "source-layer": "parcels",
    filter: ["==", ["id"], -1],
    paint: { "line-color": "#12413d", "line-width": 3 },
  });
  map.on("click", "parcels", async ({ lngLat, features: [{ id }] }) => {
    map.setFilter("picked", ["==", ["id"], id]);
    const { parcel } = await ask(SHEET, { id }); // ids of tiles are the ids of GraphQL
    new Popup({ maxWidth: "20rem" }).setLngLat(lngLat).setDOMContent(sheet(parcel)).addTo(map);
  });
  map.on("mousemove", "parcels", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "parcels", () => (map.getCanvas().style.cursor = ""));
});
window.map = map; // for the console
