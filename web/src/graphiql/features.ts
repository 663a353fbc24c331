// GeoJSON wherever it stands in a response, as features that know their place.
import type { Feature, Geometry } from "geojson";

export type Properties = Record<string, unknown>;

export interface Found {
  /** Where it stands, as JavaScript would reach it: `data.parcels.nodes[0].geometry`. */
  path: string;
  geometry: Geometry;
  /** Properties of a Feature; for a bare geometry the plain fields that stand beside it. */
  properties: Properties;
}

const GEOMETRIES = new Set(["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"]);
export const MOST = 20_000;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isGeometry(value: Record<string, unknown>): boolean {
  if (value["type"] === "GeometryCollection") return Array.isArray(value["geometries"]);
  return GEOMETRIES.has(String(value["type"])) && Array.isArray(value["coordinates"]);
}

function isPlain(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

/** Plain fields of an object, and of the node that an edge holds: what tells a geometry apart. */
function beside(holder: Record<string, unknown>, around: Properties): Properties {
  const own = Object.entries(holder).filter(([, value]) => isPlain(value));
  return { ...around, ...Object.fromEntries(own) };
}

/** Every geometry, Feature and member of a FeatureCollection in a response, at most MOST of them. */
export function findFeatures(answer: unknown): Found[] {
  const found: Found[] = [];
  const add = (path: string, geometry: unknown, properties: Properties) => {
    if (isObject(geometry) && isGeometry(geometry))
      found.push({ path, geometry: geometry as unknown as Geometry, properties });
  };
  const walk = (value: unknown, path: string, around: Properties): void => {
    if (found.length >= MOST) return;
    if (Array.isArray(value)) {
      value.forEach((item, index) => {
        walk(item, `${path}[${index}]`, around);
      });
    } else if (isObject(value)) {
      if (isGeometry(value)) add(path, value, around);
      else if (value["type"] === "Feature" && "geometry" in value) {
        const { id, geometry, properties } = value;
        add(path, geometry, { ...(isPlain(id) ? { id } : {}), ...(isObject(properties) ? properties : {}) });
      } else if (typeof value["crs"] !== "string") {
        // What names a CRS is a ProjectedGeometry: no longitudes and latitudes.
        const plain = beside(value, around);
        for (const [name, member] of Object.entries(value)) walk(member, path ? `${path}.${name}` : name, plain);
      }
    }
  };
  walk(isObject(answer) ? { data: answer["data"] } : null, "", {});
  return found;
}

/** Names of properties by which features can be coloured, those that tell most of them apart first named. */
export function propertyNames(found: readonly Found[]): string[] {
  const names = new Map<string, number>();
  for (const { properties } of found) {
    for (const [name, value] of Object.entries(properties)) {
      if (isPlain(value)) names.set(name, (names.get(name) ?? 0) + 1);
    }
  }
  return [...names.keys()];
}

/** As GeoJSON for a map: the id is the place in `found`, `color` is what each is drawn in. */
export function drawn(found: readonly Found[], color: (properties: Properties) => string): Feature[] {
  return found.map(({ geometry, properties }, id) => ({
    type: "Feature",
    id,
    geometry,
    properties: { color: color(properties) },
  }));
}
