// What the map does not draw, and why: a map without it looks broken.
import { useAway } from "../gateway/away";
import type { Gateway, Layer } from "../gateway/page";
import type { Drawing } from "./style";

const AWAY = "The gateway does not answer. It is asked again until it does.";
const LIST = new Intl.ListFormat("en");

interface Props {
  gateway: Gateway;
  drawing: Drawing;
  hidden: ReadonlySet<string>;
  zoom: number;
  /** Names of the layers of which only the largest rows are drawn. */
  dropped: readonly string[];
}

function told({ gateway, drawing, hidden, zoom, dropped }: Props): string {
  if (!drawing.view) return "There are no rows to draw yet.";
  const shown = gateway.layers.filter(({ name }) => !hidden.has(name));
  const far = shown.filter(({ minzoom }) => zoom < minzoom);
  if (far.length > 0) return `Zoom in to see ${titles(far)}.`;
  const some = shown.filter(({ name }) => dropped.includes(name));
  return some.length > 0 ? `The largest ${titles(some)} are drawn: zoom in to see all.` : "";
}

function titles(layers: readonly Layer[]): string {
  return LIST.format(layers.map((layer) => layer.titles));
}

export function Notice(props: Props) {
  const away = useAway();
  return (
    <p role="status" aria-label="What is not drawn" className="notice">
      {away ? AWAY : told(props)}
    </p>
  );
}
