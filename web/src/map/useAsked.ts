// What is asked of the map, kept in the address so that a link shows the same, and Back goes to what was asked before.
import { useEffect, useRef, useState } from "react";
import type { Gateway } from "../gateway/page";
import type { Asked } from "./link";
import { readLink, writeLink } from "./link";

export type Change = (part: Partial<Asked>) => void;

/** Whether only values of conditions, a distance, the moment or opacity differ: a step for each letter, or each stop, would be no use. */
function typed(before: Asked, after: Asked): boolean {
  const shape = ({ where, asOf, notice, within, look, ...rest }: Asked) =>
    JSON.stringify([
      rest,
      { ...look, opacity: null },
      asOf === null,
      notice?.who,
      within === null,
      where.map(({ path, lookup }) => [path, lookup]),
    ]);
  return shape(before) === shape(after);
}

/** What is asked, how to change it, and what the address asks for that is not there. */
export function useAsked(gateway: Gateway): [Asked, Change, string[]] {
  const [{ asked, problems }, setRead] = useState(() => readLink(gateway, location.search));
  const written = writeLink(gateway, asked);
  const step = useRef(false); // whether the next address is a step of its own in the browser's history

  useEffect(() => {
    if (written === location.search) return;
    const address = location.pathname + written + location.hash;
    if (step.current) history.pushState(null, "", address);
    else history.replaceState(history.state, "", address);
    step.current = false;
  }, [written]);

  useEffect(() => {
    const read = () => {
      setRead(readLink(gateway, location.search));
    };
    addEventListener("popstate", read);
    return () => {
      removeEventListener("popstate", read);
    };
  }, [gateway]);

  const change: Change = (part) => {
    const after = { ...asked, ...part };
    step.current ||= !typed(asked, after);
    setRead(({ asked: before }) => ({ asked: { ...before, ...part }, problems: [] }));
  };
  return [asked, change, problems];
}
