// The rows that the filter keeps: how many, the first of them, and all of them as files.
import type { Layer } from "../gateway/page";
import { here } from "../gateway/here";
import type { Answer } from "../gateway/useAnswer";
import { distance, plain } from "./figures";
import type { Format, Links } from "./links";
import { FORMATS } from "./links";
import type { Place, Reach } from "./near";
import type { Row } from "./queries";
import { titleOf } from "./queries";
import type { Bounds } from "./scene";
import { t } from "../texts";
import { rowsOf } from "../texts/names";

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
  return rows >= CAP ? t("rows.orMore", { count: rows, titles: layer.titles }) : rowsOf(layer, rows);
}

/** How many there are, and where that is so. */
function told(layer: Layer, { totalCount, edges }: Selected, near: Place | null, within: Reach | null): string {
  const rows = count(layer, totalCount);
  if (!near) return rows;
  if (!within) return t("selection.nearest", { count: edges.length, rows });
  return t("selection.within", { rows, distance: within.distance, unit: t(`units.${within.unit}`) });
}

export function Selection({ layer, answer, selected, links, near, within, onShow, onFrame }: Props) {
  const extent = selected?.extent;
  const units = within && (within.unit === "ft" ? "imperial" : "metric");
  const more = near && within && selected ? selected.totalCount - selected.edges.length : 0;
  return (
    <section aria-labelledby="selection" className={answer.waiting ? "waiting" : ""} aria-busy={answer.waiting}>
      <div className="line">
        <div role="status">
          <h2 id="selection">{selected ? told(layer, selected, near, within) : t("selection.title")}</h2>
        </div>
        {extent && (
          <button
            type="button"
            onClick={() => {
              onFrame(extent);
            }}
          >
            {t("rows.showAll")}
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
      {more > 0 && <p>{t("selection.more", { count: more })}</p>}
    </section>
  );
}

/** Names of formats that are the same in all languages. */
const NAMES: Partial<Record<Format, string>> = { geojson: "GeoJSON", csv: "CSV", flatgeobuf: "FlatGeobuf" };

function Downloads({ urls }: { urls: NonNullable<Links["exports"]> }) {
  return (
    <p className="downloads">
      {t("selection.download")}{" "}
      {FORMATS.map((format) => (
        <a key={format} href={here(urls[format])} download>
          {NAMES[format] ?? t("selection.lines")}
        </a>
      ))}
    </p>
  );
}
