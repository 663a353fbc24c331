// The notice list of the map: its query, its part of a link, and what is drawn of the answer.
import type { FeatureCollection, Geometry, Polygon } from "geojson";
import type { Gateway, Units } from "../gateway/page";
import { outline } from "./overlays";
import type { Operation, Row } from "./queries";
import type { Bounds } from "./scene";
import { t } from "../texts";

/** What is on the list. */
export const WHO = {
  within: ["WITHIN_DISTANCE"],
  abutters: ["ABUTTERS"],
  second: ["ABUTTERS", "ABUTTERS_TO_ABUTTERS"],
} as const;

export const UNITS = { ft: "FEET", m: "METERS" } as const;

export interface Wanted {
  who: keyof typeof WHO;
  distance: number;
  unit: keyof typeof UNITS;
}

interface Parcel {
  distance: number;
  node: (Row & { bbox: Bounds; geometry: Geometry }) | null;
}

export interface Recipient {
  label: string[];
  distance: number;
  parcels: Parcel[];
}

export interface NoticeAnswer {
  recipients: Recipient[];
  omitted: { reason: string; count: number; parcels: Parcel[] }[];
  proof: { dataAsOf: string; found: number; metres: number; recipients: number };
  files: Record<"labels" | "recipients" | "parcels", string>;
}

/** What distances are measured from: the picked row, or the drawn area. */
export interface Subject {
  title: string;
  geometry: { node: string } | { geojson: Geometry };
}

/** The list that is asked for first: three hundred feet are what most bylaws say. */
export function usual(units: Units): Wanted {
  return units === "imperial"
    ? { who: "within", distance: 300, unit: "ft" }
    : { who: "within", distance: 100, unit: "m" };
}

/** `within:300ft`; null for what says no list. */
export function readNotice(text: string): Wanted | null {
  const [, who = "", distance = "", unit = ""] = /^(\w+):(\d+(?:\.\d+)?)(ft|m)$/.exec(text) ?? [];
  if (!Object.hasOwn(WHO, who)) return null;
  return { who: who as Wanted["who"], distance: Number(distance), unit: unit as Wanted["unit"] };
}

export function writeNotice({ who, distance, unit }: Wanted): string {
  return `${who}:${distance}${unit}`;
}

/** The subject of a list: what is picked, else what was drawn. */
export function subjectOf(title: string, row: (Row & { geometry: Geometry }) | null, area: Polygon | null) {
  if (row) {
    const { id, geometry } = row;
    return { title, geometry: typeof id === "string" ? { node: id } : { geojson: geometry } } satisfies Subject;
  }
  return area && ({ title: t("notice.drawn"), geometry: { geojson: area } } satisfies Subject);
}

export function notice(
  { document }: NonNullable<Gateway["notices"]>,
  { who, distance, unit }: Wanted,
  { geometry }: Subject,
  asOf: string | null,
): Operation {
  const variables = { geometry, distance, unit: UNITS[unit], include: WHO[who], asOf };
  return { query: document, variables };
}

/** Left out as those that are measured from, or by what was asked for: nothing is wrong with them. */
const MEANT = new Set(["SUBJECT", "NOT_ABUTTING", "DUPLICATE"]);

/** The parcels of those who are told, and those that have nobody to tell or lie on the border. */
export function noticeFeatures(found: NoticeAnswer | null): FeatureCollection {
  const of = (kind: string, parcels: readonly Parcel[]) =>
    parcels.flatMap(({ node }) =>
      outline(node?.geometry ?? null).features.map((feature) => ({ ...feature, properties: { kind } })),
    );
  const told = found?.recipients.flatMap(({ parcels }) => of("told", parcels)) ?? [];
  const left = found?.omitted.filter(({ reason }) => !MEANT.has(reason)) ?? [];
  return {
    type: "FeatureCollection",
    features: [...told, ...left.flatMap(({ parcels }) => of("left", parcels))],
  };
}

/** The box around parcels; null for none. Those of one list do not lie around the world. */
export function boxOf(recipients: readonly Recipient[]): Bounds | null {
  const boxes = recipients.flatMap(({ parcels }) => parcels.flatMap(({ node }) => (node ? [node.bbox] : [])));
  if (boxes.length === 0) return null;
  const side = (place: 0 | 1 | 2 | 3) => boxes.map((box) => box[place]);
  return [Math.min(...side(0)), Math.min(...side(1)), Math.max(...side(2)), Math.max(...side(3))];
}
