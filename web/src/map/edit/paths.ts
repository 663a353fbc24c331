// A geometry as the paths that hands move: each of its rings, lines and points by itself.
import type { Geometry, Position } from "geojson";

export interface Path {
  kind: "ring" | "line" | "point";
  /** The polygon that a ring is of; its first ring goes around it, the others are holes. */
  part: number;
  /** Without the last position of a ring, which repeats the first. */
  corners: Position[];
}

/** A corner by its path and its place there. */
export interface Corner {
  path: number;
  corner: number;
}

const DIGITS = 1e9; // of a degree: a tenth of a millimetre

/** A position as precise as a hand and a screen are. */
export function rounded([longitude = 0, latitude = 0]: Position): Position {
  return [Math.round(longitude * DIGITS) / DIGITS, Math.round(latitude * DIGITS) / DIGITS];
}

function rings(polygon: Position[][], part: number): Path[] {
  return polygon.map((ring) => ({ kind: "ring", part, corners: ring.slice(0, -1) }));
}

/** The paths of a geometry; none of a collection, which has no shape of its own. */
export function pathsOf(geometry: Geometry): Path[] {
  switch (geometry.type) {
    case "Polygon":
      return rings(geometry.coordinates, 0);
    case "MultiPolygon":
      return geometry.coordinates.flatMap(rings);
    case "LineString":
      return [{ kind: "line", part: 0, corners: geometry.coordinates }];
    case "MultiLineString":
      return geometry.coordinates.map((corners, part) => ({ kind: "line", part, corners }));
    case "Point":
      return [{ kind: "point", part: 0, corners: [geometry.coordinates] }];
    case "MultiPoint":
      return geometry.coordinates.map((corner, part) => ({ kind: "point", part, corners: [corner] }));
    case "GeometryCollection":
      return [];
  }
}

/** The positions of a path as GeoJSON has them: a ring is closed. */
export function positions({ kind, corners }: Path): Position[] {
  return kind === "ring" ? [...corners, ...corners.slice(0, 1)] : corners;
}

function polygons(paths: readonly Path[]): Position[][][] {
  const parts = [...new Set(paths.map(({ part }) => part))];
  return parts.map((part) => paths.filter((path) => path.part === part).map(positions));
}

/** A geometry of the type of another one with other paths. */
export function withPaths(geometry: Geometry, paths: readonly Path[]): Geometry {
  const all = paths.map(positions);
  switch (geometry.type) {
    case "Polygon":
      return { type: "Polygon", coordinates: all };
    case "MultiPolygon":
      return { type: "MultiPolygon", coordinates: polygons(paths) };
    case "LineString":
      return { type: "LineString", coordinates: all[0] ?? [] };
    case "MultiLineString":
      return { type: "MultiLineString", coordinates: all };
    case "Point":
      return { type: "Point", coordinates: all[0]?.[0] ?? [] };
    case "MultiPoint":
      return { type: "MultiPoint", coordinates: all.map(([corner = []]) => corner) };
    case "GeometryCollection":
      return geometry;
  }
}

function same(one: Position | undefined, other: Position | undefined): boolean {
  if (!one || !other) return false;
  const [a, b] = [rounded(one), rounded(other)];
  return a[0] === b[0] && a[1] === b[1];
}

/**
 * The corners that are seen, with every digit of those that nobody touched: what is drawn is rounded. Between corners
 * that are the same at the beginning and at the end lies what changed.
 */
export function reconciled(exact: readonly Position[], seen: readonly Position[]): Position[] {
  const shorter = Math.min(exact.length, seen.length);
  let start = 0;
  while (start < shorter && same(exact[start], seen[start])) start++;
  let end = 0;
  while (end < shorter - start && same(exact.at(-1 - end), seen.at(-1 - end))) end++;
  return [...exact.slice(0, start), ...seen.slice(start, seen.length - end), ...exact.slice(exact.length - end)];
}

const FEWEST = { ring: 3, line: 2, point: 1 } as const; // corners

/** Whether a corner may go: a path that has no more than it needs keeps it. */
export function removable(paths: readonly Path[], { path }: Corner): boolean {
  const found = paths[path];
  return found !== undefined && found.corners.length > FEWEST[found.kind];
}

function replaced(paths: readonly Path[], at: Corner, count: number, ...corners: Position[]): Path[] {
  return paths.map((path, place) =>
    place === at.path ? { ...path, corners: path.corners.toSpliced(at.corner, count, ...corners) } : path,
  );
}

export function moved(paths: readonly Path[], at: Corner, to: Position): Path[] {
  return replaced(paths, at, 1, to);
}

export function removed(paths: readonly Path[], at: Corner): Path[] {
  return replaced(paths, at, 1);
}

/** Whether a corner has another one after it, between which there is room for a third. */
export function extendable(paths: readonly Path[], at: Corner): boolean {
  const path = paths[at.path];
  return path?.kind === "ring" || (path?.kind === "line" && at.corner < path.corners.length - 1);
}

/** A corner more, in the middle between one and the next. */
export function added(paths: readonly Path[], at: Corner): Path[] {
  const corners = paths[at.path]?.corners ?? [];
  const [one, other] = [corners[at.corner], corners[(at.corner + 1) % corners.length]];
  if (!one || !other) return [...paths];
  const middle = [0, 1].map((axis) => ((one[axis] ?? 0) + (other[axis] ?? 0)) / 2);
  return replaced(paths, { ...at, corner: at.corner + 1 }, 0, rounded(middle));
}

/** The corner `by` places after one, through all paths and round again. */
export function stepped(paths: readonly Path[], { path, corner }: Corner, by: 1 | -1): Corner {
  const to = corner + by;
  const here = paths[path];
  if (here && to >= 0 && to < here.corners.length) return { path, corner: to };
  const next = (path + by + paths.length) % paths.length;
  return { path: next, corner: by > 0 ? 0 : (paths[next]?.corners.length ?? 1) - 1 };
}
