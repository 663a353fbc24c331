// Which layers of the gateway a map draws, and which of them lies over which.
import type { Map as MapLibre } from "maplibre-gl";
import { drawnLayer } from "./style";

/** Draw layers in an order, that on top first. Texts, and what the page draws itself, lie over all. */
export function stack(map: MapLibre, order: readonly string[]): void {
  const { layers } = map.getStyle();
  const over = layers.find(({ id }) => id.startsWith("over-"))?.id;
  const drawn = layers.filter((layer) => layer.type !== "symbol" && drawnLayer(layer) !== null);
  const wanted = order.toReversed().flatMap((name) => drawn.filter((layer) => drawnLayer(layer) === name));
  if (wanted.every(({ id }, place) => id === drawn[place]?.id)) return;
  for (const { id } of wanted) map.moveLayer(id, over);
}

/** Draw all but some layers. */
export function hide(map: MapLibre, hidden: readonly string[]): void {
  for (const layer of map.getStyle().layers) {
    const name = drawnLayer(layer);
    if (name === null) continue;
    const wanted = hidden.includes(name) ? "none" : "visible";
    // What is set reads all tiles once more, even where it changes nothing.
    const now = (map.getLayoutProperty(layer.id, "visibility") as string | undefined) ?? "visible";
    if (now !== wanted) map.setLayoutProperty(layer.id, "visibility", wanted);
  }
}
