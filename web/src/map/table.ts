// The rows of the table: what is asked for, which columns there are, and the text that spreadsheets take.
import type { Variables } from "../gateway/ask";
import type { Field, Gateway, Layer } from "../gateway/page";
import { SCOPES } from "./chart";
import { plain } from "./figures";
import type { Around } from "./filter";
import { filters } from "./filter";
import type { Asked } from "./link";
import type { Operation, Row } from "./queries";
import { at, titles } from "./queries";
import type { Bounds } from "./scene";
import { fieldName } from "../texts/names";

/** Rows of a page. */
export const PAGE = 50;

/** Which rows the table has: of those that the filter keeps, or the one that is picked. */
export const ROWS = [...SCOPES, "picked"] as const;

export interface Sort {
  id: string;
  desc: boolean;
}

export interface Tabled {
  rows: (typeof ROWS)[number];
  /** Fields that rows are in the order of, the first before the second. */
  sort: Sort[];
  /** Names of the fields that are columns; empty for the usual ones. */
  columns: string[];
}

export const USUAL: Tabled = { rows: "view", sort: [], columns: [] };

export interface Page {
  totalCount: number;
  nodes: Row[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** What the gateway keeps for itself: of little interest to most readers. */
const KEPT = new Set(["featureId", "version", "createdAt", "updatedAt"]);

/** The fields that can be columns: what names a row comes first. */
export function columnsOf(layer: Layer): Field[] {
  const named = titles(layer);
  const place = ({ name }: Field) => (named.includes(name) ? named.indexOf(name) : named.length);
  return layer.fields.filter(({ kind }) => kind !== "json").sort((one, other) => place(one) - place(other));
}

/** The fields that are columns: those that are chosen, or all but what the gateway keeps for itself. */
export function shownColumns(layer: Layer, chosen: readonly string[]): Field[] {
  return columnsOf(layer).filter(({ name }) => (chosen.length > 0 ? chosen.includes(name) : !KEPT.has(name)));
}

/** A table of a layer without the columns that another layer had. */
export function fitting(layer: Layer, { rows, sort, columns }: Tabled): Tabled {
  const known = new Set(columnsOf(layer).map(({ name }) => name));
  return { rows, sort: sort.filter(({ id }) => known.has(id)), columns: columns.filter((name) => known.has(name)) };
}

/** What a link says of a table: rows, order and columns, `view.-assessedValue,address.parcelId,address`. */
export function readTabled(layer: Layer, text: string): Tabled | null {
  const [rows = "", order = "", chosen = "", ...rest] = text.split(".");
  const names = (list: string) => (list === "" ? [] : list.split(","));
  const sort = names(order).map((each) => ({ id: each.replace(/^-/, ""), desc: each.startsWith("-") }));
  if (!(ROWS as readonly string[]).includes(rows) || rest.length > 0) return null;
  const table = { rows: rows as Tabled["rows"], sort, columns: names(chosen) };
  const known = fitting(layer, table);
  return known.sort.length === sort.length && known.columns.length === table.columns.length ? table : null;
}

export function writeTabled({ rows, sort, columns }: Tabled): string {
  const order = sort.map(({ id, desc }) => (desc ? `-${id}` : id));
  return [rows, order.join(","), columns.join(",")].join(".").replace(/[.]+$/, "");
}

/** The filter of the rows that the table has; null for every row, undefined where it is not known which they are. */
export function filterOf(
  gateway: Gateway,
  layer: Layer,
  { where, area, picked }: Pick<Asked, "where" | "area" | "picked">,
  { rows }: Tabled,
  around: Around | null,
  box: Bounds | null,
): Variables | null | undefined {
  if (rows === "picked") return picked?.layer === layer.name ? { featureId: { exact: String(picked.id) } } : undefined;
  const kept = filters(gateway, layer, where, area, around);
  if (rows === "all") return kept;
  if (!box) return undefined;
  const inView = { geometry: { intersects: { bbox: box } } };
  return kept ? { and: [kept, inView] } : inView;
}

/** A page of rows after a cursor. */
export function page(
  layer: Layer,
  filters: Variables | null,
  sort: readonly Sort[],
  after: string | null,
  asOf: string | null,
): Operation {
  const order = sort.length > 0 ? sort.map(({ id, desc }) => ({ [id]: desc ? "DESC" : "ASC" })) : null;
  return { query: layer.documents.rows, variables: { filters, order, first: PAGE, after, ...at(layer, asOf) } };
}

// As exports of the gateway quote them; the last four are the first in full width (OWASP).
const FORMULA = /^'*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** A value as spreadsheets take it: in one cell, and no formula. */
function cell({ kind }: Field, value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = plain(value).replaceAll(/[\t\r\n]+/g, " ");
  return kind === "text" && FORMULA.test(text) ? `'${text}` : text;
}

/** Rows as text that can be pasted into a spreadsheet, the names of the columns first. */
export function toTsv(columns: readonly Field[], found: readonly Row[]): string {
  const lines = found.map((row) => columns.map((field) => cell(field, row[field.name])).join("\t"));
  return [columns.map(({ name }) => fieldName(name)).join("\t"), ...lines].join("\n");
}
