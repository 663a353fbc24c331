// Corners and edges of neighbours, with every digit, that a corner is drawn to.
import type { Geometry, Position } from "geojson";
import { pathsOf, positions, rounded } from "./paths";

/** How far a corner is drawn to something, in degrees along both axes. */
export type Reach = readonly [longitude: number, latitude: number];

interface Line {
  positions: Position[];
  low: readonly [number, number];
  high: readonly [number, number];
}

function lineOf(found: Position[]): Line {
  const [x, y] = [0, 1].map((axis) => found.map((position) => position[axis] ?? 0)) as [number[], number[]];
  return { positions: found, low: [Math.min(...x), Math.min(...y)], high: [Math.max(...x), Math.max(...y)] };
}

/** The square of a distance in reaches. */
function apart(one: Position, other: Position, reach: Reach): number {
  const along = (axis: 0 | 1) => ((one[axis] ?? 0) - (other[axis] ?? 0)) / reach[axis];
  return along(0) ** 2 + along(1) ** 2;
}

/** The place on an edge that is nearest, as PostGIS has edges: straight in degrees. */
function onEdge(place: Position, from: Position, to: Position, reach: Reach): Position {
  const scaled = ([x = 0, y = 0]: Position): [number, number] => [x / reach[0], y / reach[1]];
  const [[px, py], [ax, ay], [bx, by]] = [scaled(place), scaled(from), scaled(to)];
  const square = (bx - ax) ** 2 + (by - ay) ** 2;
  const part = square === 0 ? 0 : ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / square;
  const share = Math.min(Math.max(part, 0), 1);
  return [0, 1].map((axis) => (from[axis] ?? 0) + share * ((to[axis] ?? 0) - (from[axis] ?? 0)));
}

export class Snaps {
  private readonly lines: Line[];

  constructor(neighbours: readonly Geometry[]) {
    this.lines = neighbours.flatMap(pathsOf).map((path) => lineOf(positions(path)));
  }

  /** The corner of a neighbour within reach, as it is stored; else the nearest place on an edge; null for neither. */
  near(place: Position, reach: Reach): Position | null {
    const [x = 0, y = 0] = place;
    const lines = this.lines.filter(
      ({ low, high }) =>
        x >= low[0] - reach[0] && x <= high[0] + reach[0] && y >= low[1] - reach[1] && y <= high[1] + reach[1],
    );
    const corners = lines.flatMap(({ positions }) => positions);
    return nearest(place, corners, reach) ?? nearest(place, edges(place, lines, reach), reach);
  }

  /** A position that was rounded as the corner that it was rounded from. */
  exact(place: Position): Position {
    const [x, y] = rounded(place);
    const found = this.near(place, [2e-9, 2e-9]);
    const same = found && rounded(found);
    return same && same[0] === x && same[1] === y ? found : place;
  }
}

function edges(place: Position, lines: readonly Line[], reach: Reach): Position[] {
  return lines.flatMap(({ positions }) =>
    positions.slice(1).map((to, index) => onEdge(place, positions[index] ?? to, to, reach)),
  );
}

function nearest(place: Position, candidates: readonly Position[], reach: Reach): Position | null {
  let found: Position | null = null;
  let best = 1;
  for (const candidate of candidates) {
    const distance = apart(place, candidate, reach);
    if (distance > best) continue;
    best = distance;
    found = candidate;
  }
  return found;
}
