// What is in view.
import type { Map as MapLibre } from "maplibre-gl";
import type { LegendLayer } from "./style";

/** Numbers of rows by layer and value. */
export type Seen = Record<string, Record<string, number>>;

/** How many rows of each kind are in view, of the layers of which a field tells kinds apart. */
export function seen(map: MapLibre, legend: Readonly<Record<string, LegendLayer>>): Seen {
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
