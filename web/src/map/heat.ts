// The overview of a layer as heat, as a link names it.
import type { Layer } from "../gateway/page";

/** What is heat: the rows of a layer, or a column whose sum overviews keep. */
export interface Heat {
  layer: string;
  /** null for how many rows there are. */
  field: string | null;
}

export const COUNT = "count";

/** `parcels.count` or `parcels.assessedValue`; null for what no layer has. */
export function readHeat(layers: readonly Layer[], text: string): Heat | null {
  const [name = "", field = "", ...rest] = text.split(".");
  const layer = layers.find((each) => each.name === name && each.minzoom > 0);
  if (!layer || rest.length > 0 || (field !== COUNT && !layer.summed.includes(field))) return null;
  return { layer: name, field: field === COUNT ? null : field };
}

export function writeHeat({ layer, field }: Heat): string {
  return `${layer}.${field ?? COUNT}`;
}
