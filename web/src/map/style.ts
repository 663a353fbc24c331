// The style that the gateway makes from its layers, light or dark, with the basemap if there is one, and its legend.
import type { LayerSpecification, StyleSpecification, VectorSourceSpecification } from "maplibre-gl";
import { useEffect, useState } from "react";
import { useDark } from "../canvas/scheme";
import { here } from "../gateway/here";
import type { Gateway } from "../gateway/page";
import type { Bounds } from "./scene";

export interface LegendItem {
  label: string;
  color: string;
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
  /** From which zoom on a layer is drawn, by its name. */
  minzooms: Record<string, number>;
  /** What colours mean, by the name of the layer. */
  legend: Record<string, LegendItem[]>;
}

interface Metadata {
  "gateway:legend": { layer: string; items: LegendItem[] }[];
  "gateway:view"?: View;
}

interface TileJson extends VectorSourceSpecification {
  vector_layers: { id: string; minzoom: number }[];
}

/** Put the basemap of the settings under the layers of the gateway. */
function withBasemap(style: StyleSpecification, basemap: Gateway["basemap"]): StyleSpecification {
  if (!basemap) return style;
  const { tiles, attribution } = basemap;
  const raster: LayerSpecification = { id: "basemap", type: "raster", source: "basemap" };
  const [ground, ...rest] = style.layers;
  return {
    ...style,
    sources: { ...style.sources, basemap: { type: "raster", tiles: [tiles], tileSize: 256, attribution } },
    layers: ground?.type === "background" ? [ground, raster, ...rest] : [raster, ...style.layers],
  };
}

async function read<T>(url: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`The gateway answered ${response.status} to ${url}.`);
  return (await response.json()) as T;
}

async function load(gateway: Gateway, dark: boolean, signal: AbortSignal): Promise<Drawing> {
  // The first layer is drawn last: over all others.
  const names = gateway.layers.map((layer) => layer.name).toReversed();
  const [style, tiles] = await Promise.all([
    read<StyleSpecification>(`/styles/${names.join()}.json?theme=${dark ? "dark" : "light"}`, signal),
    read<TileJson>(`/tiles/${names.join()}.json`, signal),
  ]);
  const { minzoom, maxzoom, attribution } = tiles;
  const vector: VectorSourceSpecification = {
    type: "vector",
    tiles: (tiles.tiles ?? []).map(here),
    minzoom,
    maxzoom,
    attribution,
  };
  const sources = Object.fromEntries(
    Object.entries(style.sources).map(([name, source]) => [name, source.type === "vector" ? vector : source]),
  );
  const { "gateway:legend": legends, "gateway:view": view = null } = style.metadata as Metadata;
  return {
    style: withBasemap({ ...style, sources }, gateway.basemap),
    view,
    minzooms: Object.fromEntries(tiles.vector_layers.map((layer) => [layer.id, layer.minzoom])),
    legend: Object.fromEntries(legends.map(({ layer, items }) => [layer, items])),
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
    load(gateway, dark, stop.signal).then(
      (drawing) => {
        setFound({ drawing, problem: null });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setFound({ drawing: null, problem: (error as Error).message });
      },
    );
    return () => {
      stop.abort();
    };
  }, [gateway, dark]);
  return found;
}
