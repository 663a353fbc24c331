// What the map does not draw, and why: a map without it looks broken.
import type { Gateway } from "../gateway/page";
import type { Drawing } from "./style";

const LIST = new Intl.ListFormat("en");

interface Props {
  gateway: Gateway;
  drawing: Drawing;
  hidden: ReadonlySet<string>;
  zoom: number;
}

export function Notice({ gateway, drawing, hidden, zoom }: Props) {
  const far = gateway.layers.filter(({ name, minzoom }) => !hidden.has(name) && zoom < minzoom);
  const names = LIST.format(far.map((layer) => layer.titles));
  return (
    <p role="status" aria-label="What is not drawn" className="notice">
      {!drawing.view ? "There are no rows to draw yet." : names && `Zoom in to see ${names}.`}
    </p>
  );
}
