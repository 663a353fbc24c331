// Sheets of paper and scales: what a printed map is measured by.
import type { Units } from "../gateway/page";
import { language, t, whole } from "../texts";

/** In millimetres, upright; large sheets have fewer dots an inch, so that all have as many pixels as phones can hold. */
export const PAPERS = {
  a4: { label: "A4", width: 210, height: 297, dpi: 300 },
  a3: { label: "A3", width: 297, height: 420, dpi: 200 },
  letter: { label: "Letter", width: 215.9, height: 279.4, dpi: 300 },
  tabloid: { label: "Tabloid", width: 279.4, height: 431.8, dpi: 200 },
} as const;

export type Paper = keyof typeof PAPERS;

export interface Size {
  /** Millimetres. */
  width: number;
  height: number;
  dpi: number;
}

export function sizeOf(paper: Paper, landscape: boolean): Size {
  const { width, height, dpi } = PAPERS[paper];
  return landscape ? { width: height, height: width, dpi } : { width, height, dpi };
}

export const INCH = 25.4; // millimetres
export const PIXELS = 96; // of CSS, an inch
const FOOT = 0.3048; // metres
const MILE = 5280; // feet
const WORLD = 2 * Math.PI * 6_378_137; // metres around it, as Web Mercator has it
const TILE = 512; // pixels of the world at zoom 0

/** The zoom at which a map on paper has a scale of 1 to `ratio` at a latitude. */
export function zoomAt(ratio: number, latitude: number): number {
  const metres = (ratio * INCH) / 1000 / PIXELS; // of a pixel
  return Math.log2((WORLD * Math.cos((latitude * Math.PI) / 180)) / (TILE * metres));
}

/** The scale of a zoom: the other way. */
export function ratioAt(zoom: number, latitude: number): number {
  return 2 ** (zoomAt(1, latitude) - zoom);
}

const ROUND = {
  metric: [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 10],
  imperial: [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10],
} as const;

/** The first round scale that shows at least as much: 1 to 2,500, or an inch to 200 feet. */
export function roundScale(ratio: number, units: Units): number {
  const unit = units === "imperial" ? 12 : 1;
  const power = 10 ** Math.floor(Math.log10(ratio / unit));
  const most = ratio / unit / power - 1e-9;
  return (ROUND[units].find((value) => value >= most) ?? 10) * power * unit;
}

/** Scales that plans are usually drawn in. */
export function usualScales(units: Units): number[] {
  return units === "imperial"
    ? [20, 30, 40, 50, 60, 100, 200, 400, 500, 1000, 2000].map((feet) => feet * 12)
    : [250, 500, 1000, 2000, 2500, 5000, 10_000, 25_000, 50_000];
}

export function scaleText(ratio: number, units: Units): string {
  const plain = `1:${whole(Math.round(ratio))}`;
  if (units === "metric" || ratio / 12 > 2 * MILE) return plain;
  return t("printed.inches", { feet: whole(ratio / 12), ratio: plain });
}

export interface Bar {
  /** Millimetres on paper. */
  width: number;
  /** What its middle and its end say. */
  labels: [middle: string, end: string];
}

/** A scale bar of a round length, at most `most` millimetres long. */
export function barOf(ratio: number, units: Units, most: number): Bar {
  const metres = (most * ratio) / 1000;
  const feet = metres / FOOT;
  const kinds: Record<string, number> = units === "metric" ? { km: 1000, m: 1 } : { mi: MILE * FOOT, ft: FOOT };
  const far = units === "metric" ? metres >= 1000 : feet >= MILE;
  const [unit = "m", size = 1] = Object.entries(kinds)[far ? 0 : 1] ?? [];
  const power = 10 ** Math.floor(Math.log10(metres / size));
  const mantissa = [5, 2, 1].find((value) => value * power <= metres / size) ?? 1;
  const length = mantissa * power;
  const told = (value: number) => value.toLocaleString(language(), { maximumSignificantDigits: 3 });
  return {
    width: (length * size * 1000) / ratio,
    labels: [told(length / 2), `${told(length)} ${unit}`],
  };
}
