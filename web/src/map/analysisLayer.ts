// The result of an analysis on the map, coloured, and what the colours mean.
import type {
  ExpressionSpecification,
  FillLayerSpecification,
  FilterSpecification,
  LayerSpecification,
  Map as MapLibre,
  MapGeoJSONFeature,
} from "maplibre-gl";
import { Popup } from "maplibre-gl";
import type { ErrorEvent, MapLayerMouseEvent } from "maplibre-gl";
import { here } from "../gateway/here";
import type { Result } from "./analysis";
import { OTHERS, VALUES } from "./classes";
import { area, distance, plain } from "./figures";
import { t } from "../texts";

const SOURCE = "analysis";
const ALONE = "#b5179e"; // of what has no kinds
const BELOW = "over-changes"; // the first layer of what a page draws itself

/** The property that tells features apart, by method. */
const KEYS: Record<string, string> = { clusterDbscan: "cluster", clusterKMeans: "cluster", dissolve: "value" };

export interface Item {
  label: string;
  color: string;
  /** Rows that are in it. */
  count: number | null;
}

export interface Shown {
  items: Item[];
  /** How many features there are in view. */
  features: number;
}

function layers(key: string | undefined, color: ExpressionSpecification | string): LayerSpecification[] {
  const of = { source: SOURCE, "source-layer": SOURCE, metadata: { key } };
  const is = (kind: string): FilterSpecification => ["==", ["geometry-type"], kind];
  return [
    { ...of, id: "over-analysis", type: "fill", filter: is("Polygon"), paint: { "fill-color": color } },
    { ...of, id: "over-analysis-line", type: "line", paint: { "line-color": color, "line-width": 2 } },
    {
      ...of,
      id: "over-analysis-point",
      type: "circle",
      filter: is("Point"),
      paint: { "circle-color": color, "circle-radius": 5, "circle-stroke-color": "#fff", "circle-stroke-width": 1 },
    },
  ];
}

const FILL = 0.6; // opacity of areas, of that of all

export class ResultLayer {
  private readonly key: string | undefined;
  private readonly ids: string[];
  /** The colours of values, in the order in which they were met. */
  private readonly colors = new Map<string, string>();
  private readonly tip = new Popup({ closeButton: false, closeOnClick: false, anchor: "bottom", offset: 10 });
  private gone = false;

  constructor(
    private readonly map: MapLibre,
    { tiles, minzoom, maxzoom, bounds, name }: Result,
    private readonly onShown: (shown: Shown) => void,
    private readonly onLost: () => void,
  ) {
    this.key = KEYS[name];
    map.addSource(SOURCE, { type: "vector", tiles: [here(tiles[0])], minzoom, maxzoom, ...(bounds && { bounds }) });
    const made = layers(this.key, this.color());
    for (const layer of made) map.addLayer(layer, BELOW);
    this.ids = made.map(({ id }) => id);
    map.on("idle", this.look);
    map.on("mousemove", this.ids, this.hover);
    map.on("mouseleave", this.ids, this.leave);
    map.on("error", this.fail);
    map.once("remove", () => {
      this.gone = true;
    });
  }

  private readonly hover = ({ features, lngLat }: MapLayerMouseEvent) => {
    const told = features?.[0] && about(features[0].properties);
    if (told) this.tip.setLngLat(lngLat).setText(told).addTo(this.map);
    else this.tip.remove();
  };

  /** Tiles that were there are gone, or are for others. */
  private readonly fail = (event: ErrorEvent) => {
    const { status } = event.error as { status?: number };
    if ((event as { sourceId?: string }).sourceId === SOURCE && status && status >= 400 && status < 500) this.onLost();
  };

  private readonly leave = () => {
    this.tip.remove();
  };

  /** Clusters are told apart by their numbers, values by a colour for each, the first ones met. */
  private color(): ExpressionSpecification | string {
    if (this.key === undefined) return ALONE;
    if (this.key === "cluster") {
      const places = VALUES.flatMap((color, place) => [place, color]);
      const place = ["%", ["get", "cluster"], VALUES.length];
      return ["match", place, ...places, OTHERS] as unknown as ExpressionSpecification;
    }
    if (this.colors.size === 0) return OTHERS;
    return ["match", ["to-string", ["get", this.key]], ...[...this.colors].flat(), OTHERS] as ExpressionSpecification;
  }

  private readonly look = () => {
    const found = new Map<unknown, MapGeoJSONFeature>(); // parts of a feature in several tiles are one
    for (const feature of this.map.queryRenderedFeatures({ layers: this.ids })) found.set(feature.id, feature);
    const features = [...found.values()].map(({ properties }) => properties as Record<string, unknown>);
    features.sort((one, other) => Number(other["count"]) - Number(one["count"]));
    this.meet(features);
    const items = this.key === undefined ? [] : itemsOf(this.key, this.colors, features);
    this.onShown({ items, features: features.length });
  };

  private meet(features: readonly Record<string, unknown>[]): void {
    const key = this.key;
    if (key !== "value") return;
    const values = features.map((properties) => text(properties[key]));
    const added = values.filter((value) => !this.colors.has(value)).slice(0, VALUES.length - this.colors.size);
    if (added.length === 0) return;
    for (const value of added) this.colors.set(value, VALUES[this.colors.size] ?? OTHERS);
    const color = this.color();
    this.map.setPaintProperty("over-analysis", "fill-color", color);
    this.map.setPaintProperty("over-analysis-line", "line-color", color);
    this.map.setPaintProperty("over-analysis-point", "circle-color", color);
  }

  /** Let what lies beneath show through. */
  dim(opacity: number): void {
    this.map.setPaintProperty("over-analysis", "fill-opacity", FILL * opacity);
    this.map.setPaintProperty("over-analysis-line", "line-opacity", opacity);
    this.map.setPaintProperty("over-analysis-point", "circle-opacity", opacity);
  }

  remove(): void {
    if (this.gone) return;
    this.tip.remove();
    this.map.off("idle", this.look);
    this.map.off("error", this.fail);
    this.map.off("mousemove", this.ids, this.hover);
    this.map.off("mouseleave", this.ids, this.leave);
    for (const id of this.ids) if (this.map.getLayer(id)) this.map.removeLayer(id);
    if (this.map.getSource(SOURCE)) this.map.removeSource(SOURCE);
  }
}

type Properties = Record<string, unknown>;

/** The kinds of features, by the property that tells them apart and the colours of its values. */
function itemsOf(key: string, colors: ReadonlyMap<string, string>, features: readonly Properties[]): Item[] {
  return features.map((properties): Item => {
    const count = Number(properties["count"]);
    if (key !== "cluster") {
      const value = text(properties["value"]);
      return { label: value || t("rows.noValue"), color: colors.get(value) ?? OTHERS, count };
    }
    const number = Number(properties["cluster"]);
    return { label: t("analysis.cluster", { number }), color: VALUES[number % VALUES.length] ?? OTHERS, count };
  });
}

/** What the colours of a result mean on a picture, by a layer that draws it and what is drawn; the others are one. */
export function legendOfResult(layer: LayerSpecification, features: readonly Properties[]): Omit<Item, "count">[] {
  const { key } = layer.metadata as { key?: string };
  if (key === undefined) return [{ label: t("marked.analysis"), color: ALONE }];
  const { paint } = layer as FillLayerSpecification;
  const [, , ...pairs] = (paint?.["fill-color"] as unknown[] | undefined) ?? [];
  const values = pairs.slice(0, -1);
  const colors = new Map(values.flatMap((value, place) => (place % 2 ? [] : [[text(value), text(values[place + 1])]])));
  const items = itemsOf(key, colors, features).sort((one, other) => (other.count ?? 0) - (one.count ?? 0));
  const rest = items.some(({ color }) => color === OTHERS) ? [{ label: t("classes.others"), color: OTHERS }] : [];
  return [...items.filter(({ color }) => color !== OTHERS), ...rest];
}

/** What a feature is, in a line; empty where nothing is known of it but its shape. */
function about(properties: Record<string, unknown>): string {
  const { cluster, value, count, areaSqm, lengthM } = properties;
  const name =
    cluster !== undefined ? t("analysis.cluster", { number: plain(cluster) }) : value !== undefined ? plain(value) : "";
  const parts = [
    count !== undefined && t("rows.count", { count: Number(count), title: t("rows.row"), titles: t("rows.rows") }),
    Number(areaSqm) > 0 && area(Number(areaSqm)),
    Number(lengthM) > 0 && distance(Number(lengthM)),
  ];
  const told = parts.filter(Boolean).join(", ");
  return name && told ? `${name}: ${told}` : name || told;
}

function text(value: unknown): string {
  return value === undefined ? "" : plain(value);
}
