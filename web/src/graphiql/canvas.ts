// The map of the panel: draws features, says which one the pointer is on, and lets a person draw.
import type { Feature, Point, Polygon } from "geojson";
import type { ExpressionSpecification, StyleSpecification } from "maplibre-gl";
import { GeoJSONSource, LngLatBounds, Map as MapLibre, NavigationControl } from "maplibre-gl";
import type { Shape } from "../canvas/pen";
import { Pen } from "../canvas/pen";
import "../canvas/worker";
import type { Gateway } from "../gateway/page";

const LAYERS = ["areas", "lines", "points"];
const AREA: ExpressionSpecification = ["match", ["geometry-type"], ["Polygon", "MultiPolygon"], true, false];
const POINT: ExpressionSpecification = ["match", ["geometry-type"], ["Point", "MultiPoint"], true, false];

function style(basemap: Gateway["basemap"], dark: boolean): StyleSpecification {
  const ground = dark ? "#1b2226" : "#f4f5f2";
  return {
    version: 8,
    sources: {
      answer: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
      ...(basemap && {
        basemap: { type: "raster", tiles: [basemap.tiles], tileSize: 256, attribution: basemap.attribution },
      }),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": ground } },
      ...(basemap ? [{ id: "basemap", type: "raster" as const, source: "basemap" }] : []),
      {
        id: "areas",
        type: "fill",
        source: "answer",
        filter: AREA,
        paint: {
          "fill-color": ["get", "color"],
          "fill-opacity": ["case", ["boolean", ["feature-state", "on"], false], 0.85, 0.5],
        },
      },
      {
        id: "lines",
        type: "line",
        source: "answer",
        filter: ["!", POINT],
        paint: {
          "line-color": ["get", "color"],
          "line-width": ["case", ["boolean", ["feature-state", "on"], false], 3, 1.2],
        },
      },
      {
        id: "points",
        type: "circle",
        source: "answer",
        filter: POINT,
        paint: {
          "circle-color": ["get", "color"],
          "circle-radius": 5,
          "circle-stroke-width": 1.5,
          "circle-stroke-color": ground,
        },
      },
    ],
  };
}

/** The box around positions, however deeply they are nested. */
function extend(bounds: LngLatBounds, coordinates: unknown): void {
  if (!Array.isArray(coordinates)) return;
  if (typeof coordinates[0] === "number") bounds.extend(coordinates as [number, number]);
  else for (const inner of coordinates) extend(bounds, inner);
}

function boundsOf(features: readonly Feature[]): LngLatBounds {
  const bounds = new LngLatBounds();
  for (const { geometry } of features) {
    if (geometry.type === "GeometryCollection")
      for (const each of geometry.geometries) extend(bounds, "coordinates" in each ? each.coordinates : []);
    else extend(bounds, geometry.coordinates);
  }
  return bounds;
}

export class Canvas {
  readonly map: MapLibre;
  private readonly pen: Pen;
  private readonly loaded: Promise<unknown>;
  private on: number | null = null;

  constructor(
    container: HTMLElement,
    basemap: Gateway["basemap"],
    dark: boolean,
    onHover: (place: number | null) => void,
    onDrawn: (drawn: Point | Polygon) => void,
  ) {
    this.map = new MapLibre({
      container,
      style: style(basemap, dark),
      center: [0, 20],
      zoom: 0,
      maxPitch: 0,
      attributionControl: basemap ? { compact: true } : false,
    });
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    window.map = this.map;
    this.pen = new Pen(this.map, onDrawn);
    this.loaded = this.map.once("load");
    this.map.on("mousemove", (event) => {
      const [top] = this.map.queryRenderedFeatures(event.point, {
        layers: LAYERS.filter((id) => this.map.getLayer(id)),
      });
      this.mark(top ? Number(top.id) : null, onHover);
    });
    this.map.on("mouseout", () => {
      this.mark(null, onHover);
    });
  }

  private mark(place: number | null, onHover: (place: number | null) => void): void {
    if (place === this.on) return;
    if (this.on !== null) this.map.setFeatureState({ source: "answer", id: this.on }, { on: false });
    if (place !== null) this.map.setFeatureState({ source: "answer", id: place }, { on: true });
    this.on = place;
    onHover(place);
  }

  /** Draw features; `frame` moves the view to them. */
  show(features: readonly Feature[], frame: boolean): void {
    void this.loaded.then(() => {
      void this.map.getSource<GeoJSONSource>("answer")?.setData({ type: "FeatureCollection", features: [...features] });
      const bounds = boundsOf(features);
      if (frame && !bounds.isEmpty()) this.map.fitBounds(bounds, { padding: 30, maxZoom: 19, animate: false });
    });
  }

  /** Let a person draw; null stops that. */
  draw(shape: Shape | null): void {
    void this.loaded.then(() => {
      this.pen.take(shape ?? "");
    });
  }

  remove(): void {
    this.pen.stop();
    this.map.remove();
  }
}
