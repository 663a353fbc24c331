// Parcels as columns, as high as their value by area, from vector tiles that deck.gl reads as binary.
import { Deck } from "@deck.gl/core";
import { MVTLayer } from "@deck.gl/geo-layers";
import { MVTLoader } from "@loaders.gl/mvt";
import { showPanel } from "../dom.js";
import { gateway, read } from "../fetch/ask.js";

const TILES = "/tiles/parcels.json?properties=address,landUse,assessedValue,areaSqm";

const STEPS = [
  [200, "#e8efe3"],
  [400, "#b8d8ba"],
  [600, "#74b49b"],
  [900, "#3d8b86"],
  [Infinity, "#1f4e5f"],
];
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const value = ({ properties }) => (properties.assessedValue ?? 0) / properties.areaSqm;

const { center } = await read(TILES);
const deck = new Deck({
  parent: document.getElementById("map"),
  initialViewState: { longitude: center[0], latitude: center[1], zoom: 15, pitch: 50, bearing: -20 },
  controller: true,
  layers: [
    new MVTLayer({
      id: "parcels",
      data: gateway + TILES,
      binary: true,
      loaders: [MVTLoader],
      loadOptions: { worker: false }, // loaders.gl takes its workers from a CDN
      uniqueIdProperty: "id",
      extruded: true,
      getElevation: (parcel) => value(parcel) / 10,
      getFillColor: (parcel) => rgb(STEPS.find(([until]) => value(parcel) < until)[1]),
      material: { ambient: 0.7, diffuse: 0.4 },
      pickable: true,
      autoHighlight: true,
    }),
  ],
  getTooltip: ({ object }) =>
    object && `${object.properties.address}\n${object.properties.landUse}\n${Math.round(value(object))} a m²`,
});

const legend = STEPS.map(([until, color]) => [color, until === Infinity ? "more" : `below ${until}`]);
showPanel("Assessed value a m²", legend);
window.deck = deck; // for the console
