// The style that the gateway makes from its layers, light or dark, with a basemap, and its legend.
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import { useEffect, useState } from "react";
import { useDark } from "../canvas/scheme";
import { Unreached } from "../gateway/ask";
import { back } from "../gateway/away";
import { here } from "../gateway/here";
import { at, type Gateway } from "../gateway/page";
import { layerOf } from "./overview";
import type { Bounds } from "./scene";
import { withWorld } from "./world";
import { t } from "../texts";

export interface LegendItem {
  /** null where all rows of the layer look alike. */
  value: string | null;
  label: string;
  color: string;
  use?: string;
  about?: string | null;
  overlay?: boolean;
  /** How many rows there are in all, where that is told. */
  count?: number | null | undefined;
}

export interface LegendLayer {
  /** The field that is coloured. */
  field: string | null;
  items: LegendItem[];
}

/** Where to look first: the box of most rows, and the zoom from which some of them are drawn. */
export interface View {
  bounds: Bounds;
  minzoom: number;
}

export interface Drawing {
  style: StyleSpecification;
  /** null where there are no rows. */
  view: View | null;
  /** What colours mean, by the name of the layer. */
  legend: Record<string, LegendLayer>;
}

interface Metadata {
  "gateway:legend": ({ layer: string } & LegendLayer)[];
  "gateway:view"?: View;
}

export const LABELS = "_labels"; // after the name of a layer: its points for texts

/** The name of the gateway's layer that a layer of the style draws; null for one of the page's own. */
export function drawnLayer(layer: LayerSpecification): string | null {
  if (!("source-layer" in layer) || layer.id.startsWith("over-")) return null;
  return layerOf(layer["source-layer"] ?? "").replace(new RegExp(`${LABELS}$`), "");
}

/** Put the basemap of the settings under the layers of the gateway, or the world in outlines. */
function withBasemap(style: StyleSpecification, basemap: Gateway["basemap"], dark: boolean): StyleSpecification {
  if (!basemap) return withWorld(style, dark);
  const { tiles, attribution } = basemap;
  const raster: LayerSpecification = { id: "basemap", type: "raster", source: "basemap" };
  const [ground, ...rest] = style.layers;
  return {
    ...style,
    sources: { ...style.sources, basemap: { type: "raster", tiles: [tiles], tileSize: 256, attribution } },
    layers: ground?.type === "background" ? [ground, raster, ...rest] : [raster, ...style.layers],
  };
}

/** A source for each layer in place of one for all: what is small is drawn while what is large is on its way. */
function withSources(style: StyleSpecification, { layers, drawn }: Gateway): StyleSpecification {
  const { attribution } = drawn;
  // They are fetched in this order: what lies lowest has the largest rows and so the fewest.
  const sources = layers.toReversed().flatMap(({ name, tiles, labels, minzoom }) => {
    const texts = style.sources[name + LABELS];
    const maxzoom = Math.max(drawn.maxzoom, minzoom);
    const areas = { type: "vector", tiles: [location.origin + at(tiles)], minzoom: 0, maxzoom, attribution };
    return [
      [name, areas],
      ...(texts ? [[name + LABELS, { ...texts, tiles: [location.origin + at(labels)] }]] : []),
    ] as const;
  });
  return {
    ...style,
    // The gateway may call itself by another name than the page's: a proxy has its own.
    ...(style.glyphs && { glyphs: here(style.glyphs) }),
    ...(typeof style.sprite === "string" && { sprite: here(style.sprite) }),
    sources: Object.fromEntries(sources) as StyleSpecification["sources"],
    layers: style.layers.map((layer) =>
      "source-layer" in layer ? { ...layer, source: layerOf(layer["source-layer"] ?? "") } : layer,
    ),
  };
}

/** The style of a theme, from the gateway. */
export async function load(gateway: Gateway, dark: boolean, signal: AbortSignal): Promise<Drawing> {
  const url = at(gateway.drawn.styles[dark ? "dark" : "light"]);
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    throw signal.aborted ? error : new Unreached(error);
  });
  if (!response.ok) throw new Error(t("errors.status", { status: response.status, url }));
  const style = (await response.json()) as StyleSpecification;
  const { "gateway:legend": legends, "gateway:view": view = null } = style.metadata as Metadata;
  return {
    style: withBasemap(withSources(style, gateway), gateway.basemap, dark),
    view,
    legend: Object.fromEntries(legends.map(({ layer, ...legend }) => [layer, legend])),
  };
}

interface Read {
  drawing: Drawing | null;
  problem: string | null;
}

/** The style and where to look first, once they are here; a new one when the scheme of colours changes. */
export function useDrawing(gateway: Gateway): Read {
  const [found, setFound] = useState<Read>({ drawing: null, problem: null });
  const dark = useDark();
  useEffect(() => {
    const stop = new AbortController();
    const run = () => {
      if (stop.signal.aborted) return;
      load(gateway, dark, stop.signal).then(
        (drawing) => {
          setFound({ drawing, problem: null });
        },
        (error: unknown) => {
          if (stop.signal.aborted) return;
          setFound({ drawing: null, problem: (error as Error).message });
          void back().then(run);
        },
      );
    };
    run();
    return () => {
      stop.abort();
    };
  }, [gateway, dark]);
  return found;
}
