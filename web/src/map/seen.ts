// What is in view.
import type { Map as MapLibre } from "maplibre-gl";
import type { Bounds } from "./scene";
import type { LegendLayer } from "./style";

/** Numbers of rows by layer and value. */
export type Seen = Record<string, Record<string, number>>;

export interface InView {
  seen: Seen;
  /** The box of the view, within the world; null before there is one. */
  box: Bounds | null;
}

export function inView(map: MapLibre, legend: Readonly<Record<string, LegendLayer>>): InView {
  const { _sw: low, _ne: high } = map.getBounds();
  const wide = high.lng - low.lng >= 360;
  const [west, east] = wide ? [-180, 180] : [low.wrap().lng, high.wrap().lng];
  return { seen: seen(map, legend), box: [west, low.lat, east, high.lat] };
}

/** How many rows of each kind are in view, of the layers of which a field tells kinds apart. */
function seen(map: MapLibre, legend: Readonly<Record<string, LegendLayer>>): Seen {
  const found: Seen = {};
  for (const [name, { field }] of Object.entries(legend)) {
    if (!field || !map.getLayer(name)) continue;
    const rows = new Map<unknown, string>();
    for (const { id, properties } of map.queryRenderedFeatures({ layers: [name] }))
      rows.set(id, String(properties[field]));
    const counts = (found[name] = {} as Record<string, number>);
    for (const value of rows.values()) counts[value] = (counts[value] ?? 0) + 1;
  }
  return found;
}
