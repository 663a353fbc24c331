// What is drawn: the gateway's own style from its tiles, and over it the selection, what is nearest, picked and drawn.
import type { FeatureCollection, Geometry, Polygon, Position } from "geojson";
import type { ExpressionSpecification, LngLatBoundsLike, MapGeoJSONFeature, MapMouseEvent } from "maplibre-gl";
import { GeoJSONSource, Map as MapLibre, NavigationControl, ScaleControl, GeolocateControl } from "maplibre-gl";
import "../canvas/worker";
import { back } from "../gateway/away";
import type { Units } from "../gateway/page";
import type { Picked } from "./link";
import { fetchPen } from "../canvas/lazyPen";
import type { Measure, OnCircle, Pen } from "../canvas/pen";
import type { Overlay } from "./overlays";
import type { Paint } from "./look";
import type { Drawing, LegendLayer } from "./style";
import { drawnLayer } from "./style";
import type { InView } from "./seen";
import { inView } from "./seen";
import { HASH, keepViews, linked, step } from "./views";
import { showWorld } from "./world";
import { outline, showTiles, withOverlays } from "./overlays";
import { featureAt, outlineUnder, pickable } from "./pick";
import { dimmed } from "./opacity";
import { readFrom } from "./sources";
import { hide, stack } from "./stack";
import { locale } from "./locale";

export type Tool = "pick" | "polygon" | "rectangle" | "circle" | "nearest" | "length" | "area";
/** What the map is used for: a tool, or editing, which looks after its own clicks. */
export type Use = Tool | "edit";
export type Bounds = [west: number, south: number, east: number, north: number];

const ENDING = 400; // milliseconds in which a drawing ends
const COLOURED = 0.85; // opacity of a layer that a field colours

/** Bounds as MapLibre wants them: west of east, even across the antimeridian. */
function around([west, south, east, north]: Bounds): LngLatBoundsLike {
  return [
    [west, south],
    [east < west ? east + 360 : east, north],
  ];
}

export interface Frame {
  box: Bounds;
  alone?: boolean;
}

export interface Events {
  onPick: (picked: Picked | null) => void;
  onPoint: (position: Position) => void;
  onArea: (area: Polygon) => void;
  onCircle: OnCircle;
  onHover: (feature: MapGeoJSONFeature | null, at: { x: number; y: number }) => void;
  onZoom: (zoom: number) => void;
  /** What the shape that is drawn to be measured has so far; null for none. */
  onMeasure: (measure: Measure | null) => void;
  /** Names of the layers of which tiles in view do not hold all rows. */
  onDropped: (layers: string[]) => void;
  onSeen: (seen: InView) => void;
  /** The map, once layers can be added to it; null when it goes. */
  onMap: (map: MapLibre | null) => void;
}

/** A MapLibre map with what the page draws on it. Methods may be called before the style is there: they wait. */
export class Scene {
  readonly map: MapLibre;
  private pen: Pen | null = null;
  private penAsked = false;
  private readonly ready: Promise<void>;
  private readonly pickable: string[];
  private readonly scale = new ScaleControl({});
  private tool: Use = "pick";
  private removed = false;
  private painted: string | null = null;
  private opacity: Readonly<Record<string, number>> = {};
  private readonly legend: Record<string, LegendLayer>;
  private drawnAt = -Infinity;

  constructor(
    container: HTMLElement,
    private readonly drawing: Drawing,
    private readonly layers: readonly string[],
    private readonly events: Events,
  ) {
    const { style, view } = drawing;
    this.legend = { ...drawing.legend };
    this.map = new MapLibre({
      container,
      style: withOverlays(style),
      locale: locale(),
      hash: HASH,
      ...(view && { bounds: around(view.bounds), fitBoundsOptions: { padding: 20 } }),
      attributionControl: { compact: true },
      maxPitch: 0,
      dragRotate: false,
      pitchWithRotate: false,
      canvasContextAttributes: { preserveDrawingBuffer: false },
    });
    window.map = this.map;
    if (view && !linked()) this.map.setZoom(Math.max(this.map.getZoom(), view.minzoom));
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new GeolocateControl({}), "top-right");
    this.map.addControl(this.scale, "bottom-right");
    this.pickable = pickable(style, layers);
    this.ready = new Promise((resolve) => {
      this.map.once("style.load", () => {
        if (!this.removed) resolve();
      });
    });
    void this.ready.then(() => {
      showWorld(this.map);
      this.events.onMap(this.map);
    });
    keepViews(this.map);
    this.listen();
    this.events.onZoom(this.map.getZoom());
  }

  private listen(): void {
    this.map.on("click", (event) => {
      this.click(event);
    });
    this.map.on("mousemove", (event) => {
      if (this.tool === "edit") return; // what edits says what is under the pointer
      const found = this.tool === "pick" ? featureAt(this.map, this.pickable, event.point) : null;
      this.map.getCanvas().style.cursor = this.tool !== "pick" ? "crosshair" : found ? "pointer" : "";
      this.events.onHover(found, event.point);
      outlineUnder(this.map, found);
    });
    this.map.on("zoom", () => {
      this.events.onZoom(this.map.getZoom());
    });
    this.map.on("error", ({ error }) => {
      const { status } = error as { status?: number };
      if (status === 0 || (status ?? 0) >= 500) void this.again();
      else console.error(error);
    });
    this.map.on("idle", () => {
      void this.takePen();
      const dropped = (name: string) => this.map.querySourceFeatures(name, { sourceLayer: "dropped" }).length > 0;
      this.events.onDropped(this.layers.filter(dropped));
      this.events.onSeen(inView(this.map, this.legend));
    });
    this.map.on("mouseout", (event) => {
      this.events.onHover(null, event.point);
      outlineUnder(this.map, null);
    });
    this.map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key === "Enter")
        this.choose(
          this.map.getCenter().toArray(),
          featureAt(this.map, this.pickable, this.map.project(this.map.getCenter())),
        );
    });
  }

  /** Have a pen, where there is none yet: what could not be fetched is tried again when the map rests again. */
  private async takePen(): Promise<void> {
    if (this.penAsked) return;
    this.penAsked = true;
    const made = await fetchPen().catch(() => null);
    if (!made) this.penAsked = false;
    if (!made || this.removed) return;
    const { onArea, onCircle, onMeasure } = this.events;
    const area = (shape: Geometry) => {
      this.drawnAt = performance.now();
      if (shape.type === "Polygon") onArea(shape);
    };
    this.pen = new made(this.map, area, onMeasure, (centre, radius) => {
      this.drawnAt = performance.now();
      onCircle(centre, radius);
    });
    this.pen.take(this.tool);
  }

  private click(event: MapMouseEvent): void {
    // The click that ends a drawing, or the second one of a double click, picks nothing.
    if (performance.now() - this.drawnAt < ENDING) return;
    this.choose(event.lngLat.toArray(), featureAt(this.map, this.pickable, event.point));
  }

  private choose(position: Position, found: MapGeoJSONFeature | null): void {
    if (this.tool === "nearest") this.events.onPoint(position);
    else if (this.tool === "pick")
      this.events.onPick(found && { layer: found.sourceLayer ?? "", id: Number(found.id) });
  }

  setUnits(units: Units): void {
    this.scale.setUnit(units);
  }

  /** Tiles that found no gateway are read once it is back. */
  private async again(): Promise<void> {
    await back();
    if (this.removed) return;
    for (const [id, { type }] of Object.entries(this.map.getStyle().sources))
      if (type === "vector") this.map.refreshTiles(id);
  }

  setTool(tool: Use): void {
    this.tool = tool;
    void this.ready.then(() => {
      if (this.removed) return;
      this.events.onHover(null, { x: 0, y: 0 });
      outlineUnder(this.map, null);
      this.pen?.take(tool);
    });
  }

  /** Draw what is picked, drawn, or the point that rows are near to over all layers. */
  show(overlay: Overlay, geometry: Geometry | null): void {
    this.draw(overlay, outline(geometry));
  }

  /** Draw features over all layers: what changed, or who is told. */
  draw(overlay: Overlay, features: FeatureCollection): void {
    void this.ready.then(() => {
      void this.map.getSource<GeoJSONSource>(overlay)?.setData(features);
    });
  }

  /** Draw the tiles of a selection; null draws none. */
  select(sourceLayer: string, url: string | null): void {
    void this.ready.then(() => {
      if (!this.removed) showTiles(this.map, sourceLayer, url);
    });
  }

  /** Draw layers in an order, that on top first. */
  arrange(order: readonly string[]): void {
    void this.ready.then(() => {
      if (!this.removed) stack(this.map, order);
    });
  }

  hide(layers: readonly string[]): void {
    void this.ready.then(() => {
      if (!this.removed) hide(this.map, layers);
    });
  }

  /** Let what lies under layers show through them. */
  dim(opacity: Readonly<Record<string, number>>): void {
    this.opacity = opacity;
    void this.ready.then(() => {
      for (const layer of this.drawing.style.layers) {
        if (layer.type !== "fill" || !this.map.getLayer(layer.id) || drawnLayer(layer) === null) continue;
        const part = opacity[drawnLayer(layer) ?? ""] ?? 1;
        const own = (layer.paint?.["fill-opacity"] ?? 1) as number | ExpressionSpecification;
        const full = layer.id === this.painted ? COLOURED : own;
        this.map.setPaintProperty(layer.id, "fill-opacity", dimmed(full, part));
      }
    });
  }

  /** Read tiles from the URL that `tiles` makes of the name of a source and its own URL. */
  read(tiles: (name: string, own: string) => string): void {
    void this.ready.then(() => {
      if (!this.removed) readFrom(this.map, this.drawing.style, tiles);
    });
  }

  /** Colour a layer by a field that its tiles then hold; null gives all layers the colours of the style again. */
  paint(paint: Paint | null): void {
    void this.ready.then(() => {
      if (this.removed) return;
      for (const layer of this.drawing.style.layers) {
        const wanted = layer.id === paint?.by.layer ? paint : null;
        const source = this.drawing.style.sources[layer.id];
        if (source?.type !== "vector" || drawnLayer(layer) !== layer.id) continue;
        const property = `${layer.type}-color`;
        const own = (layer.paint as Record<string, unknown>)[property];
        this.map.setPaintProperty(layer.id, property as "fill-color", (wanted?.color ?? own) as string);
        this.legend[layer.id] = wanted?.legend ?? this.drawing.legend[layer.id] ?? { field: null, items: [] };
      }
      this.painted = paint?.by.layer ?? null;
      this.dim(this.opacity);
    });
  }

  /** Go to a box; `alone` where nothing else is asked that is a step of the history. */
  frame({ box, alone }: Frame): void {
    if (alone) step();
    this.map.fitBounds(around(box), { padding: 60, maxZoom: 18, duration: 600 });
  }

  remove(): void {
    this.removed = true;
    this.events.onMap(null);
    this.pen?.stop();
    const { hash } = location;
    this.map.remove();
    // MapLibre takes the view out of the address, where the map that follows looks for it.
    history.replaceState(history.state, "", location.pathname + location.search + hash);
  }
}
