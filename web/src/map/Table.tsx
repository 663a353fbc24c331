// The table: rows in view, all that the filter keeps, or what is picked, page by page, in the order of its columns.
import { useLayoutEffect, useRef, useState } from "react";
import type { Field, Layer } from "../gateway/page";
import { Grid } from "./Grid";
import type { Row } from "./queries";
import type { Tabled } from "./table";
import { columnsOf, fitting, ROWS, shownColumns, toTsv } from "./table";
import "./table.css";
import type { Change } from "./useAsked";
import type { Pages, Shown } from "./usePages";
import { usePages } from "./usePages";
import { t, whole } from "../texts";
import { bareName, rowsOf } from "../texts/names";

interface Props extends Shown {
  onChange: Change;
  /** Show a row on the map, and go there. */
  onShow: (layer: string, row: Row) => void;
}

/** Take the keyboard to what a button opened, and back to the button at the end. */
function useOpened() {
  const opened = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    if (!(before instanceof HTMLElement) || before === document.body) return; // a link opened it
    opened.current?.focus();
    return () => {
      setTimeout(() => {
        before.focus();
      });
    };
  }, []);
  return opened;
}

export default function Table({ onChange, onShow, ...shown }: Props) {
  const { layer, asked } = shown;
  const table = fitting(layer, shown.table);
  const pages = usePages({ ...shown, table });
  const opened = useOpened();
  const columns = shownColumns(layer, table.columns);
  const set = (part: Partial<Tabled>) => {
    onChange({ table: { ...table, ...part } });
  };
  const close = () => {
    onChange({ table: null });
  };
  const pick = (row: Row) => {
    // What is in view is seen where it is: to go there would take the other rows out of the table.
    if (table.rows === "view") onChange({ picked: { layer: layer.name, id: row.featureId } });
    else onShow(layer.name, row);
  };
  return (
    <section
      ref={opened}
      className="table"
      aria-labelledby="table"
      aria-busy={pages.waiting}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
      onCopy={(event) => {
        if (!getSelection()?.isCollapsed) return;
        event.clipboardData.setData("text/plain", toTsv(columns, pages.found));
        event.preventDefault();
      }}
    >
      <Bar {...{ layer, table, columns, pages, close }} onChange={set} />
      {pages.problem && <p role="alert">{pages.problem}</p>}
      <Grid
        layer={layer}
        columns={columns}
        pages={pages}
        sort={table.sort}
        picked={asked.picked?.layer === layer.name ? asked.picked.id : null}
        onSort={(sort) => {
          set({ sort });
        }}
        onPick={pick}
      />
    </section>
  );
}

interface BarProps {
  layer: Layer;
  table: Tabled;
  columns: Field[];
  pages: Pages;
  close: () => void;
  onChange: (part: Partial<Tabled>) => void;
}

function Bar({ layer, table, columns, pages, close, onChange }: BarProps) {
  const { total, found, first, next, previous } = pages;
  const told = t(`table.${table.rows}`, { rows: rowsOf(layer, total) });
  return (
    <div className="bar">
      <div role="status">
        <h2 id="table">{pages.known ? told : t("table.title", { titles: layer.titles })}</h2>
      </div>
      <div role="group" aria-label={t("table.rows")}>
        {ROWS.map((rows) => (
          <button
            key={rows}
            type="button"
            aria-pressed={rows === table.rows}
            onClick={() => {
              onChange({ rows });
            }}
          >
            {t(`scope.${rows}`)}
          </button>
        ))}
      </div>
      <Columns layer={layer} shown={columns} onChange={onChange} />
      <Copy columns={columns} found={found} />
      <div role="group" aria-label={t("table.pages")} className="pages">
        <button type="button" aria-label={t("table.previous")} aria-disabled={!previous} onClick={() => previous?.()}>
          ‹
        </button>
        <span>
          {found.length > 0
            ? t("rows.range", { from: whole(first), to: whole(first + found.length - 1) })
            : t("table.none")}
        </span>
        <button type="button" aria-label={t("table.next")} aria-disabled={!next} onClick={() => next?.()}>
          ›
        </button>
      </div>
      <button type="button" className="close" aria-label={t("table.close")} onClick={close}>
        ×
      </button>
    </div>
  );
}

type ColumnsProps = Pick<BarProps, "layer" | "onChange"> & { shown: Field[] };

/** Which columns there are; the last one stays. */
function Columns({ layer, shown, onChange }: ColumnsProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const names = shown.map(({ name }) => name);
  return (
    <div
      className="columns"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        setOpen(false);
        button.current?.focus();
      }}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (relatedTarget && !currentTarget.contains(relatedTarget)) setOpen(false);
      }}
    >
      <button
        ref={button}
        type="button"
        aria-expanded={open}
        onClick={() => {
          setOpen(!open);
        }}
      >
        {t("table.columns")} <span aria-hidden="true">▾</span>
      </button>
      {open && (
        <fieldset>
          <legend className="unseen">{t("table.columnsOf")}</legend>
          {columnsOf(layer).map(({ name, text }) => (
            <label key={name} title={text}>
              <input
                type="checkbox"
                checked={names.includes(name)}
                disabled={names.length === 1 && names[0] === name}
                onChange={({ target: { checked } }) => {
                  onChange({ columns: checked ? [...names, name] : names.filter((each) => each !== name) });
                }}
              />
              <span>{bareName(name)}</span>
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}

/** Copies the rows that are shown. Browsers let a button do so over HTTPS and on this machine alone, and keys anywhere. */
function Copy({ columns, found }: { columns: Field[]; found: Row[] }) {
  const [told, setTold] = useState("");
  const copy = async () => {
    await navigator.clipboard.writeText(toTsv(columns, found)); // no clipboard is an error like any other
  };
  return (
    <>
      <button
        type="button"
        disabled={found.length === 0}
        title={t("table.copyHint")}
        onClick={() => {
          copy().then(
            () => {
              setTold(t("table.copied", { count: found.length }));
            },
            () => {
              setTold(t("table.keys"));
            },
          );
        }}
      >
        {t("table.copy")}
      </button>
      <span role="status" className="copied">
        {told}
      </span>
    </>
  );
}
