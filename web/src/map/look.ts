// How layers are shown, and by what they are coloured.
import { useMemo } from "react";
import type { Gateway, Layer } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import { useAnswer } from "../gateway/useAnswer";
import type { ColorBy, Group, Painted } from "./classes";
import { groups, painted } from "./classes";

/** What helps to find one's way: names of places and of streets, and lines of degrees. */
export const GROUNDS = ["places", "streets", "graticule"] as const;
export type Ground = (typeof GROUNDS)[number];

export interface Look {
  hidden: readonly string[];
  /** How much of a layer is seen, where that is not all. */
  opacity: Readonly<Record<string, number>>;
  /** All layers from the top to the bottom; null for the order of the gateway. */
  order: readonly string[] | null;
  ground: readonly Ground[];
}

/** How a map is shown that nobody changed. */
export const LOOK: Look = { hidden: [], opacity: {}, order: null, ground: ["places", "streets"] };

/** Layers as a map draws them, that on top first. */
export function ordered(gateway: Gateway, { order }: Look): Layer[] {
  return (order ?? gateway.drawn.order).flatMap((name) => layerNamed(gateway, name) ?? []);
}

/** The order with a layer a place farther up. */
export function raised(gateway: Gateway, look: Look, name: string): Look["order"] {
  const names = ordered(gateway, look).map((layer) => layer.name);
  const place = names.indexOf(name);
  const order = place < 1 ? names : names.toSpliced(place, 1).toSpliced(place - 1, 0, name);
  return order.join() === gateway.drawn.order.join() ? null : order;
}

/** What a part of a link says of the look; null where it names what is not there. */
type Read<T> = (gateway: Gateway, text: string) => T | null;

export const readHidden: Read<string[]> = (gateway, text) => {
  const names = text.split(",");
  return names.every((name) => layerNamed(gateway, name)) ? names : null;
};

export const readOrder: Read<string[]> = (gateway, text) => {
  const names = readHidden(gateway, text);
  return names && new Set(names).size === gateway.layers.length && names.length === gateway.layers.length
    ? names
    : null;
};

export const readOpacity: Read<Record<string, number>> = (gateway, text) => {
  const parts = text.split(",").map((part) => part.split(":"));
  const read = parts.map(([name = "", part = ""]) => [name, part === "" ? NaN : Number(part)] as const);
  const known = read.every(([name, part]) => layerNamed(gateway, name) && part >= 0 && part <= 1);
  return known ? Object.fromEntries(read) : null;
};

export const readGround: Read<Ground[]> = (_, text) => {
  const given = text === "none" ? [] : text.split(",");
  const known = GROUNDS.filter((ground) => given.includes(ground));
  return known.length === given.length ? known : null;
};

/** The parts of a link that a look needs, by their names; what is as usual needs none. */
export function writeLook({ hidden, opacity, order, ground }: Look): Record<string, string> {
  const dimmed = Object.entries(opacity).filter(([, part]) => part !== 1);
  return {
    ...(hidden.length > 0 && { hide: hidden.join(",") }),
    ...(dimmed.length > 0 && { opacity: dimmed.map(([name, part]) => `${name}:${part}`).join(",") }),
    ...(order && { order: order.join(",") }),
    ...(ground.join() !== LOOK.ground.join() && { ground: ground.join(",") || "none" }),
  };
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
