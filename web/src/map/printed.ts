// From what the map shows to a file of a sheet of paper.
import type { Map as Shown } from "maplibre-gl";
import type { Gateway } from "../gateway/page";
import { withOverlays } from "./overlays";
import { graticuleLayers } from "./graticule";
import type { Sheet } from "./layout";
import { frames } from "./layout";
import { drawn, inColours } from "./offscreen";
import type { Paper } from "./paper";
import { placeLayers } from "./places";
import { capital, legendOf } from "./printedLegend";
import { SHEET } from "./sheetFrame";
import { barOf, INCH, PIXELS, ratioAt, roundScale, scaleText, sizeOf, zoomAt } from "./paper";
import { streetLayers } from "./streets";
import type { Asked } from "./link";
import { worded } from "./filter";
import { layerNamed } from "../gateway/page";
import type { LegendLayer } from "./style";
import { load } from "./style";
import { units } from "./units";
import { language, moment, t } from "../texts";

export type LngLat = [longitude: number, latitude: number];

export interface Wish {
  title: string;
  paper: Paper;
  landscape: boolean;
  /** The number of the scale; null for all that is in view. */
  ratio: number | null;
  /** Where the middle of the sheet is; null for the middle of the map. */
  centre: LngLat | null;
}

export interface Scenery {
  gateway: Gateway;
  asked: Asked;
  map: Shown;
  legend: Readonly<Record<string, LegendLayer>>;
}

const BAR = 60; // millimetres that a scale bar may have
const UNEQUAL = 1.01; // scales of the north and the south that are told apart

/** The scale of a sheet: what is wished, or the first round one that shows all that is in view. */
export function ratioOf({ paper, landscape, ratio }: Wish, map: Shown): number {
  if (ratio !== null) return ratio;
  const frame = frames(sizeOf(paper, landscape)).map;
  const { clientWidth, clientHeight } = map.getContainer();
  const pixels = (millimetres: number) => (millimetres / INCH) * PIXELS;
  const larger = Math.max(clientWidth / pixels(frame.width), clientHeight / pixels(frame.height));
  return roundScale(ratioAt(map.getZoom(), map.getCenter().lat) * larger, units());
}

/** Those who made what is on the map, as text: attributions may be HTML. */
function sources(map: Shown): string {
  const given = Object.values(map.getStyle().sources).flatMap((source) =>
    "attribution" in source && source.attribution ? [source.attribution] : [],
  );
  const text = (html: string) => new DOMParser().parseFromString(html, "text/html").body.textContent;
  return [...new Set(given.map(text))].join(", ");
}

/** The sheet of a wish, and the picture for it. */
export async function printed(scenery: Scenery, wish: Wish, signal: AbortSignal) {
  const { gateway, asked, map } = scenery;
  const size = sizeOf(wish.paper, wish.landscape);
  const frame = frames(size).map;
  const centre = wish.centre ?? map.getCenter().toArray();
  const [, lat] = centre;
  const ratio = ratioOf(wish, map);
  const paper = await load(gateway, false, signal);
  const light = withOverlays(paper.style);
  const legend = onPaper(scenery, paper.legend);
  const ground = [...placeLayers("light"), ...streetLayers("light"), ...graticuleLayers("light")];
  const shown = map.getStyle();
  const layers = shown.layers.filter((layer) => !("source" in layer && layer.source === SHEET));
  const style = inColours({ ...shown, layers }, [...light.layers, ...ground], asked.color?.layer ?? null);
  const picture = await drawn({ ...frame, style, centre, zoom: zoomAt(ratio, lat), dpi: size.dpi, legend }, signal);
  const layer = layerNamed(gateway, asked.layer);
  const filtered = layer ? worded(gateway, layer, asked.where) : "";
  const scale = scaleText(ratio, units());
  const sheet: Sheet = {
    size,
    title: wish.title,
    subtitle: [filtered, asked.asOf && t("printed.asItWas", { then: moment(asked.asOf) })]
      .filter(Boolean)
      .map(String)
      .map(capital)
      .join("; "),
    legend: legendOf({ ...scenery, legend }, picture),
    scale: isUnequal(lat, ratio, frame.height) ? t("printed.middle", { scale }) : scale,
    bar: barOf(ratio, units(), BAR),
    notes: [
      t("printed.date", { date: today() }),
      ...(sources(map) ? [t("printed.source", { sources: sources(map) })] : []),
    ],
    url: location.href,
  };
  return { sheet, picture: picture.picture };
}

/** What colours mean on paper: those of the light theme, but for the layer that a reader coloured. */
function onPaper({ asked, legend }: Scenery, light: Scenery["legend"]): Scenery["legend"] {
  const painted = asked.color && legend[asked.color.layer];
  return painted && asked.color ? { ...light, [asked.color.layer]: painted } : light;
}

/** Whether the north of a sheet has another scale than its south, as far out Web Mercator has it. */
function isUnequal(latitude: number, ratio: number, height: number): boolean {
  const half = (height / 2000) * (ratio / 111_000); // degrees
  const at = (degrees: number) => Math.cos((Math.min(Math.abs(degrees), 85) * Math.PI) / 180);
  const [north, south] = [at(latitude + half), at(latitude - half)];
  return Math.max(north, south) / Math.min(north, south) > UNEQUAL;
}

function today(): string {
  return new Date().toLocaleDateString(language(), { dateStyle: "long" });
}

/** The name of a file, made of a title. */
export function fileName(title: string, ending: string): string {
  const name = title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "");
  return `${name || t("print.file")}.${ending}`;
}
