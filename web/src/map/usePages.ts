// Pages of the table's rows, from cursor to cursor.
import { useMemo, useState } from "react";
import type { Variables } from "../gateway/ask";
import type { Gateway, Layer } from "../gateway/page";
import { useAnswer } from "../gateway/useAnswer";
import type { Around } from "./filter";
import type { Asked } from "./link";
import type { Row } from "./queries";
import type { Bounds } from "./scene";
import type { Page, Tabled } from "./table";
import { filterOf, PAGE, page } from "./table";
import { useRested } from "./useRested";

const PAUSE = 300; // milliseconds without a move or a change of the filter, before it is asked for
const START: readonly string[] = [];

export interface Shown {
  gateway: Gateway;
  layer: Layer;
  asked: Asked;
  table: Tabled;
  /** What the rows are near to. */
  around: Around | null;
  /** The box of the view. */
  box: Bounds | null;
}

export interface Pages {
  /** Whether the rows are read. */
  known: boolean;
  /** How many rows there are on all pages. */
  total: number;
  found: Row[];
  /** The place of the first row that is shown, from 1. */
  first: number;
  next: (() => void) | null;
  previous: (() => void) | null;
  problem: string | null;
  waiting: boolean;
}

/** The filter once it has rested; null until it is known. */
function useFilter({ gateway, layer, asked, table, around, box }: Shown) {
  const filter = filterOf(gateway, layer, asked, table, around, box);
  const key = filter === undefined ? null : JSON.stringify({ layer: layer.name, filter });
  const rested = useRested(key, PAUSE);
  const kept = useMemo(() => {
    const found = rested === null ? null : (JSON.parse(rested) as { layer: string; filter: Variables | null });
    return found?.layer === layer.name ? found : null;
  }, [rested, layer.name]);
  return { kept, resting: rested !== key };
}

export function usePages(shown: Shown): Pages {
  const { layer, asked, table } = shown;
  const { kept, resting } = useFilter(shown);
  const key = JSON.stringify([layer.name, kept, table.sort, asked.asOf]);
  const [held, setHeld] = useState({ key, cursors: START });
  const cursors = held.key === key ? held.cursors : START;
  const operation = kept && page(layer, kept.filter, table.sort, cursors.at(-1) ?? null, asked.asOf);
  const { data, problem, waiting: unanswered } = useAnswer<Record<string, Page>>(operation);
  const waiting = unanswered || resting;
  const found = data?.[layer.many];
  const to = (cursors: readonly string[]) => () => {
    setHeld({ key, cursors });
  };
  const end = found?.pageInfo.hasNextPage && !waiting ? found.pageInfo.endCursor : null;
  return {
    known: found !== undefined,
    total: found?.totalCount ?? 0,
    found: found?.nodes ?? [],
    first: cursors.length * PAGE + 1,
    next: end === null ? null : to([...cursors, end]),
    previous: cursors.length === 0 ? null : to(cursors.slice(0, -1)),
    problem,
    waiting,
  };
}
