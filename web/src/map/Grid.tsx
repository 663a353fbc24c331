// The cells of the table: one of them is reached by Tab, the others by arrow keys; Enter or a click picks a row.
import type { ColumnDef, Header } from "@tanstack/react-table";
import { FlexRender, rowSortingFeature, tableFeatures, useTable } from "@tanstack/react-table";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Field, Layer } from "../gateway/page";
import { figure } from "./figures";
import type { Place } from "./keys";
import { goTo } from "./keys";
import type { Row } from "./queries";
import type { Sort } from "./table";
import type { Pages } from "./usePages";
import { t } from "../texts";
import { bareName } from "../texts/names";

interface Props {
  layer: Layer;
  columns: Field[];
  pages: Pages;
  sort: Sort[];
  /** The id of the row that is picked. */
  picked: number | null;
  onSort: (sort: Sort[]) => void;
  onPick: (row: Row) => void;
}

const FIGURES: ReadonlySet<Field["kind"]> = new Set(["integer", "bigint", "float", "decimal"]);
const MARKS = { asc: " ▲", desc: " ▼" };
const TURNS: Record<string, "next" | "previous"> = { PageDown: "next", PageUp: "previous" };

/** What a column knows of its field. */
interface Meta {
  text: string;
  kind: string;
}

const FEATURES = tableFeatures({ rowSortingFeature });

function useRows({ columns, pages: { found }, sort, onSort }: Props) {
  const defined = useMemo(
    () =>
      columns.map((field): ColumnDef<typeof FEATURES, Row> => ({
        id: field.name,
        accessorFn: (row) => row[field.name],
        // Areas and lengths are told with their units.
        header: bareName(field.name),
        cell: (info) => figure(field, info.getValue()),
        meta: { text: field.text, kind: FIGURES.has(field.kind) ? "figure" : "" },
      })),
    [columns],
  );
  return useTable({
    features: FEATURES,
    data: found,
    columns: defined,
    manualSorting: true, // by the gateway, which has all rows
    sortDescFirst: false,
    state: { sorting: sort },
    onSortingChange: (update) => {
      onSort(typeof update === "function" ? update(sort) : update);
    },
  });
}

/** Give the keyboard to a cell, or to the button in it. */
function focus(table: HTMLTableElement, { row, column }: Place): void {
  const cell = table.rows[row]?.cells[column];
  (cell?.querySelector("button") ?? cell)?.focus();
}

/** Keep what is picked in sight, and begin each page at its top. */
function useScrolled(first: number, picked: number | null, found: readonly Row[]) {
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [first]);
  useEffect(() => {
    scroller.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [picked, found]);
  return scroller;
}

export function Grid(props: Props) {
  const { layer, pages, picked, onPick } = props;
  const table = useRows(props);
  const scroller = useScrolled(pages.first, picked, pages.found);
  const [active, setActive] = useState<Place>({ row: 1, column: 0 });
  const rows = table.getRowModel().rows;
  const last = { row: rows.length, column: props.columns.length - 1 };
  const reached = { row: Math.min(active.row, last.row), column: Math.min(active.column, last.column) };
  const stop = (row: number, column: number) => (row === reached.row && column === reached.column ? 0 : -1);
  const press = (event: React.KeyboardEvent<HTMLTableElement>) => {
    const turn = TURNS[event.key];
    const to = goTo(event.key, event.ctrlKey || event.metaKey, reached, last);
    if (turn) {
      if (pages[turn]) focus(event.currentTarget, { row: 1, column: reached.column });
      pages[turn]?.();
    } else if (to) focus(event.currentTarget, to);
    else if (event.key === "Enter" && reached.row > 0) pick(reached.row - 1);
    else return;
    event.preventDefault();
  };
  const pick = (place: number) => {
    const row = rows[place];
    if (row) onPick(row.original);
  };
  return (
    <div ref={scroller} className="cells">
      <table
        role="grid"
        aria-labelledby="table"
        aria-rowcount={pages.total + 1}
        onKeyDown={press}
        onFocus={({ target }) => {
          const cell = target.closest<HTMLTableCellElement>("td, th");
          const row = target.closest("tr");
          if (cell && row) setActive({ row: row.rowIndex, column: cell.cellIndex });
        }}
      >
        <thead>
          <tr aria-rowindex={1}>
            {table.getFlatHeaders().map((header) => (
              <Head key={header.id} header={header} stop={stop(0, header.index)} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            // Rows keep their elements from page to page, and so the keyboard its place.
            <tr
              key={place}
              aria-rowindex={pages.first + place + 1}
              aria-selected={row.original.featureId === picked}
              onClick={() => {
                onPick(row.original);
              }}
            >
              {row.getAllCells().map((cell, column) => (
                <td
                  key={cell.column.id}
                  className={(cell.column.columnDef.meta as Meta).kind}
                  tabIndex={stop(place + 1, column)}
                >
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && !pages.waiting && !pages.problem && <p className="none">{nothing(props, layer)}</p>}
    </div>
  );
}

type HeadProps = { header: Header<typeof FEATURES, Row>; stop: number };

/** The name of a column, which sorts by it. */
function Head({ header, stop }: HeadProps) {
  const sorted = header.column.getIsSorted();
  const { text, kind } = header.column.columnDef.meta as Meta;
  return (
    <th scope="col" className={kind} aria-sort={sorted ? `${sorted}ending` : "none"}>
      <button
        type="button"
        title={t("table.sort", { text })}
        tabIndex={stop}
        onClick={header.column.getToggleSortingHandler()}
      >
        <FlexRender header={header} />
        <span aria-hidden="true">{sorted ? MARKS[sorted] : ""}</span>
      </button>
    </th>
  );
}

function nothing({ pages }: Props, layer: Layer): string {
  return pages.known ? t("table.empty", { titles: layer.titles }) : t("table.click", { title: layer.title });
}
