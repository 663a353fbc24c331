// How layers are shown, and by what they are coloured.
import { useMemo } from "react";
import type { Gateway } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import { useAnswer } from "../gateway/useAnswer";
import type { ColorBy, Group, Painted } from "./classes";
import { groups, painted } from "./classes";

export interface Look {
  hidden: ReadonlySet<string>;
  /** How much of a layer is seen, where that is not all. */
  opacity: Readonly<Record<string, number>>;
  /** Names of places, and lines of degrees. */
  places: boolean;
  graticule: boolean;
}

export interface Paint extends Painted {
  by: ColorBy;
}

/** The colours that a field gives the rows of a layer, once the gateway has said what there is. */
export function usePaint(
  gateway: Gateway,
  by: ColorBy | null,
  asOf: string | null,
): { paint: Paint | null; problem: string | null } {
  const layer = by && layerNamed(gateway, by.layer);
  const { data, problem } = useAnswer<Record<string, { groupBy: { groups: Group[] } }>>(
    layer ? groups(layer, by, asOf) : null,
  );
  const paint = useMemo(() => {
    const found = layer && data?.[layer.many]?.groupBy.groups;
    return layer && found ? { by, ...painted(layer, by, found) } : null;
  }, [by, layer, data]);
  return { paint, problem };
}
