// Parts and holes of a geometry: what is added to it, and what is taken away.
import type { Geometry, Position } from "geojson";
import type { Path } from "./paths";
import { pathsOf, positions, rounded, withPaths } from "./paths";

/** What a path that is drawn becomes. */
export type Piece = "part" | "hole";

const MULTI = { ring: "MultiPolygon", line: "MultiLineString", point: "MultiPoint" } as const;

/** Whether a column of PostGIS, as it names its type, takes several parts. */
export function takesParts(shape: string): boolean {
  return shape.startsWith("MULTI") || shape.startsWith("GEOMETRY");
}

/** A geometry with a path more: the line around a new part, or a hole of the part that it lies in, else of `part`. */
export function grown(geometry: Geometry, path: Omit<Path, "part">, piece: Piece, part: number): Geometry {
  const paths = pathsOf(geometry);
  if (piece === "part") {
    const last = Math.max(...paths.map((each) => each.part));
    const several = { type: MULTI[path.kind], coordinates: [] } as Geometry;
    return withPaths(several, [...paths, { ...path, part: last + 1 }]);
  }
  const around = paths.find((each) => isOutline(paths, each) && path.corners.every((corner) => isIn(each, corner)));
  const of = around?.part ?? part;
  const after = paths.findLastIndex((each) => each.part === of) + 1;
  return withPaths(geometry, paths.toSpliced(after, 0, { ...path, part: of }));
}

/** Whether a path goes around its part. */
function isOutline(paths: readonly Path[], path: Path): boolean {
  return paths.find(({ part }) => part === path.part) === path;
}

/** What a path is: a part of several, or a hole; null for the outline of all there is. */
export function pieceOf(paths: readonly Path[], place: number): Piece | null {
  const path = paths[place];
  if (!path) return null;
  if (path.kind === "ring" && !isOutline(paths, path)) return "hole";
  return new Set(paths.map(({ part }) => part)).size > 1 ? "part" : null;
}

/** The paths without a hole, or without a part and its holes. */
export function without(paths: readonly Path[], place: number): Path[] {
  const piece = pieceOf(paths, place);
  const gone = paths[place];
  return paths.filter((path) => (piece === "part" ? path.part !== gone?.part : path !== gone));
}

/** Whether a position lies within a ring: a line from it to the east crosses the ring an odd number of times. */
function isIn(ring: Path, [x = 0, y = 0]: Position): boolean {
  return crossings([ring], y).filter((each) => each > x).length % 2 === 1;
}

/** The longitudes at which rings cross a latitude, from west to east. */
function crossings(rings: readonly Path[], y: number): number[] {
  const found = rings.flatMap((ring) => {
    const all = positions(ring);
    return all.slice(1).flatMap(([x1 = 0, y1 = 0], place) => {
      const [x0 = 0, y0 = 0] = all[place] ?? [];
      return y0 > y === y1 > y ? [] : [x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)];
    });
  });
  return found.sort((one, other) => one - other);
}

/** A square hole for a part, where it is widest halfway up: what a hole begins as without a pointer. */
export function holeIn(paths: readonly Path[], part: number): Position[] {
  const rings = paths.filter((path) => path.part === part);
  const heights = (rings[0]?.corners ?? []).map(([, y = 0]) => y);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const y = low + (high - low) * 0.497; // not through a corner that lies in the middle
  const across = crossings(rings, y);
  const spans = across.flatMap((west, place) => {
    const east = across[place + 1];
    return place % 2 === 0 && east !== undefined ? [[west, east] as const] : [];
  });
  const [west = 0, east = 0] = spans.sort((one, other) => other[1] - other[0] - (one[1] - one[0]))[0] ?? [];
  const [x, wide, tall] = [(west + east) / 2, (east - west) / 8, (high - low) / 8];
  const sides = [
    [x - wide, y - tall],
    [x - wide, y + tall],
    [x + wide, y + tall],
    [x + wide, y - tall],
  ];
  return sides.map(rounded);
}
