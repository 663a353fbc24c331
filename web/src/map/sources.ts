// Where the tiles of layers are read from: as the style has it, with one more field, or as of a moment.
import type { Map as MapLibre, StyleSpecification, VectorTileSource } from "maplibre-gl";
import { tilesOf } from "./overlays";

/** Give each source of vector tiles the URL that `url` makes of its name and its own URL. */
export function readFrom(map: MapLibre, style: StyleSpecification, url: (name: string, own: string) => string): void {
  for (const [name, source] of Object.entries(style.sources)) {
    const own = source.type === "vector" ? source.tiles?.[0] : undefined;
    const now = map.getSource<VectorTileSource>(name);
    if (own === undefined || !now) continue;
    const wanted = url(name, own);
    if (tilesOf(now) === wanted) continue;
    now.setTiles([wanted]);
    // MapLibre takes tiles that were on their way, or in a source that waits for its style, for those of this URL.
    void map.once("idle", () => {
      map.refreshTiles(name);
    });
  }
}
