// The data panel: how many rows there are of each number or value, of those in view or of all that the filter keeps.
import { lazy, useMemo, useRef } from "react";
import type { Field, Gateway, Layer } from "../gateway/page";
import { useRead } from "../gateway/useAnswer";
import type { Bars, Chart, Charted, Scope } from "./chart";
import { barLabel, barsOf, chartable, charted, rangeOf, read, SCOPES, valuesOf, without, withRange } from "./chart";
import { figure } from "./figures";
import type { Around, Condition } from "./filter";
import { filters, lookupsOf } from "./filter";
import type { Asked } from "./link";
import { at } from "./queries";
import type { Bounds } from "./scene";
import type { Change } from "./useAsked";
import { t, whole } from "../texts";
import { fieldName, rowsOf } from "../texts/names";
import { Fetched } from "./Fetched";

const Histogram = lazy(() => import("./Histogram"));

const PAUSE = 300; // milliseconds without a move or a change, before it is asked for

interface Props {
  gateway: Gateway;
  layer: Layer;
  asked: Asked;
  /** What the rows are near to. */
  around: Around | null;
  /** The box of the view. */
  box: Bounds | null;
  onChange: Change;
}

/** A chart shows the rows that the other conditions keep: what its own leaves out stays to be chosen. */
function useChart({ gateway, layer, asked, around, box }: Props, field: Field, scope: Scope) {
  const { where, area, asOf } = asked;
  const key = useMemo(() => {
    if (scope === "view" && !box) return null;
    const kept = filters(gateway, layer, without(where, field.name), area, around);
    const inView = scope === "view" ? { geometry: { intersects: { bbox: box } } } : null;
    const both = kept && inView ? { and: [kept, inView] } : (kept ?? inView);
    return charted(gateway, layer, field, both, at(layer, asOf));
  }, [gateway, layer, field, scope, box, where, area, around, asOf]);
  return useRead<Chart>(key, read, PAUSE);
}

export function Data(props: Props) {
  const { layer, asked, onChange } = props;
  const choose = useRef<HTMLSelectElement>(null);
  const fields = chartable(layer);
  const field = fields.find(({ name }) => name === asked.data?.field);
  if (fields.length === 0) return null;
  const close = () => {
    onChange({ data: null });
    choose.current?.focus();
  };
  return (
    <section
      aria-labelledby="data"
      className="data"
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !field) return;
        event.stopPropagation(); // what lies below stays open
        close();
      }}
    >
      <div className="line">
        <h2 id="data">{t("data.title")}</h2>
        <select
          ref={choose}
          aria-label={t("data.chartBy", { titles: layer.titles })}
          value={field?.name ?? ""}
          onChange={({ target: { value } }) => {
            onChange({ data: value === "" ? null : { field: value, scope: asked.data?.scope ?? "view" } });
          }}
        >
          <option value="">{t("data.none")}</option>
          {fields.map(({ name }) => (
            <option key={name} value={name}>
              {fieldName(name)}
            </option>
          ))}
        </select>
        {field && (
          <button type="button" aria-label={t("data.close")} onClick={close}>
            ×
          </button>
        )}
      </div>
      {field && asked.data && <Shown {...props} field={field} data={asked.data} />}
    </section>
  );
}

function Shown({ field, data, ...props }: Props & { field: Field; data: Charted }) {
  const { layer, asked, onChange } = props;
  const { data: chart, problem, waiting } = useChart(props, field, data.scope);
  const filter = (where: Condition[]) => {
    onChange({ where });
  };
  return (
    <div className={waiting ? "waiting" : ""} aria-busy={waiting}>
      <div role="group" aria-label={t("data.which", { titles: layer.titles })} className="scopes">
        {SCOPES.map((scope) => (
          <button
            key={scope}
            type="button"
            aria-pressed={scope === data.scope}
            onClick={() => {
              onChange({ data: { ...data, scope } });
            }}
          >
            {t(`scope.${scope}`)}
          </button>
        ))}
      </div>
      {problem && <p role="alert">{problem}</p>}
      <p role="status">{chart ? told(layer, field, chart) : problem ? "" : t("data.counting")}</p>
      {chart?.statistics && (
        <Numbers
          field={field}
          bars={barsOf(chart.groups, chart.width, chart.statistics)}
          where={asked.where}
          onFilter={filter}
        />
      )}
      {chart && !chart.statistics && <Values field={field} chart={chart} where={asked.where} onFilter={filter} />}
    </div>
  );
}

/** What the rows are like, in a sentence. */
function told(layer: Layer, field: Field, { count, withheld, groups, statistics }: Chart): string {
  const rows = rowsOf(layer, count);
  const hidden = withheld > 0 ? [t("data.withheld", { count: withheld })] : [];
  if (!statistics) return [t("data.rows", { rows }), ...hidden].join(" ");
  const text = (value: number) => figure(field, value) ?? "";
  const none = groups.find(({ key }) => !key.bin)?.aggregate.count ?? 0;
  const missing = none > 0 ? [t("data.missing", { count: none })] : [];
  const { min, median, max } = statistics;
  const spread = t("data.spread", { rows, min: text(min), max: text(max), median: text(median) });
  return [spread, ...missing, ...hidden].join(" ");
}

interface PartProps {
  field: Field;
  where: Condition[];
  onFilter: (where: Condition[]) => void;
}

function Numbers({ field, bars, where, onFilter }: PartProps & { bars: Bars }) {
  const range = rangeOf(where, field);
  const set = (lookup: string, value: string) => {
    const others = where.filter((each) => each.path !== field.name || each.lookup !== lookup);
    onFilter(value === "" ? others : [...others, { path: field.name, lookup, value }]);
  };
  const most = where.some(({ path, lookup }) => path === field.name && lookup === "lt") ? "lt" : "lte";
  const given = (lookup: string) =>
    where.find((each) => each.path === field.name && each.lookup === lookup)?.value ?? "";
  return (
    <>
      <Fetched name="chart">
        <Histogram
          field={field}
          bars={bars}
          range={range}
          onRange={(range) => {
            onFilter(withRange(where, field, range));
          }}
        />
      </Fetched>
      <div className="ends">
        {(["gte", most] as const).map((lookup) => (
          <label key={lookup}>
            <span>{t(`data.${lookup}`)}</span>
            <input
              type="number"
              step="any"
              value={given(lookup)}
              onChange={({ target: { value } }) => {
                set(lookup, value);
              }}
            />
          </label>
        ))}
      </div>
      <details>
        <summary>{t("data.bars")}</summary>
        <Groups
          field={field}
          rows={bars.bars
            .filter(({ count }) => count > 0)
            .map((bar) => {
              const chosen = range[0] === bar.from && range[1] === bar.to;
              const next = withRange(where, field, chosen ? [null, null] : [bar.from, bar.to]);
              return { label: barLabel(field, bar), count: bar.count, chosen, where: next };
            })}
          onFilter={onFilter}
        />
      </details>
    </>
  );
}

function Values({ field, chart, where, onFilter }: PartProps & { chart: Chart }) {
  const values = valuesOf(field.name, chart.groups);
  const rest = chart.count - values.reduce((sum, { count }) => sum + count, 0);
  const lookup = lookupsOf(field).some(([name]) => name === "iExact") ? "iExact" : "exact";
  const own = where.filter(({ path }) => path === field.name);
  const rows = values.map(({ value, count }): Told => {
    if (value === null || value === "") return { label: t("rows.noValue"), count, chosen: false, where: null };
    const chosen = own.some((each) => each.lookup === lookup && each.value.toLowerCase() === value.toLowerCase());
    const others = without(where, field.name);
    return {
      label: figure(field, value) ?? value,
      count,
      chosen,
      where: chosen ? others : [...others, { path: field.name, lookup, value }],
    };
  });
  if (rest > 0) rows.push({ label: t("data.others"), count: rest, chosen: false, where: null });
  return <Groups field={field} rows={rows} onFilter={onFilter} />;
}

interface Told {
  label: string;
  count: number;
  chosen: boolean;
  /** The conditions with the group, or without it where it is chosen; null where no condition says it. */
  where: Condition[] | null;
}

function Groups({ field, rows, onFilter }: { field: Field; rows: Told[]; onFilter: PartProps["onFilter"] }) {
  const most = Math.max(...rows.map(({ count }) => count), 1);
  return (
    <ul className="groups" aria-label={t("data.groupsBy", { field: fieldName(field.name) })}>
      {rows.map(({ label, count, chosen, where }) => {
        const shown = (
          <>
            <span>{label}</span>
            <small>{whole(count)}</small>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect width={(count / most) * 100} height="4" />
            </svg>
          </>
        );
        return (
          <li key={label}>
            {where ? (
              <button
                type="button"
                aria-pressed={chosen}
                onClick={() => {
                  onFilter(where);
                }}
              >
                {shown}
              </button>
            ) : (
              <div>{shown}</div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
