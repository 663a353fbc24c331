// The overview of a layer on the map as heat: where rows, or the sum of a column of theirs, lie densest.
import type { ExpressionSpecification, FilterSpecification, Map as MapLibre } from "maplibre-gl";
import type { Units } from "../gateway/page";
import { COUNT } from "./heat";
import { overviewOf } from "./overview";

const CELL = 8; // pixels of the side of a cell, at a whole zoom
const TILE = 512; // pixels of a tile
const AROUND = 40_075_016.686; // metres of the equator
const UNITS: Record<Units, number> = { metric: 1000, imperial: 1609.344 }; // metres of the side of a unit of area

/** Colours from few to many. */
export const RAMPS = {
  light: ["#ffeda0", "#feb24c", "#f03b20", "#800026"],
  dark: ["#51127c", "#b63679", "#fb8861", "#fcfdbf"],
} as const;

/** The URL of tiles whose overviews are points, with the sum. */
export function pointsAt(url: string, field: string | null): string {
  return `${url}&cells=points${field === null ? "" : `&sum=${field}`}`;
}

/** The number of a cell that heat shows as its most: a few that have more are as hot. */
export function most(values: readonly number[]): number {
  const sorted = values.filter((value) => value > 0).sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.98) - 1] ?? 0;
}

/** The side of a cell at a zoom, in pixels of the screen: tiles are of whole zooms. */
export function side(zoom: number): number {
  return CELL * 2 ** (zoom - Math.floor(zoom));
}

/** What a number of a cell is on a unit of area: a square kilometre or mile. */
export function density(value: number, zoom: number, latitude: number, units: Units): number {
  const pixel = (AROUND * Math.cos((latitude * Math.PI) / 180)) / (TILE * 2 ** zoom);
  return value / ((side(zoom) * pixel) / UNITS[units]) ** 2;
}

function ramp(dark: boolean): ExpressionSpecification {
  const colors = RAMPS[dark ? "dark" : "light"];
  const stops = colors.flatMap((color, place) => [(place + 1) / colors.length, color]);
  return ["interpolate", ["linear"], ["heatmap-density"], 0, "rgba(0,0,0,0)", ...stops] as ExpressionSpecification;
}

/** What is hottest in view. */
export interface Hot {
  /** The number of its cell; 0 where rows are drawn one by one. */
  most: number;
  zoom: number;
  latitude: number;
}

const RADIUS = 18; // pixels that a point warms
const STEADY = 0.1; // by which the most of what is in view may change without a change of the colours
const LAYER = "over-heat";
const SELECTION = "over-selection-overview"; // the cells of a filter
const NONE: FilterSpecification = ["==", ["literal", 0], 1];
const BELOW = "over-changes"; // the first layer of what a page draws itself

export class HeatLayer {
  private gone = false;
  private last = 0;
  private readonly cells: string;
  private readonly overview: string;
  private readonly value: string;

  constructor(
    private readonly map: MapLibre,
    private readonly layer: { name: string; minzoom: number },
    url: string,
    field: string | null,
    dark: boolean,
    private readonly onHot: (hot: Hot) => void,
  ) {
    this.cells = `${layer.name}-overview`;
    this.overview = overviewOf(layer.name);
    this.value = field === null ? COUNT : "sum";
    map.addSource(LAYER, { type: "vector", tiles: [url], minzoom: 0, maxzoom: layer.minzoom - 1 });
    map.addLayer(
      {
        id: LAYER,
        type: "heatmap",
        source: LAYER,
        "source-layer": this.overview,
        maxzoom: layer.minzoom,
        paint: { "heatmap-radius": RADIUS, "heatmap-color": ramp(dark), "heatmap-weight": 0 },
      },
      BELOW,
    );
    this.showCells(false);
    map.on("idle", this.look);
    map.once("remove", () => {
      this.gone = true;
    });
  }

  /** Cells would cover the heat: those of all rows, and those of a filter. */
  private showCells(shown: boolean): void {
    for (const id of [this.cells, SELECTION]) {
      if (this.map.getLayer(id)?.sourceLayer !== this.overview) continue;
      const wanted = shown ? undefined : NONE;
      if (JSON.stringify(this.map.getFilter(id)) !== JSON.stringify(wanted)) this.map.setFilter(id, wanted);
    }
  }

  /** What is hottest in view has the last colour, at every zoom. */
  private readonly look = () => {
    this.showCells(false);
    const zoom = this.map.getZoom();
    const near = zoom >= this.layer.minzoom;
    const found = near ? [] : this.map.querySourceFeatures(LAYER, { sourceLayer: this.overview });
    const top = most(found.map(({ properties }) => Number(properties[this.value] ?? 0)));
    this.onHot({ most: top, zoom, latitude: this.map.getCenter().lat });
    const scaled = top * side(zoom) ** -2;
    if (top === 0 || Math.abs(scaled - this.last) < STEADY * this.last) return;
    this.last = scaled;
    const value: ExpressionSpecification = ["max", 0, ["to-number", ["get", this.value], 0]];
    this.map.setPaintProperty(LAYER, "heatmap-weight", ["min", 1, ["/", value, top]]);
    this.map.setPaintProperty(LAYER, "heatmap-intensity", intensity(side(zoom)));
  };

  dim(opacity: number): void {
    this.map.setPaintProperty(LAYER, "heatmap-opacity", opacity);
  }

  remove(): void {
    if (this.gone) return;
    this.map.off("idle", this.look);
    this.map.removeLayer(LAYER);
    this.map.removeSource(LAYER);
    this.showCells(true);
  }
}

// MapLibre's kernel: the density of one point is 0.4 exp(-4.5 d²/r²).
const KERNEL = (0.3989 * Math.PI) / 4.5;

/** What makes cells of the greatest number, side by side, as dense as 1. */
function intensity(side: number): number {
  return Math.max(1, side ** 2 / (KERNEL * RADIUS ** 2));
}
