// The moment that the map shows, and what changed in view since then.
import type { Gateway } from "../gateway/page";
import type { Changed, Kind, LayerChanges } from "./changes";
import { KINDS } from "./changes";
import { EARLIEST, readMoment, stepBack, stepLabel, stepsTo, toLocal } from "./moments";
import { CHANGE_COLORS } from "./overlays";
import type { Row } from "./queries";
import { titleOf } from "./queries";
import type { ChangesRead } from "./useChanges";
import { listed, moment, t } from "../texts";
import { rowsOf } from "../texts/names";

interface Props {
  gateway: Gateway;
  asOf: string | null;
  changes: ChangesRead;
  onChange: (asOf: string | null) => void;
  onShow: (layer: string, row: Row) => void;
}

export function Past({ gateway, asOf, changes, onChange, onShow }: Props) {
  const kept = gateway.layers.filter(({ tracked }) => tracked);
  if (kept.length === 0) return null;
  const steps = stepsTo(asOf);
  const now = gateway.layers.filter(({ tracked }) => !tracked).map(({ titles }) => titles);
  return (
    <section aria-labelledby="past" className="past">
      <div className="line">
        <h2 id="past">{t("past.title")}</h2>
        <output htmlFor="past-steps">{asOf === null ? t("past.now") : stepLabel(steps)}</output>
        {asOf !== null && (
          <button
            type="button"
            onClick={() => {
              onChange(null);
            }}
          >
            {t("past.back")}
          </button>
        )}
      </div>
      <div className="moment">
        <input
          id="past-steps"
          type="range"
          aria-label={t("past.ago")}
          aria-valuetext={stepLabel(steps)}
          min={-EARLIEST}
          max={0}
          value={-steps || 0}
          onChange={(event) => {
            onChange(stepBack(-event.target.valueAsNumber));
          }}
        />
        <input
          type="datetime-local"
          aria-label={t("past.moment")}
          step={1}
          value={asOf === null ? "" : toLocal(asOf)}
          onChange={(event) => {
            onChange(event.target.value === "" ? null : readMoment(event.target.value));
          }}
        />
      </div>
      {asOf !== null && now.length > 0 && <p>{t("past.notKept", { layers: listed(now) })}</p>}
      {asOf !== null && <Changes {...changes} asOf={asOf} onShow={onShow} />}
    </section>
  );
}

type ChangesProps = ChangesRead & { asOf: string; onShow: Props["onShow"] };

function Changes({ found, problem, asOf, onShow }: ChangesProps) {
  if (problem) return <p role="alert">{problem}</p>;
  const total = (found ?? []).reduce((sum, { counts }) => sum + counts.added + counts.changed + counts.removed, 0);
  return (
    <>
      <div role="status">
        <h3>{found === null ? t("past.comparing") : since(total, moment(asOf))}</h3>
      </div>
      {found?.map((each) => (
        <LayerPart key={each.layer.name} {...each} onShow={onShow} />
      ))}
    </>
  );
}

function since(count: number, then: string): string {
  return count === 0 ? t("past.nothing", { then }) : t("past.some", { count, then });
}

function LayerPart({ layer, counts, rows, onShow }: LayerChanges & { onShow: Props["onShow"] }) {
  return KINDS.filter((kind) => counts[kind] > 0).map((kind) => (
    <details key={kind}>
      <summary>
        <Swatch kind={kind} />
        {t(`past.${kind}`)}: {rowsOf(layer, counts[kind])}
      </summary>
      <Rows layer={layer} rows={rows.filter((row) => row.kind === kind)} onShow={onShow} />
    </details>
  ));
}

function Rows({ layer, rows, onShow }: { layer: LayerChanges["layer"]; rows: Changed[]; onShow: Props["onShow"] }) {
  if (rows.length === 0) return <p>{t("past.zoomIn")}</p>;
  return (
    <ul className="rows">
      {rows.map(({ row }) => (
        <li key={row.featureId}>
          <button
            type="button"
            onClick={() => {
              onShow(layer.name, row);
            }}
          >
            {titleOf(layer, row)}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Swatch({ kind }: { kind: Kind }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <rect
        x="2"
        y="2"
        width="12"
        height="12"
        fill={CHANGE_COLORS[kind]}
        fillOpacity="0.35"
        stroke={CHANGE_COLORS[kind]}
        strokeWidth="2.5"
        strokeDasharray={kind === "removed" ? "3 2" : undefined}
      />
    </svg>
  );
}
