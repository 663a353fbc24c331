// What helps to find one's way: it is drawn below the texts of the gateway's layers, in the inks of the theme.
import type { LayerSpecification, Map as MapLibre } from "maplibre-gl";

export type Theme = "light" | "dark";

export const INK: Record<Theme, string> = { light: "#5c5347", dark: "#c3cad3" };
export const HALO: Record<Theme, string> = { light: "rgba(255, 255, 255, 0.8)", dark: "rgba(15, 18, 22, 0.8)" };

/** Add layers below the first text: of texts that meet, those above are drawn. */
export function addBelowTexts(map: MapLibre, layers: readonly LayerSpecification[]): void {
  const first = map.getStyle().layers.find(({ type }) => type === "symbol")?.id;
  for (const layer of layers) map.addLayer(layer, first);
}

/** Whether a map has ended, and its layers with it. */
export function isGone(map: MapLibre): boolean {
  return !map.getContainer().contains(map.getCanvas());
}
