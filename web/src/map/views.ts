// Views as steps of the browser's history. MapLibre keeps the view in the address of the current step.
import type { Map as MapLibre } from "maplibre-gl";

export const HASH = "map"; // the part of the address after # that has the view
const REST = 1000; // milliseconds without a move, after which the next move is a step of its own

/** Whether the address says what to look at. */
export function linked(): boolean {
  return new URLSearchParams(location.hash.slice(1)).has(HASH);
}

/** Begin a step: the address before stays as it is, for Back to go to. */
export function step(): void {
  history.pushState(history.state, "", location.href);
}

/** Begin a step with each move that a person begins. */
export function keepViews(map: MapLibre): void {
  let rested = -Infinity;
  map.on("movestart", ({ originalEvent }) => {
    if (originalEvent && performance.now() - rested > REST) step();
  });
  map.on("moveend", () => {
    rested = performance.now();
  });
}
