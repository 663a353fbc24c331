// The rows that the filter keeps: how many, the first of them, and all of them as files.
import type { Layer } from "../gateway/page";
import { here } from "../gateway/here";
import type { Answer } from "../gateway/useAnswer";
import { distance, plain } from "./figures";
import type { Format, Links } from "./links";
import { FORMATS } from "./links";
import type { Place, Reach } from "./near";
import { UNITS } from "./near";
import type { Row } from "./queries";
import { titleOf } from "./queries";
import type { Bounds } from "./scene";

const CAP = 10_000;

export interface Selected {
  totalCount: number;
  extent: Bounds | null;
  edges: { distance?: number | null; node: Row }[];
}

interface Props {
  layer: Layer;
  answer: Answer<unknown>;
  selected: Selected | null;
  links: { found: Links | null; problem: string | null };
  near: Place | null;
  within: Reach | null;
  onShow: (layer: string, row: Row) => void;
  onFrame: (box: Bounds) => void;
}

function count(layer: Layer, rows: number): string {
  const shown = rows.toLocaleString("en");
  return `${rows >= CAP ? `${shown} or more` : shown} ${rows === 1 ? layer.title : layer.titles}`;
}

/** How many there are, and where that is so. */
function told(layer: Layer, { totalCount, edges }: Selected, near: Place | null, within: Reach | null): string {
  const rows = count(layer, totalCount);
  if (!near) return rows;
  return within ? `${rows} within ${within.distance} ${UNITS[within.unit]}` : `The nearest ${edges.length} of ${rows}`;
}

export function Selection({ layer, answer, selected, links, near, within, onShow, onFrame }: Props) {
  const extent = selected?.extent;
  const units = within && (within.unit === "ft" ? "imperial" : "metric");
  const more = near && within && selected ? selected.totalCount - selected.edges.length : 0;
  return (
    <section aria-labelledby="selection" className={answer.waiting ? "waiting" : ""} aria-busy={answer.waiting}>
      <div className="line">
        <div role="status">
          <h2 id="selection">{selected ? told(layer, selected, near, within) : "Selection"}</h2>
        </div>
        {extent && (
          <button
            type="button"
            onClick={() => {
              onFrame(extent);
            }}
          >
            Show all
          </button>
        )}
      </div>
      {answer.problem && <p role="alert">{answer.problem}</p>}
      {links.problem && !answer.problem && <p role="alert">{links.problem}</p>}
      {selected && selected.totalCount > 0 && links.found?.exports && <Downloads urls={links.found.exports} />}
      <ol className="rows">
        {selected?.edges.map(({ node, distance: metres }) => (
          <li key={node.featureId}>
            <button
              type="button"
              onClick={() => {
                onShow(layer.name, node);
              }}
            >
              <span>{titleOf(layer, node)}</span>
              <small>
                {near && typeof metres === "number" ? distance(metres, units ?? undefined) : plain(node[layer.key])}
              </small>
            </button>
          </li>
        ))}
      </ol>
      {more > 0 && <p>and {more.toLocaleString("en")} more, in the downloads.</p>}
    </section>
  );
}

function Downloads({ urls }: { urls: NonNullable<Links["exports"]> }) {
  return (
    <p className="downloads">
      Download:{" "}
      {(Object.keys(FORMATS) as Format[]).map((format) => (
        <a key={format} href={here(urls[format])} download>
          {FORMATS[format]}
        </a>
      ))}
    </p>
  );
}
