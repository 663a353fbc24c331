// The sheet around a printed map: title, legend, scale bar, north arrow, date and source, as marks to be drawn.
import { t } from "../texts";
import type { Bar, Size } from "./paper";

export interface Entry {
  label: string;
  about?: string | null | undefined;
  color: string;
  /** How the map draws it: as an area, hatched, or as a line around one. */
  drawn: "area" | "hatched" | "line";
}

export interface Sheet {
  size: Size;
  title: string;
  /** What is shown: the filter, and the moment. */
  subtitle: string;
  legend: { title: string; entries: Entry[] }[];
  scale: string;
  bar: Bar;
  /** Lines about when and from what the sheet was made. */
  notes: string[];
  /** Where the map is. */
  url: string;
}

export interface Frame {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Ink {
  fill?: string;
  stroke?: string;
  /** Millimetres. */
  line?: number;
}

export type Mark =
  | ({ kind: "rect" } & Frame & Ink)
  | ({ kind: "shape"; points: readonly (readonly [x: number, y: number])[] } & Ink)
  | {
      kind: "text";
      x: number;
      /** Of the line that it stands on. */
      y: number;
      text: string;
      /** Height of the letters' body, in millimetres. */
      size: number;
      bold?: boolean;
      color: string;
      align?: "left" | "center" | "right";
      url?: string;
    };

/** The width of a text in millimetres. */
export type Measure = (text: string, size: number, bold: boolean) => number;

const INK = "#17211f";
const QUIET = "#56625f";
const FAINT = "#aab4b1";
const MARGIN = 10;
const FOOT = 15; // height of what stands below
const GAP = 4;

/** How much larger than on A4 texts are. */
function unit({ width, height }: Size): number {
  return Math.min(width, height) > 250 ? 1.2 : 1;
}

/** Where the map lies on a sheet, and where its legend: beside it, or below it where the sheet is upright. */
export function frames(size: Size): { map: Frame; legend: Frame } {
  const { width, height } = size;
  const scale = unit(size);
  const top = MARGIN + 15 * scale;
  const inner = { width: width - 2 * MARGIN, height: height - top - MARGIN - FOOT * scale };
  if (width > height) {
    const side = 56 * scale;
    const map = { x: MARGIN, y: top, width: inner.width - side - GAP, height: inner.height };
    return { map, legend: { x: MARGIN + map.width + GAP, y: top, width: side, height: inner.height } };
  }
  const below = 46 * scale;
  const map = { x: MARGIN, y: top, width: inner.width, height: inner.height - below - GAP };
  return { map, legend: { x: MARGIN, y: top + map.height + GAP, width: inner.width, height: below } };
}

/** A text that ends in dots where it would be wider. */
function cut(text: string, width: number, size: number, bold: boolean, measure: Measure): string {
  if (measure(text, size, bold) <= width) return text;
  let kept = text;
  while (kept !== "" && measure(`${kept}...`, size, bold) > width) kept = kept.slice(0, -1);
  return `${kept.trimEnd()}...`;
}

/** All that is drawn on the sheet besides the map. */
export function marks(sheet: Sheet, measure: Measure): Mark[] {
  const { map, legend } = frames(sheet.size);
  return [
    ...head(sheet, measure),
    { kind: "rect", ...map, stroke: INK, line: 0.3 },
    ...key(sheet, legend, measure),
    ...foot(sheet, measure),
  ];
}

function head({ size, title, subtitle }: Sheet, measure: Measure): Mark[] {
  const scale = unit(size);
  const width = size.width - 2 * MARGIN;
  const large = 6.2 * scale;
  const small = 3.3 * scale;
  const y = MARGIN + (subtitle ? 5 : 8) * scale;
  const titled: Mark = {
    kind: "text",
    x: MARGIN,
    y,
    text: cut(title, width, large, true, measure),
    size: large,
    bold: true,
    color: INK,
  };
  const text = cut(subtitle, width, small, false, measure);
  return subtitle
    ? [titled, { kind: "text", x: MARGIN, y: y + 5.6 * scale, text, size: small, color: QUIET }]
    : [titled];
}

interface Line {
  entry?: Entry;
  title?: string;
  /** What is left out where there is no more room. */
  more?: number;
}

/** The lines of the legend that there is room for, and how many of each column. */
function lines({ legend }: Sheet, room: number): Line[] {
  const every = legend.flatMap(({ title, entries }): Line[] => [{ title }, ...entries.map((entry) => ({ entry }))]);
  if (every.length <= room) return every;
  const kept = every.slice(0, room - 1);
  if (kept.at(-1)?.title) kept.pop();
  const entries = (found: Line[]) => found.filter(({ entry }) => entry).length;
  return [...kept, { more: entries(every) - entries(kept) }];
}

function key(sheet: Sheet, { x, y, width, height }: Frame, measure: Measure): Mark[] {
  const scale = unit(sheet.size);
  const step = 4.9 * scale;
  const columns = Math.max(1, Math.floor(width / (56 * scale)));
  const wide = (width - (columns - 1) * GAP) / columns;
  const rows = Math.floor(height / step);
  const found: Mark[] = [];
  let place = 0;
  for (const line of lines(sheet, rows * columns)) {
    if (line.title && place % rows === rows - 1) place += 1; // no title stands alone below a column
    if (place >= rows * columns) break;
    const left = x + Math.floor(place / rows) * (wide + GAP);
    const base = y + (place % rows) * step + 3.4 * scale;
    found.push(...keyLine(line, { left, base, wide, scale }, measure));
    place += 1;
  }
  return found;
}

interface Spot {
  left: number;
  base: number;
  wide: number;
  scale: number;
}

function keyLine({ entry, title, more }: Line, { left, base, wide, scale }: Spot, measure: Measure): Mark[] {
  const size = 3 * scale;
  const text = (text: string, x: number, bold: boolean, color: string): Mark => {
    const room = left + wide - x;
    return { kind: "text", x, y: base, text: cut(text, room, size, bold, measure), size, bold, color };
  };
  if (title) return [text(title, left, true, INK)];
  if (!entry) return [text(t("printed.more", { count: more ?? 0 }), left, false, QUIET)];
  const after = left + 6.2 * scale;
  const about = after + measure(entry.label, size, false) + 1.5 * scale;
  const told = text(entry.label, after, false, INK);
  const rest = entry.about && about < left + wide - 5 ? [text(entry.about, about, false, QUIET)] : [];
  return [...swatch(entry, { x: left, y: base - 2.9 * scale, width: 4.6 * scale, height: 3.4 * scale }), told, ...rest];
}

function swatch({ color, drawn }: Entry, { x, y, width, height }: Frame): Mark[] {
  if (drawn === "line") return [{ kind: "rect", x, y, width, height, fill: "#ffffff", stroke: color, line: 0.6 }];
  const box: Mark = { kind: "rect", x, y, width, height, fill: color, stroke: FAINT, line: 0.15 };
  if (drawn === "area") return [box];
  const strokes = [0.25, 0.5, 0.75, 1].map((part): Mark => {
    const far = part * width;
    const bottom = y + height;
    return {
      kind: "shape",
      points: [
        [x + Math.max(0, far - height), bottom],
        [x + far, bottom - Math.min(height, far)],
      ],
      stroke: INK,
      line: 0.2,
    };
  });
  return [box, ...strokes];
}

function foot(sheet: Sheet, measure: Measure): Mark[] {
  const { size, notes, url } = sheet;
  const scale = unit(size);
  const top = size.height - MARGIN - FOOT * scale + GAP;
  const small = 2.6 * scale;
  const room = (size.width - 2 * MARGIN) / 2;
  const texts = [...notes, url].map((text, place): Mark => ({
    kind: "text",
    x: size.width - MARGIN,
    y: top + (2 + place * 3.6) * scale,
    text: cut(text, room, small, false, measure),
    size: small,
    color: QUIET,
    align: "right",
    ...(text === url && { url }),
  }));
  return [...north(MARGIN + 4 * scale, top, scale), ...ruler(sheet, MARGIN + 14 * scale, top, scale), ...texts];
}

/** An arrow to the north: maps are not turned. */
function north(x: number, top: number, scale: number): Mark[] {
  const tip = top + 2.6 * scale;
  const [low, notch, half] = [tip + 8.2 * scale, tip + 6.4 * scale, 2.6 * scale];
  const left = [[x, tip] as const, [x - half, low] as const, [x, notch] as const];
  const right = [[x, tip] as const, [x + half, low] as const, [x, notch] as const];
  return [
    {
      kind: "text",
      x,
      y: top + 1.8 * scale,
      text: t("printed.north"),
      size: 3.2 * scale,
      bold: true,
      color: INK,
      align: "center",
    },
    { kind: "shape", points: left, fill: INK, stroke: INK, line: 0.2 },
    { kind: "shape", points: right, fill: "#ffffff", stroke: INK, line: 0.2 },
  ];
}

/** The scale in words, and a bar of four parts. */
function ruler({ scale: told, bar }: Sheet, x: number, top: number, scale: number): Mark[] {
  const y = top + 4.2 * scale;
  const height = 1.6 * scale;
  const part = bar.width / 4;
  const parts = [0, 1, 2, 3].map((place): Mark => ({
    kind: "rect",
    x: x + place * part,
    y,
    width: part,
    height,
    fill: place % 2 === 0 ? INK : "#ffffff",
    stroke: INK,
    line: 0.2,
  }));
  const label = (text: string, place: number): Mark => ({
    kind: "text",
    x: x + place * part,
    y: y + height + 3.2 * scale,
    text,
    size: 2.8 * scale,
    color: INK,
    align: "center",
  });
  const words: Mark = { kind: "text", x, y: top + 2 * scale, text: told, size: 3 * scale, bold: true, color: INK };
  return [words, ...parts, label("0", 0), label(bar.labels[0], 2), label(bar.labels[1], 4)];
}
