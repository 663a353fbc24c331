// Assessed value per square metre by zoning district: the database adds, the page only paints.
import * as L from "leaflet";
import { h, showPanel } from "../dom.js";
import { ask } from "../fetch/ask.js";

const BY_ZONE = `query ByZone($filters: ParcelFilter) {
  parcels(filters: $filters) {
    groupBy(keys: [{ zoningDistricts: PRIMARY }], having: { count: { gte: 3 } }, first: 1000) {
      totalCount
      groups {
        key { zoningDistricts { featureId zoneCode name geometry(simplify: 1, precision: 6) } }
        aggregate { count sum { assessedValue areaSqm } }
      }
    }
  }
}`;

const COLORS = ["#f5e2a4", "#eab277", "#d07f73", "#a8557a", "#7a3b69"];
const whole = (number) => Math.round(number).toLocaleString("en");

const map = L.map("map", { preferCanvas: true });
const { groupBy } = (await ask(BY_ZONE, { filters: { assessedValue: { isNull: false } } })).parcels;
const zones = groupBy.groups
  .filter(({ key }) => key.zoningDistricts) // parcels outside of all districts are a group without one
  .map(({ key, aggregate: { count, sum } }) => {
    const worth = Number(sum.assessedValue) / sum.areaSqm; // a decimal comes as text
    return { type: "Feature", ...key.zoningDistricts, properties: { ...key.zoningDistricts, count, worth } };
  });

// Classes of as many districts each.
const ordered = zones.map(({ properties: { worth } }) => worth).sort((a, b) => a - b);
const ends = COLORS.map((_, place) => ordered[Math.ceil(((place + 1) * ordered.length) / COLORS.length) - 1]);
const color = (worth) => COLORS[ends.findIndex((end) => worth <= end)];

const drawn = L.geoJSON(zones, {
  style: ({ properties: { worth } }) => ({ color: "#fff", weight: 1, fillColor: color(worth), fillOpacity: 0.9 }),
  onEachFeature: ({ properties: { zoneCode, name, count, worth } }, layer) =>
    layer.bindTooltip(h("span", {}, `${name ?? zoneCode}: ${whole(worth)} per m², ${count} parcels`), { sticky: true }),
}).addTo(map);
map.fitBounds(drawn.getBounds());

const legend = COLORS.map((fill, place) => [fill, `up to ${whole(ends[place])}`]);
showPanel("Assessed value per m²", legend, h("p", { class: "quiet" }, `${zones.length} zoning districts`));
window.map = map; // for the console
window.drawn = drawn;
