import type { Map } from "maplibre-gl";

declare global {
  interface Window {
    /** The map of the page, for whoever looks at it from the console. */
    map?: Map;
  }
}
