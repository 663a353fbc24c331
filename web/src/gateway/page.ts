// What the gateway wrote into the page about itself: its layers, as gateway/layers.py declares them, and its settings.

import { t } from "../texts";

export type Kind = "text" | "integer" | "bigint" | "float" | "decimal" | "boolean" | "datetime" | "json";

export interface Field {
  name: string;
  kind: Kind;
  text: string;
}

export interface Relation {
  field: string;
  target: string;
  text: string;
  edge: string[];
}

/** What who may write is asked for. */
export interface Written {
  fields: (Field & { required: boolean })[];
  /** What its geometries are, as PostGIS says it: MULTIPOLYGON. */
  shape: string;
  documents: Record<"edited" | "before" | "create" | "update" | "delete", string>;
  /** Whether all that may be written is among the fields. */
  whole: boolean;
}

export interface Layer {
  name: string;
  type: string;
  one: string;
  many: string;
  title: string;
  titles: string;
  /** Where its tiles are, with {z}, {x} and {y}; those farther out than `minzoom` are empty. */
  tiles: string;
  /** Where tiles of points for its texts are. */
  labels: string;
  minzoom: number;
  /** Whether its past is kept. */
  tracked: boolean;
  key: string;
  fields: Field[];
  relations: Relation[];
  /** Fields that rows are grouped by: by their values, and by ranges. */
  groups: Record<"columns" | "numbers", string[]>;
  /** Fields whose sums overviews keep. */
  summed: string[];
  /** Documents that ask what a field of numbers is like, by its name. */
  statistics: Record<string, string>;
  /** What the map asks for, by its purpose. The gateway makes the documents, so that it trusts them. */
  documents: Record<
    "selection" | "nearest" | "place" | "title" | "sheet" | "rows" | "extent" | "links" | "groups" | "summary",
    string
  > &
    Partial<Record<"tilesThen" | "changed" | "ids" | "shapes" | "history" | "snaps", string>>;
}

/** A layer to which the reader may write. */
export type Writable = Layer & { written: Written };

export type Units = "metric" | "imperial";

export interface Gateway {
  /** One at least; the first is what the map is about. */
  layers: [Layer, ...Layer[]];
  /** What the map draws with: the styles by their theme, the layers from the top, and what is common to all tiles. */
  drawn: { styles: Record<"light" | "dark", string>; order: string[]; maxzoom: number; attribution: string };
  /** What the search box asks; null where no layer can be searched. */
  search: string | null;
  /** The layer of which there are notice lists, and what asks for one; null for none. */
  notices: { layer: string; document: string } | null;
  /** What asks for an analysis whose result is shown. */
  analysis: string;
  page: number;
  vertices: number;
  graphiql: boolean;
  /** What lengths and areas are told in, until the reader chooses. */
  units: Units;
  basemap: { tiles: string; attribution: string } | null;
}

function meta(): HTMLMetaElement | null {
  return document.querySelector<HTMLMetaElement>('meta[name="gateway"]');
}

/** Read the page's `<meta name="gateway">`; throws where the page was not served by a gateway. */
export function readGateway(): Gateway {
  const text = meta()?.content;
  if (!text) throw new Error(t("errors.page"));
  return JSON.parse(text) as Gateway;
}

/** A path of the gateway, such as `/graphql`, as browsers find it: a proxy may serve it under a path of its own. */
export function at(path: string): string {
  return `${meta()?.dataset.prefix ?? ""}${path}`;
}

export function layerNamed(gateway: Gateway, name: string): Layer | undefined {
  return gateway.layers.find((layer) => layer.name === name);
}

/** `assessedValue` -> `assessed value`; a unit at the end stands alone: `areaSqm` -> `area m²`. */
export function words(name: string): string {
  const spaced = name
    .replace(/Sqm$/, " m²")
    .replace(/M$/, " m")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  return spaced.toLowerCase();
}
