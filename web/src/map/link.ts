// Deep links: the query string holds the filter and what is picked; MapLibre keeps the view in the fragment.
import type { Polygon, Position } from "geojson";
import type { Gateway } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import type { Condition } from "./filter";

export interface Picked {
  layer: string;
  id: number;
}

export interface Asked {
  /** Name of the layer that is filtered. */
  layer: string;
  where: Condition[];
  area: Polygon | null;
  near: Position | null;
  picked: Picked | null;
}

const DIGITS = 1e6; // of a degree: a tenth of a metre

function round(value: number): number {
  return Math.round(value * DIGITS) / DIGITS;
}

function writePosition(position: Position): string {
  return position.slice(0, 2).map(round).join(",");
}

function readPosition(text: string): Position | null {
  const [longitude, latitude, ...rest] = text.split(",").map(Number);
  if (longitude === undefined || latitude === undefined || rest.length > 0) return null;
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90 ? [longitude, latitude] : null;
}

function readArea(text: string): Polygon | null {
  const ring = text.split(";").map(readPosition);
  const first = ring[0];
  if (!first || ring.length < 3 || ring.includes(null)) return null;
  return { type: "Polygon", coordinates: [[...(ring as Position[]), first]] };
}

/** A ring without its last position, which repeats the first. */
function writeArea(area: Polygon): string {
  return (area.coordinates[0] ?? []).slice(0, -1).map(writePosition).join(";");
}

function readCondition(text: string): Condition | null {
  const found = /^([\w.]+)\.(\w+):(.*)$/s.exec(text);
  return found ? { path: found[1] ?? "", lookup: found[2] ?? "", value: found[3] ?? "" } : null;
}

function readPicked(gateway: Gateway, text: string): Picked | null {
  const [layer = "", id = ""] = text.split("/");
  return layerNamed(gateway, layer) && /^\d+$/.test(id) ? { layer, id: Number(id) } : null;
}

/** What a query string asks for; what it says wrongly is left out. */
export function readLink(gateway: Gateway, search: string): Asked {
  const given = new URLSearchParams(search);
  const layer = layerNamed(gateway, given.get("layer") ?? "") ?? gateway.layers[0];
  return {
    layer: layer.name,
    where: given.getAll("where").flatMap((text) => readCondition(text) ?? []),
    area: readArea(given.get("area") ?? ""),
    near: readPosition(given.get("near") ?? "none"),
    picked: readPicked(gateway, given.get("pick") ?? ""),
  };
}

/** The query string of what is asked, `?` included; empty when nothing is. */
export function writeLink(gateway: Gateway, asked: Asked): string {
  const given = new URLSearchParams();
  if (asked.layer !== gateway.layers[0].name) given.set("layer", asked.layer);
  for (const { path, lookup, value } of asked.where) given.append("where", `${path}.${lookup}:${value}`);
  if (asked.area) given.set("area", writeArea(asked.area));
  if (asked.near) given.set("near", writePosition(asked.near));
  if (asked.picked) given.set("pick", `${asked.picked.layer}/${asked.picked.id}`);
  const text = given.toString();
  return text && `?${text}`;
}
