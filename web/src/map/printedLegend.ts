// The legend of a printed map: what its colours mean, of all that is on the picture.
import type { Map as Shown } from "maplibre-gl";
import { legendOfResult } from "./analysisLayer";
import type { Entry, Sheet } from "./layout";
import type { Asked } from "./link";
import { ordered } from "./look";
import type { Drawn } from "./offscreen";
import { OVERLAY_LEGEND } from "./overlays";
import type { Gateway } from "../gateway/page";
import type { LegendLayer } from "./style";
import { t } from "../texts";

interface Shows {
  gateway: Gateway;
  map: Shown;
  legend: Readonly<Record<string, LegendLayer>>;
  asked: Pick<Asked, "look">;
}

type Group = Sheet["legend"][number];

/** Layers with their colours, the result of an analysis, and what is marked. */
export function legendOf(shows: Shows, drawn: Drawn): Sheet["legend"] {
  return [...layersOf(shows, drawn), ...resultOf(shows, drawn), ...markedOf(drawn)];
}

function layersOf({ gateway, legend, asked: { look } }: Shows, { seen, features }: Drawn): Group[] {
  return ordered(gateway, look).flatMap(({ name, titles }) => {
    const of = legend[name];
    if (!of || look.hidden.includes(name)) return [];
    if (!features.has(name)) return features.has(`${name}-overview`) ? [overview(titles, of)] : [];
    const counts = seen[name] ?? {};
    const items = of.field
      ? of.items.filter(({ value }) => counts[value ?? ""] !== undefined || value === null)
      : of.items;
    const entries = items.map(({ label, about, color, overlay }): Entry => {
      return { label, about, color, drawn: overlay ? "hatched" : "area" };
    });
    return [{ title: capital(titles), entries }];
  });
}

function overview(titles: string, { items }: LegendLayer): Group {
  const color = items[0]?.color ?? "#9a9a9a";
  return { title: capital(titles), entries: [{ label: t("legend.overview"), color, drawn: "area" }] };
}

function resultOf({ map }: Shows, { features }: Drawn): Group[] {
  const ids = ["over-analysis", "over-analysis-line", "over-analysis-point"];
  const found = ids.map((id) => features.get(id)).find((each) => each !== undefined);
  const layer = map.getStyle().layers.find(({ id }) => id === ids[0]);
  if (!found || !layer) return [];
  const entries = legendOfResult(layer, found).map((item): Entry => ({ ...item, drawn: "area" }));
  return [{ title: t("analysis.title"), entries }];
}

function markedOf({ features }: Drawn): Group[] {
  const entries = OVERLAY_LEGEND.flatMap(({ text, color, layers, kind, line }): Entry[] => {
    const meant = layers.flatMap((id) => features.get(id) ?? []);
    const some = meant.some((properties) => kind === undefined || properties["kind"] === kind);
    return some ? [{ label: t(`marked.${text}`), color, drawn: line ? "line" : "area" }] : [];
  });
  return entries.length > 0 ? [{ title: t("marked.title"), entries }] : [];
}

/** A text with a capital at its beginning. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
