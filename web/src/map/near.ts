// What is near a place: its part of a link and of a filter, and what is drawn of it.
import { circle } from "@turf/circle";
import type { FeatureCollection, Geometry, Position } from "geojson";
import type { Units } from "../gateway/page";
import type { Around } from "./filter";
import type { Picked } from "./link";

export const UNITS = ["ft", "m"] as const;
export type Unit = (typeof UNITS)[number];

const METRES: Record<Unit, number> = { ft: 0.3048, m: 1 };
const CORNERS = 96; // of a circle

/** A point, or a row, from whose boundary distances are measured. */
export type Place = Position | Picked;

export interface Reach {
  distance: number;
  unit: Unit;
}

export function isRow(place: Place): place is Picked {
  return "layer" in place;
}

/** `300ft`; null for what says no distance. */
export function readReach(text: string): Reach | null {
  const [, distance = "", unit = ""] = /^(\d+(?:\.\d+)?)(ft|m)$/.exec(text) ?? [];
  return Number(distance) > 0 ? { distance: Number(distance), unit: unit as Unit } : null;
}

export function writeReach({ distance, unit }: Reach): string {
  return `${distance}${unit}`;
}

export function metres({ distance, unit }: Reach): number {
  return distance * METRES[unit];
}

/** A distance of metres in a unit, in as many digits as people say. */
export function reachOf(metres: number, unit: Unit): Reach {
  const distance = metres / METRES[unit];
  return { distance: Math.max(0.1, distance < 10 ? Math.round(distance * 10) / 10 : Math.round(distance)), unit };
}

/** The unit of a distance that is not given yet. */
export function usualUnit(units: Units): Unit {
  return units === "imperial" ? "ft" : "m";
}

/** How the gateway is told of a point. */
export function pointInput(at: Position): Around["geometry"] {
  return { geojson: { type: "Point", coordinates: at } };
}

/** What lies within a distance of a point, as it is drawn. */
export function circleAround(at: Position, reach: Reach): Geometry {
  return circle(at, metres(reach), { steps: CORNERS, units: "meters" }).geometry;
}

/** The place, and over it what lies within the distance. */
export function nearFeatures(place: Geometry | null, reach: Geometry | null): FeatureCollection {
  const of = (kind: string, geometry: Geometry | null) =>
    geometry ? [{ type: "Feature" as const, properties: { kind }, geometry }] : [];
  return { type: "FeatureCollection", features: [...of("reach", reach), ...of("place", place)] };
}
