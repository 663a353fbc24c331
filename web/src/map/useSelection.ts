// The rows that the filter keeps or that are near a place: how many, the first of them, and where all are to be had.
import { useMemo } from "react";
import { here } from "../gateway/here";
import type { Gateway, Layer } from "../gateway/page";
import { useAnswer } from "../gateway/useAnswer";
import { afresh, useWrites } from "../gateway/writes";
import { filters } from "./filter";
import type { Asked } from "./link";
import type { Links } from "./links";
import { links as linksOf } from "./links";
import { selection } from "./queries";
import type { Selected } from "./Selection";
import type { Near } from "./useNear";

const PAUSE = 250; // milliseconds without a change, before the filter is sent

/** The rows but the one that they are near to. */
function others({ edges, ...selected }: Selected, near: Near | null): Selected {
  const but = near?.around?.but ?? null;
  return { ...selected, edges: edges.filter(({ node }) => node.featureId !== but) };
}

export function useSelection(gateway: Gateway, layer: Layer, { where, area, asOf }: Asked, near: Near | null) {
  const around = near?.around ?? null;
  const writes = useWrites();
  const kept = useMemo(() => filters(gateway, layer, where, area, around), [gateway, layer, where, area, around]);
  const waits = near !== null && around === null;
  const operation = !waits && (kept || around) ? selection(layer, kept, around, asOf) : null;
  const answer = useAnswer<Record<string, Selected>>(operation, PAUSE);
  const found = operation && answer.data?.[layer.many];
  const selected = useMemo(() => (found ? others(found, near) : null), [found, near]);
  // Every row is near, at some distance: what is drawn and downloaded then is what is listed.
  const ids = around?.metres === null ? (selected?.edges.map(({ node }) => node.featureId) ?? []) : null;
  const drawn = ids ? (ids.length > 0 ? { featureId: { inList: ids } } : null) : kept;
  const linked = useAnswer<Record<string, Links>>(operation && drawn && linksOf(layer, drawn, asOf), PAUSE);
  const links = (drawn && linked.data?.[layer.many]) || null;
  return {
    operation,
    answer,
    selected,
    links: { found: links, problem: linked.problem },
    tiles: links && afresh(`${here(links.tiles.url)}&properties=`, writes), // shapes alone are drawn
  };
}
