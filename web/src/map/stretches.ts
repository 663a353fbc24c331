// Where names of streets are written: houses stand along them, so a name is in the middle of its houses, along the line
// on which they lie.
import type { Feature, FeatureCollection, Point, Position } from "geojson";

const UNIT = 512 * 2 ** 16; // pixels of the world at the zoom of tiles that have addresses
const STRETCH = 250; // pixels of a street that have a name of their own
const FEWEST = 4; // houses that tell where a street runs
const LONG = 1.5; // how much longer than wide houses of a street lie
const ADDRESS = /^\d\S*(?:\s+\d+\/\d+)?\s+(\D.*?)(?:\s+(?:#|apt|unit)\b.*)?$/i;

export interface House {
  address: string;
  at: Position;
}

const HALF = 180 / Math.PI;

/** Where a place is in Web Mercator, of which the world is a square. MapLibre's own would come with the first script. */
function pixelOf([longitude = 0, latitude = 0]: Position): Pixel {
  const north = Math.asinh(Math.tan(latitude / HALF)) * HALF;
  return [((180 + longitude) / 360) * UNIT, ((180 - north) / 360) * UNIT];
}

function placeOf([x, y]: Pixel): Position {
  const north = 180 - (y / UNIT) * 360;
  return [(x / UNIT) * 360 - 180, Math.atan(Math.sinh(north / HALF)) * HALF];
}

type Pixel = readonly [x: number, y: number];

interface Line {
  middle: Pixel;
  /** Where it runs to, of length 1, eastwards. */
  way: Pixel;
  /** How far points lie from the middle along it and across it: standard deviations. */
  along: number;
  across: number;
}

/** The line on which points lie best (their first principal axis). */
function lineOf(points: readonly Pixel[]): Line {
  const mean = (of: (point: Pixel) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([x]) => x), mean(([, y]) => y)];
  const [xx, yy] = [mean((point) => (point[0] - x) ** 2), mean((point) => (point[1] - y) ** 2)];
  const xy = mean((point) => (point[0] - x) * (point[1] - y));
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  const root = Math.hypot((xx - yy) / 2, xy);
  return {
    middle: [x, y],
    way: [Math.cos(angle), Math.sin(angle)],
    along: Math.sqrt((xx + yy) / 2 + root),
    across: Math.sqrt(Math.max(0, (xx + yy) / 2 - root)),
  };
}

function grouped<K, T>(all: readonly T[], key: (each: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const each of all) groups.set(key(each), [...(groups.get(key(each)) ?? []), each]);
  return groups;
}

/** The stretches of a street, each with a name. */
function stretches(name: string, points: readonly Pixel[]): Feature<Point>[] {
  const whole = lineOf(points);
  const [east, south] = whole.way;
  const place = ([x, y]: Pixel) => (x - whole.middle[0]) * east + (y - whole.middle[1]) * south;
  return [...grouped(points, (point) => Math.floor(place(point) / STRETCH + 0.5)).values()].flatMap((houses) => {
    const { middle, way, along, across } = lineOf(houses);
    if (houses.length < FEWEST || along < LONG * across) return [];
    const angle = (Math.atan2(way[1], way[0]) * 180) / Math.PI;
    return { type: "Feature", properties: { name, angle }, geometry: { type: "Point", coordinates: placeOf(middle) } };
  });
}

/** Names of streets along their houses; addresses that begin with no number are of no street. */
export function streetsOf(houses: readonly House[]): FeatureCollection<Point> {
  const known = houses.flatMap(({ address, at }) => {
    const name = ADDRESS.exec(address)?.[1];
    return name === undefined ? [] : { name, at: pixelOf(at) };
  });
  const streets = [...grouped(known, ({ name }) => name)];
  const features = streets.flatMap(([name, all]) =>
    stretches(
      name,
      all.map(({ at }) => at),
    ),
  );
  return { type: "FeatureCollection", features };
}
