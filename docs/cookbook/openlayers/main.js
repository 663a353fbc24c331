// Zoning districts as vector tiles, under parcels as GeoJSON that OpenLayers asks for box by box.
import OpenLayersMap from "ol/Map.js";
import View from "ol/View.js";
import GeoJSON from "ol/format/GeoJSON.js";
import MVT from "ol/format/MVT.js";
import VectorLayer from "ol/layer/Vector.js";
import VectorTileLayer from "ol/layer/VectorTile.js";
import { bbox } from "ol/loadingstrategy.js";
import { fromLonLat, transformExtent } from "ol/proj.js";
import VectorSource from "ol/source/Vector.js";
import VectorTileSource from "ol/source/VectorTile.js";
import { Fill, Stroke, Style } from "ol/style.js";
import { h, showPanel } from "../dom.js";
import { gateway, read } from "../fetch/ask.js";

const [tiles, style] = await Promise.all(["tiles", "styles"].map((kind) => read(`/${kind}/zoning_districts.json`)));
const [legend] = style.metadata["gateway:legend"];
const fills = new Map(legend.items.map(({ value, color }) => [value, new Fill({ color })]));
const border = new Stroke({ color: "#6b6256", width: 1.5 });

const districts = new VectorTileLayer({
  source: new VectorTileSource({
    format: new MVT(),
    url: tiles.tiles[0],
    minZoom: tiles.minzoom,
    maxZoom: tiles.maxzoom,
    attributions: tiles.attribution,
  }),
  style: (feature) => new Style({ fill: fills.get(feature.get(legend.field)), stroke: border }),
});

const parcels = new VectorLayer({
  source: new VectorSource({
    format: new GeoJSON(),
    strategy: bbox,
    url: (extent) => {
      const box = transformExtent(extent, "EPSG:3857", "EPSG:4326");
      return `${gateway}/export/parcels.geojson?properties=parcelId,address,areaSqm&bbox=${box}`;
    },
  }),
  minZoom: 15, // of a wider view it would be too many rows
  style: new Style({ fill: new Fill({ color: "#ffffff40" }), stroke: new Stroke({ color: "#4f493f", width: 0.7 }) }),
});

const map = new OpenLayersMap({
  target: "map",
  layers: [districts, parcels],
  view: new View({ center: fromLonLat(tiles.center.slice(0, 2)), zoom: 16, constrainResolution: true }),
});

const pointed = h("p", { class: "quiet" }, "Point at a parcel.");
showPanel(
  legend.title,
  legend.items.map(({ color, label }) => [color, label]),
  pointed,
);
map.on("pointermove", async ({ pixel }) => {
  const [parcel] = await parcels.getFeatures(pixel);
  pointed.textContent = parcel
    ? `${parcel.get("address") ?? parcel.get("parcelId")}, ${Math.round(parcel.get("areaSqm"))} m²`
    : "Point at a parcel.";
});
window.map = map; // for the console
