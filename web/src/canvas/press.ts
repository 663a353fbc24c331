// The middle of a map in place of a pointer, for who draws by keys: the map is moved below it.
import type { Map as MapLibre } from "maplibre-gl";

type Pressed = "pointermove" | "pointerdown" | "pointerup";

/** Do with the middle of the map what a pointer would do there. */
function point(map: MapLibre, ...kinds: readonly Pressed[]): void {
  const canvas = map.getCanvas();
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const at = { clientX: left + width / 2, clientY: top + height / 2 };
  for (const kind of kinds)
    canvas.dispatchEvent(new PointerEvent(kind, { ...at, isPrimary: true, bubbles: true, cancelable: true }));
}

/** Let Space press the middle of the map, and what is drawn follow it as the map moves; returns what ends that. */
export function pressing(map: MapLibre): () => void {
  const canvas = map.getCanvas();
  let keys = false; // whether the last corner was set by them
  const press = (event: KeyboardEvent) => {
    if (event.key !== " ") return;
    event.preventDefault();
    if (event.repeat) return;
    keys = true;
    point(map, "pointermove", "pointerdown", "pointerup");
  };
  const follow = () => {
    if (keys) point(map, "pointermove");
  };
  const stop = ({ isTrusted }: PointerEvent) => {
    if (isTrusted) keys = false;
  };
  canvas.addEventListener("keydown", press);
  canvas.addEventListener("pointerdown", stop);
  map.on("moveend", follow);
  return () => {
    canvas.removeEventListener("keydown", press);
    canvas.removeEventListener("pointerdown", stop);
    map.off("moveend", follow);
  };
}
