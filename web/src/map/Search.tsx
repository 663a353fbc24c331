// Search by key, address or name in every layer: a combobox, after the ARIA pattern with a list.
import { useId, useState } from "react";
import { ask } from "../gateway/ask";
import type { Gateway, Layer } from "../gateway/page";
import { plain } from "./figures";
import type { Row } from "./queries";
import { search, titleOf, titles } from "./queries";

interface Found {
  layer: Layer;
  row: Row;
}

const PAUSE = 200;

async function find(gateway: Gateway, text: string, signal: AbortSignal): Promise<Found[]> {
  const answers = await Promise.all(
    gateway.layers.map(async (layer) => {
      const asked = search(layer, text);
      if (!asked) return [];
      const data = await ask<Record<string, { nodes: Row[] }>>(asked.query, asked.variables, signal);
      return (data[layer.many]?.nodes ?? []).map((row) => ({ layer, row }));
    }),
  );
  return answers.flat();
}

/** What tells a row apart from others with its title. */
function detail({ layer, row }: Found): string {
  const shown = titleOf(layer, row);
  const rest = titles(layer).filter((name) => row[name] !== null && row[name] !== shown);
  return `${layer.title} ${rest.map((name) => plain(row[name])).join(", ")}`;
}

/** What was typed, and the rows found for it: null before there is an answer. */
function useSearch(gateway: Gateway) {
  const [text, setText] = useState("");
  const [found, setFound] = useState<Found[] | null>(null);
  const [pending, setPending] = useState<{ timer: number; stop: AbortController } | null>(null);
  const type = (typed: string) => {
    setText(typed);
    clearTimeout(pending?.timer);
    pending?.stop.abort();
    if (typed.trim() === "") {
      setFound(null);
      return;
    }
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      find(gateway, typed.trim(), stop.signal).then(setFound, () => {
        if (!stop.signal.aborted) setFound([]);
      });
    }, PAUSE);
    setPending({ timer, stop });
  };
  const settle = (chosen: string | null) => {
    if (chosen !== null) setText(chosen);
    setFound(null);
  };
  return { text, found, type, settle };
}

export function Search({ gateway, onFound }: { gateway: Gateway; onFound: (layer: string, row: Row) => void }) {
  const id = useId();
  const { text, found, type, settle } = useSearch(gateway);
  const [active, setActive] = useState(0);
  const choose = (choice: Found | undefined) => {
    if (!choice) return;
    settle(titleOf(choice.layer, choice.row));
    onFound(choice.layer.name, choice.row);
  };
  const key = (event: React.KeyboardEvent) => {
    if (event.key === "Escape") settle(null);
    if (!found?.length) return;
    if (event.key === "ArrowDown") setActive((active + 1) % found.length);
    else if (event.key === "ArrowUp") setActive((active + found.length - 1) % found.length);
    else if (event.key === "Enter") choose(found[active]);
    else return;
    event.preventDefault();
  };
  return (
    <div className="search" role="search">
      <input
        type="search"
        role="combobox"
        aria-label="Search by address, name or id"
        aria-expanded={found !== null}
        aria-controls={`${id}-list`}
        aria-activedescendant={found?.length ? `${id}-${active}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        placeholder="Search by address, name or id"
        value={text}
        onChange={(event) => {
          type(event.target.value);
          setActive(0);
        }}
        onKeyDown={key}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="Found" hidden={!found?.length}>
        {found?.map((each, index) => (
          <li
            key={`${each.layer.name}/${each.row.featureId}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onMouseEnter={() => {
              setActive(index);
            }}
            onClick={() => {
              choose(each);
            }}
          >
            <b>{titleOf(each.layer, each.row)}</b> <small>{detail(each)}</small>
          </li>
        ))}
      </ul>
      <p role="status" className={found?.length === 0 ? "none" : "unseen"}>
        {found && (found.length === 0 ? "Nothing found." : `${found.length} found.`)}
      </p>
    </div>
  );
}
