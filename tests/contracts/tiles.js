// Reads tiles as map libraries do. Arguments: the template of a tile's URL and a list of [z, x, y] as JSON.
// Prints layers by name, each with the ids of its features and the properties of the first.
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";

async function main(template, places) {
  const layers = {};
  for (const [z, x, y] of JSON.parse(places)) {
    const url = template.replace("{z}", z).replace("{x}", x).replace("{y}", y);
    const answer = await fetch(url);
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status}`);
    const tile = new VectorTile(new PbfReader(new Uint8Array(await answer.arrayBuffer())));
    for (const [name, layer] of Object.entries(tile.layers)) {
      const found = (layers[name] ??= { ids: [], version: layer.version, properties: null, geometry: null });
      for (let place = 0; place < layer.length; place++) {
        const feature = layer.feature(place);
        found.ids.push(feature.id);
        found.properties ??= feature.properties;
        found.geometry ??= feature.toGeoJSON(x, y, z).geometry;
      }
    }
  }
  console.log(JSON.stringify(layers));
}

await main(...process.argv.slice(2));
