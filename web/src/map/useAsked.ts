// What is asked of the map, kept in the address so that a link shows the same.
import { useEffect, useState } from "react";
import type { Gateway } from "../gateway/page";
import type { Asked } from "./link";
import { readLink, writeLink } from "./link";

export type Change = (part: Partial<Asked>) => void;

export function useAsked(gateway: Gateway): [Asked, Change] {
  const [asked, setAsked] = useState(() => readLink(gateway, location.search));
  const written = writeLink(gateway, asked);

  useEffect(() => {
    if (written === location.search) return;
    history.replaceState(history.state, "", location.pathname + written + location.hash);
  }, [written]);

  useEffect(() => {
    const read = () => {
      setAsked(readLink(gateway, location.search));
    };
    addEventListener("popstate", read);
    return () => {
      removeEventListener("popstate", read);
    };
  }, [gateway]);

  return [
    asked,
    (part) => {
      setAsked((before) => ({ ...before, ...part }));
    },
  ];
}
