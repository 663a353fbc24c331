// Deep links: the query string holds the filter and what is picked; MapLibre keeps the view in the fragment.
import type { Polygon, Position } from "geojson";
import type { Gateway, Layer } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import type { Condition } from "./filter";
import type { Classes, ColorBy, Ramp } from "./classes";
import { classesOf, RAMP, RAMPS } from "./classes";
import type { Analysis } from "./analysis";
import { readAnalysis } from "./analysis";
import type { Charted } from "./chart";
import { readCharted } from "./chart";
import { choices, lookupsOf } from "./filter";
import { readMoment } from "./moments";
import type { Place, Reach } from "./near";
import { isRow, readReach, writeReach } from "./near";
import type { Wanted } from "./noticeList";
import { readNotice, writeNotice } from "./noticeList";
import type { Tabled } from "./table";
import { fitting, readTabled, writeTabled } from "./table";
import type { Language } from "../texts";
import { readLanguage } from "../texts";
import type { Heat } from "./heat";
import { readHeat, writeHeat } from "./heat";
import type { Look } from "./look";
import { LOOK, readGround, readHidden, readOpacity, readOrder, writeLook } from "./look";

export interface Picked {
  layer: string;
  id: number;
}

export interface Asked {
  /** Name of the layer that is filtered. */
  layer: string;
  where: Condition[];
  area: Polygon | null;
  /** What rows are near to. */
  near: Place | null;
  /** How far from there; null for any distance. */
  within: Reach | null;
  picked: Picked | null;
  /** What colours the rows of a layer, if not what the gateway says. */
  color: ColorBy | null;
  /** What of a layer is heat where its rows are too small to be seen; null for squares. */
  heat: Heat | null;
  /** What the data panel shows of the layer that is filtered. */
  data: Charted | null;
  /** The table of its rows. */
  table: Tabled | null;
  /** The moment that is shown; null is now. */
  asOf: string | null;
  /** The notice list that is asked for. */
  notice: Wanted | null;
  /** The analysis whose result is shown. */
  analysis: Analysis | null;
  /** The language of the page; null for that of the reader. */
  lang: Language | null;
  /** How layers are shown, besides their colours. */
  look: Look;
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

function readCondition(gateway: Gateway, layer: Layer, text: string): Condition | null {
  const [, path = "", lookup = "", value = ""] = /^([\w.]+)\.(\w+):(.*)$/s.exec(text) ?? [];
  const field = choices(gateway, layer).find((choice) => choice.path === path)?.field;
  return field && lookupsOf(field).some(([name]) => name === lookup) ? { path, lookup, value } : null;
}

function writePicked({ layer, id }: Picked): string {
  return `${layer}/${id}`;
}

function readPicked(gateway: Gateway, text: string): Picked | null {
  const [layer = "", id = ""] = text.split("/");
  return layerNamed(gateway, layer) && /^\d+$/.test(id) ? { layer, id: Number(id) } : null;
}

function readPlace(gateway: Gateway, text: string): { of: Place } | null {
  return framed(text.includes("/") ? readPicked(gateway, text) : readPosition(text));
}

function writeColor({ layer, field, classes, ramp }: ColorBy): string {
  return [layer, field, classes, ...(ramp === RAMP ? [] : [ramp])].join(".");
}

function readColor(gateway: Gateway, text: string): ColorBy | null {
  const [layer = "", field = "", classes = "", ramp = RAMP, ...rest] = text.split(".");
  const known = layerNamed(gateway, layer);
  if (!known || !(classesOf(known, field) as string[]).includes(classes)) return null;
  if (!(ramp in RAMPS) || rest.length > 0) return null;
  return { layer, field, classes: classes as Classes, ramp: ramp as Ramp };
}

function framed<T>(of: T | null): { of: T } | null {
  return of && { of };
}

/** What a query string asks for. What it says wrongly is left out and named in `problems`. */
export function readLink(gateway: Gateway, search: string): { asked: Asked; problems: string[] } {
  const given = new URLSearchParams(search);
  const problems: string[] = [];
  function read<T>(name: string, parse: (text: string) => T | null): T[] {
    return given.getAll(name).flatMap((text) => {
      const value = parse(text);
      if (value === null) problems.push(`${name}=${text}`);
      return value ?? [];
    });
  }
  const [layer = gateway.layers[0]] = read("layer", (text) => layerNamed(gateway, text) ?? null);
  const asked = {
    layer: layer.name,
    where: read("where", (text) => readCondition(gateway, layer, text)),
    area: read("area", readArea)[0] ?? null,
    near: read("near", (text) => readPlace(gateway, text))[0]?.of ?? null,
    within: read("within", readReach)[0] ?? null,
    picked: read("pick", (text) => readPicked(gateway, text))[0] ?? null,
    color: read("color", (text) => readColor(gateway, text))[0] ?? null,
    heat: read("heat", (text) => readHeat(gateway.layers, text))[0] ?? null,
    data: read("data", (text) => readCharted(layer, text))[0] ?? null,
    table: read("table", (text) => readTabled(layer, text))[0] ?? null,
    asOf: read("asOf", readMoment)[0] ?? null,
    notice: read("notice", (text) => gateway.notices && readNotice(text))[0] ?? null,
    analysis: read("analysis", (text) => readAnalysis(text, given.get("signed")))[0] ?? null,
    lang: read("lang", readLanguage)[0] ?? null,
    look: {
      // Values that are lists are read in frames of their own.
      hidden: read("hide", (text) => framed(readHidden(gateway, text)))[0]?.of ?? LOOK.hidden,
      opacity: read("opacity", (text) => readOpacity(gateway, text))[0] ?? LOOK.opacity,
      order: read("order", (text) => framed(readOrder(gateway, text)))[0]?.of ?? LOOK.order,
      ground: read("ground", (text) => framed(readGround(gateway, text)))[0]?.of ?? LOOK.ground,
    },
  };
  return { asked, problems };
}

/** The query string of what is asked, `?` included; empty when nothing is. */
export function writeLink(gateway: Gateway, asked: Asked): string {
  const given = new URLSearchParams();
  if (asked.layer !== gateway.layers[0].name) given.set("layer", asked.layer);
  for (const { path, lookup, value } of asked.where) given.append("where", `${path}.${lookup}:${value}`);
  if (asked.area) given.set("area", writeArea(asked.area));
  if (asked.near) given.set("near", isRow(asked.near) ? writePicked(asked.near) : writePosition(asked.near));
  if (asked.near && asked.within) given.set("within", writeReach(asked.within));
  if (asked.picked) given.set("pick", writePicked(asked.picked));
  if (asked.color) given.set("color", writeColor(asked.color));
  if (asked.heat) given.set("heat", writeHeat(asked.heat));
  const layer = layerNamed(gateway, asked.layer);
  const data = asked.data && `${asked.data.field}.${asked.data.scope}`;
  if (layer && data && readCharted(layer, data)) given.set("data", data); // another layer may not have the field
  if (layer && asked.table) given.set("table", writeTabled(fitting(layer, asked.table)));
  if (asked.asOf) given.set("asOf", asked.asOf);
  if (asked.notice) given.set("notice", writeNotice(asked.notice));
  if (asked.analysis) given.set("analysis", asked.analysis.id);
  if (asked.analysis?.signed) given.set("signed", asked.analysis.signed);
  if (asked.lang) given.set("lang", asked.lang);
  for (const [name, text] of Object.entries(writeLook(asked.look))) given.set(name, text);
  const text = given.toString();
  return text && `?${text}`;
}
