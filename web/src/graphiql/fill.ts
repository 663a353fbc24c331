// What is drawn on the map as the value of a query's variable, by the type that the query declares for it.
import type { Point, Polygon, Position } from "geojson";
import type { TypeNode } from "graphql";
import { Kind, parse } from "graphql";

export interface Slot {
  name: string;
  type: string;
}

type Write = (drawn: Point | Polygon) => unknown;

const DIGITS = 1e7;

function rounded(position: Position): Position {
  return position.map((value) => Math.round(value * DIGITS) / DIGITS);
}

function tidy(drawn: Point | Polygon): Point | Polygon {
  if (drawn.type === "Point") return { type: "Point", coordinates: rounded(drawn.coordinates) };
  return { type: "Polygon", coordinates: drawn.coordinates.map((ring) => ring.map(rounded)) };
}

export function boxOf(drawn: Point | Polygon): [number, number, number, number] {
  const positions = drawn.type === "Point" ? [drawn.coordinates] : drawn.coordinates.flat();
  const longitudes = positions.map(([longitude = 0]) => longitude);
  const latitudes = positions.map(([, latitude = 0]) => latitude);
  return [Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)];
}

function isBox(drawn: Point | Polygon): boolean {
  if (drawn.type === "Point") return false;
  const [west, south, east, north] = boxOf(drawn);
  const ring = drawn.coordinates[0] ?? [];
  return ring.length === 5 && ring.every(([x, y]) => (x === west || x === east) && (y === south || y === north));
}

const input: Write = (drawn) => (isBox(drawn) ? { bbox: boxOf(drawn) } : { geojson: drawn });

const WRITERS: Record<string, Write> = {
  GeometryInput: input,
  Geometry: (drawn) => drawn,
  BBox: boxOf,
  DistanceInput: (drawn) => ({ geometry: input(drawn), distance: 100 }),
  GeometryLookup: (drawn) => ({ intersects: input(drawn) }),
};

function writer(type: string): Write | undefined {
  if (WRITERS[type]) return WRITERS[type];
  return type.endsWith("Filter") ? (drawn) => ({ geometry: { intersects: input(drawn) } }) : undefined;
}

function named(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : type.kind === Kind.LIST_TYPE ? "" : named(type.type);
}

/** Variables of a document that a drawing can fill; none while the document cannot be parsed. */
export function slots(document: string): Slot[] {
  try {
    return parse(document).definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? (definition.variableDefinitions ?? [])
            .map(({ variable, type }) => ({ name: variable.name.value, type: named(type) }))
            .filter(({ type }) => writer(type))
        : [],
    );
  } catch {
    return [];
  }
}

/** The text of variables with one of them drawn; text that is no JSON object is replaced. */
export function fill(variables: string, slot: Slot, shape: Point | Polygon): string {
  let values: Record<string, unknown> = {};
  try {
    const read: unknown = JSON.parse(variables || "{}");
    if (typeof read === "object" && read !== null && !Array.isArray(read)) values = read as Record<string, unknown>;
  } catch {
    values = {};
  }
  return JSON.stringify({ ...values, [slot.name]: writer(slot.type)?.(tidy(shape)) }, null, 2);
}
