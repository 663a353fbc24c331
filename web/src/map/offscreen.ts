// The map as it is shown, drawn once more at the resolution of print, on white paper, out of sight.
import type { LayerSpecification, Map as Shown, StyleSpecification } from "maplibre-gl";
import { Map as MapLibre } from "maplibre-gl";
import { keepTextsOff } from "./edges";
import { drawGraticule } from "./graticule";
import { INCH, PIXELS } from "./paper";
import type { InView } from "./seen";
import { inView } from "./seen";
import type { LegendLayer } from "./style";
import { t } from "../texts";

const LONGEST = 120_000; // milliseconds

/** The style of the map that is shown in the colours of other layers, but for those that a reader gave it. */
export function inColours(shown: StyleSpecification, other: readonly LayerSpecification[], painted: string | null) {
  const others = new Map(other.map((layer) => [layer.id, layer]));
  const layers = shown.layers.map((layer): LayerSpecification => {
    const wanted = others.get(layer.id);
    if (!wanted || layer.id === painted) return layer;
    const now = (layer.paint ?? {}) as Record<string, unknown>;
    const opacity = now["fill-opacity"];
    const paint = { ...wanted.paint, ...(opacity !== undefined && { "fill-opacity": opacity }) };
    return { ...layer, paint } as LayerSpecification;
  });
  return { ...shown, layers };
}

export interface Wanted {
  style: StyleSpecification;
  centre: [longitude: number, latitude: number];
  zoom: number;
  /** Millimetres. */
  width: number;
  height: number;
  dpi: number;
  legend: Readonly<Record<string, LegendLayer>>;
}

export type Properties = Record<string, unknown>;

export interface Drawn {
  picture: HTMLCanvasElement;
  /** What is on it. */
  seen: InView["seen"];
  /** The properties of what is drawn, each feature once, by the layer of the style that draws it. */
  features: ReadonlyMap<string, Properties[]>;
}

/** Draw a map; throws where tiles could not be read, or `signal` says so. */
export async function drawn({ legend, ...wanted }: Wanted, signal: AbortSignal): Promise<Drawn> {
  const container = document.createElement("div");
  container.className = "offscreen";
  container.inert = true;
  const pixels = (millimetres: number) => Math.round((millimetres / INCH) * PIXELS);
  container.style.width = `${pixels(wanted.width)}px`;
  container.style.height = `${pixels(wanted.height)}px`;
  document.body.append(container);
  const map = new MapLibre({
    container,
    style: wanted.style,
    center: wanted.centre,
    zoom: wanted.zoom,
    minZoom: -2,
    interactive: false,
    attributionControl: false,
    fadeDuration: 0,
    pixelRatio: wanted.dpi / PIXELS,
    maxCanvasSize: [8192, 8192],
    trackResize: false,
    canvasContextAttributes: { preserveDrawingBuffer: true },
  });
  try {
    map.once("style.load", () => {
      drawGraticule(map);
      keepTextsOff(map, pixels(wanted.width), pixels(wanted.height));
    });
    await still(map, signal);
    const picture = document.createElement("canvas");
    const source = map.getCanvas();
    picture.width = source.width;
    picture.height = source.height;
    const paper = picture.getContext("2d");
    if (!paper) throw new Error(t("errors.memory"));
    paper.fillStyle = "#ffffff";
    paper.fillRect(0, 0, picture.width, picture.height);
    paper.drawImage(source, 0, 0);
    return { picture, seen: inView(map, legend).seen, features: featuresOn(map) };
  } finally {
    map.remove();
    container.remove();
  }
}

function featuresOn(map: Shown): Drawn["features"] {
  const found = new Map<string, Map<unknown, Properties>>();
  for (const { layer, id, properties } of map.queryRenderedFeatures()) {
    const features = found.get(layer.id) ?? new Map<unknown, Properties>();
    found.set(layer.id, features.set(id ?? features.size, properties)); // parts in several tiles have one id
  }
  return new Map([...found].map(([layer, features]) => [layer, [...features.values()]]));
}

/** Wait until a map has drawn all that it has. */
function still(map: Shown, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error(t("errors.late")));
    }, LONGEST);
    const end = (ended: () => void) => {
      clearTimeout(late);
      ended();
    };
    map.on("error", ({ error }) => {
      end(() => {
        reject(new Error(t("errors.gaps"), { cause: error }));
      });
    });
    map.on("idle", () => {
      end(resolve);
    });
    signal.addEventListener("abort", () => {
      end(() => {
        reject(signal.reason as DOMException);
      });
    });
  });
}
