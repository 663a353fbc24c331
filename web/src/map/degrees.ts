// Lines of the graticule: meridians and parallels at round degrees, as many as a view has room for.
import type { Feature, FeatureCollection, LineString } from "geojson";
import { language, t } from "../texts";
import type { Bounds } from "./scene";

const LINES = 6; // that a view has about, from side to side
const MOST = 85; // degrees of latitude that the map has
const PIECES = 8; // of a line across the world, which tiles cut in straight pieces

/** The steps between lines, in degrees: they divide what is around them. */
function stepOf(width: number): number {
  const wanted = width / LINES;
  if (wanted > 20) return 30;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const part = wanted / power;
  return power * (part > 5 ? 10 : part > 2 ? 5 : part > 1 ? 2 : 1);
}

/** Degrees with a letter for the side: 42.36° N. */
export function degrees(value: number, axis: "longitude" | "latitude", step: number): string {
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const told = Math.abs(value).toLocaleString(language(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  if (Math.abs(value) < step / 2) return `${told}°`;
  const side = axis === "longitude" ? (value < 0 ? "west" : "east") : value < 0 ? "south" : "north";
  return `${told}° ${t(`ground.${side}`)}`;
}

/** The places of lines between two degrees, each a whole number of steps. */
function between(low: number, high: number, step: number): number[] {
  const [first, last] = [Math.ceil(low / step), Math.floor(high / step)];
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, place) => (first + place) * step);
}

/** The lines in a box, and as far again around it, with what is written on them. */
export function graticule([west, south, east, north]: Bounds): FeatureCollection<LineString> {
  const right = east < west ? east + 360 : east;
  const step = stepOf(right - west);
  const [wide, high] = [(right - west) / 2, (north - south) / 2];
  const [left, end] = [Math.max(west - wide, -360), Math.min(right + wide, 360)];
  const [low, top] = [Math.max(south - high, -MOST), Math.min(north + high, MOST)];
  const line = (text: string, points: [number, number][]): Feature<LineString> => ({
    type: "Feature",
    properties: { text },
    geometry: { type: "LineString", coordinates: points },
  });
  const along = (from: number, to: number) =>
    Array.from({ length: PIECES + 1 }, (_, place) => from + ((to - from) * place) / PIECES);
  const turned = (longitude: number) => ((((longitude + 180) % 360) + 360) % 360) - 180;
  return {
    type: "FeatureCollection",
    features: [
      ...between(left, end, step).map((longitude) =>
        line(
          degrees(turned(longitude), "longitude", step),
          along(low, top).map((latitude): [number, number] => [longitude, latitude]),
        ),
      ),
      ...between(low, top, step).map((latitude) =>
        line(
          degrees(latitude, "latitude", step),
          along(left, end).map((longitude): [number, number] => [longitude, latitude]),
        ),
      ),
    ],
  };
}
