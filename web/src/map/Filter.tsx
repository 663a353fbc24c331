// The filter: conditions on fields of a layer and of related rows, and the GraphQL that they become.
import { useId, useState } from "react";
import type { Gateway, Layer } from "../gateway/page";
import { inGraphiql } from "../gateway/ask";
import type { Choice, Condition } from "./filter";
import { choices, lookupsOf } from "./filter";
import type { Asked } from "./link";
import type { Operation } from "./queries";
import { useSuggested } from "./suggested";
import type { Change } from "./useAsked";
import { t, whole } from "../texts";

const TYPES: Record<string, string> = { integer: "number", bigint: "number", float: "number", datetime: "date" };

interface RowProps extends Pick<Props, "gateway" | "layer" | "asked"> {
  known: Choice[];
  condition: Condition;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}

function ConditionRow({ known, condition, onChange, onRemove, ...rest }: RowProps) {
  const choice = known.find((each) => each.path === condition.path) ?? known[0];
  if (!choice) return null;
  const set = (part: Partial<Condition>) => {
    onChange({ ...condition, ...part });
  };
  return (
    <li className="condition">
      <select
        aria-label={t("filter.field")}
        value={choice.path}
        onChange={(event) => {
          const field = known.find((each) => each.path === event.target.value)?.field ?? choice.field;
          const kept = field.kind === choice.field.kind;
          set({
            path: event.target.value,
            ...(kept ? {} : { lookup: lookupsOf(field)[0]?.[0] ?? "exact", value: "" }),
          });
        }}
      >
        {known.map((each) => (
          <option key={each.path} value={each.path}>
            {each.label}
          </option>
        ))}
      </select>
      <select
        aria-label={t("filter.comparison")}
        value={condition.lookup}
        onChange={(event) => {
          set({ lookup: event.target.value });
        }}
      >
        {lookupsOf(choice.field).map(([lookup, label]) => (
          <option key={lookup} value={lookup}>
            {label}
          </option>
        ))}
      </select>
      {choice.field.kind === "boolean" ? (
        <select
          aria-label={t("filter.value")}
          value={condition.value}
          onChange={(event) => {
            set({ value: event.target.value });
          }}
        >
          <option value="">...</option>
          <option value="true">{t("filter.yes")}</option>
          <option value="false">{t("filter.no")}</option>
        </select>
      ) : (
        <Value
          {...rest}
          condition={condition}
          type={TYPES[choice.field.kind] ?? "text"}
          onValue={(value) => {
            set({ value });
          }}
        />
      )}
      <button type="button" aria-label={t("filter.remove", { field: choice.label })} onClick={onRemove}>
        ×
      </button>
    </li>
  );
}

interface ValueProps extends Pick<Props, "gateway" | "layer" | "asked"> {
  condition: Condition;
  type: string;
  onValue: (value: string) => void;
}

/** A value, with what there is of it in a list while one types. */
function Value({ gateway, layer, asked, condition, type, onValue }: ValueProps) {
  const id = useId();
  const [typing, setTyping] = useState(false);
  const found = useSuggested(gateway, layer, condition, asked.asOf, typing);
  return (
    <>
      <input
        aria-label={t("filter.value")}
        type={type}
        step="any"
        list={type === "text" ? id : undefined}
        autoComplete="off"
        value={condition.value}
        onFocus={() => {
          setTyping(true);
        }}
        onBlur={() => {
          setTyping(false);
        }}
        onChange={({ target }) => {
          onValue(target.value);
        }}
      />
      {type === "text" && (
        <datalist id={id}>
          {found.map(({ value, count }) => (
            <option key={value} value={value ?? ""} label={whole(count)} />
          ))}
        </datalist>
      )}
    </>
  );
}

interface Props {
  gateway: Gateway;
  layer: Layer;
  asked: Asked;
  operation: Operation | null;
  onChange: Change;
}

export function Filter({ gateway, layer, asked, operation, onChange }: Props) {
  const known = choices(gateway, layer).filter(({ field }) => field.kind !== "json");
  const { where } = asked;
  const add = () => {
    const first = known.find(({ field }) => field.kind === "text" && field.name !== layer.key) ?? known[0];
    if (first)
      onChange({
        where: [...where, { path: first.path, lookup: lookupsOf(first.field)[0]?.[0] ?? "exact", value: "" }],
      });
  };
  return (
    <section aria-labelledby="filter">
      <div className="line">
        <h2 id="filter">{t("filter.title")}</h2>
        <select
          aria-label={t("filter.layer")}
          value={layer.name}
          onChange={(event) => {
            onChange({ layer: event.target.value, where: [] });
          }}
        >
          {gateway.layers.map((each) => (
            <option key={each.name} value={each.name}>
              {each.titles}
            </option>
          ))}
        </select>
        <button type="button" onClick={add} aria-label={t("filter.addCondition")}>
          {t("filter.add")}
        </button>
      </div>
      <ul className="conditions">
        {where.map((condition, index) => (
          <ConditionRow
            key={index}
            {...{ gateway, layer, asked, known }}
            condition={condition}
            onChange={(changed) => {
              onChange({ where: where.with(index, changed) });
            }}
            onRemove={() => {
              onChange({ where: where.toSpliced(index, 1) });
            }}
          />
        ))}
      </ul>
      {operation && <Sent gateway={gateway} operation={operation} />}
    </section>
  );
}

/** What the filter panel sends. */
function Sent({ gateway, operation }: { gateway: Gateway; operation: Operation }) {
  return (
    <details className="sent">
      <summary>GraphQL</summary>
      <pre tabIndex={0} aria-label={t("filter.query")}>
        {operation.query}
      </pre>
      <pre tabIndex={0} aria-label={t("filter.variables")}>
        {JSON.stringify(operation.variables, null, 2)}
      </pre>
      {gateway.graphiql && <a href={inGraphiql(operation.query, operation.variables)}>{t("filter.open")}</a>}
    </details>
  );
}
