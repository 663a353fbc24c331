// Search in every layer while one types: a combobox, after the ARIA pattern with a list in groups.
import { Fragment, useId, useState } from "react";
import { ask } from "../gateway/ask";
import type { Gateway, Layer } from "../gateway/page";
import { plain } from "./figures";
import type { Row } from "./queries";
import { search, titleOf, titles } from "./queries";
import { t } from "../texts";

interface Part {
  text: string;
  matched: boolean;
}

interface Found {
  layer: Layer;
  row: Row;
  parts: Part[];
}

type Hit = { layer: string; parts: Part[] } & Record<string, Row>;

const PAUSE = 120;
const LEAST = 2; // letters
const LONGEST = 100;
const CLOSE = 11; // the zoom from which on the view says where people look

async function find(gateway: Gateway, query: string, text: string, signal: AbortSignal): Promise<Found[]> {
  const near = window.map && window.map.getZoom() >= CLOSE ? window.map.getCenter().toArray() : null;
  const asked = search(query, text, near);
  const { search: hits } = await ask<{ search: Hit[] }>(asked.query, asked.variables, signal);
  const found = hits.flatMap((hit) => {
    const layer = gateway.layers.find(({ name }) => name.toUpperCase() === hit.layer);
    const row = layer && hit[layer.many];
    return row ? [{ layer, row, parts: hit.parts }] : [];
  });
  const layers = [...new Set(found.map(({ layer }) => layer))]; // that of the best hit first
  return layers.flatMap((layer) => found.filter((each) => each.layer === layer));
}

/** What tells a row apart from others with its title. */
function detail({ layer, row }: Found): string {
  const shown = titleOf(layer, row);
  return titles(layer)
    .filter((name) => row[name] !== null && row[name] !== shown)
    .map((name) => plain(row[name]))
    .join(", ");
}

/** What was typed, and the rows found for it: null before there is an answer. */
function useSearch(gateway: Gateway, query: string) {
  const [text, setText] = useState("");
  const [found, setFound] = useState<Found[] | null>(null);
  const [pending, setPending] = useState<{ timer: number; stop: AbortController } | null>(null);
  const type = (typed: string) => {
    setText(typed);
    clearTimeout(pending?.timer);
    pending?.stop.abort();
    if (typed.trim().length < LEAST) {
      setFound(null);
      return;
    }
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      find(gateway, query, typed.trim(), stop.signal).then(setFound, () => {
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

interface Props {
  gateway: Gateway;
  query: string;
  onFound: (layer: string, row: Row) => void;
}

export function Search({ gateway, query, onFound }: Props) {
  const id = useId();
  const { text, found, type, settle } = useSearch(gateway, query);
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
        aria-label={t("search.label")}
        aria-expanded={found !== null}
        aria-controls={`${id}-list`}
        aria-activedescendant={found?.length ? `${id}-${active}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        maxLength={LONGEST}
        placeholder={t("search.label")}
        value={text}
        onChange={(event) => {
          type(event.target.value);
          setActive(0);
        }}
        onKeyDown={key}
      />
      <ul id={`${id}-list`} role="listbox" aria-label={t("search.found")} hidden={!found?.length}>
        {found?.map((each, index) => (
          <Fragment key={`${each.layer.name}/${each.row.featureId}`}>
            {each.layer !== found[index - 1]?.layer && <li role="presentation">{each.layer.titles}</li>}
            <li
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
              {each.parts.map(({ text, matched }, at) => (matched ? <b key={at}>{text}</b> : text))}{" "}
              <small>{detail(each)}</small>
            </li>
          </Fragment>
        ))}
      </ul>
      <p role="status" className={found?.length === 0 ? "none" : "unseen"}>
        {found && (found.length === 0 ? t("search.nothing") : t("search.count", { count: found.length }))}
      </p>
    </div>
  );
}
