// What is drawn: the gateway's own style from its tiles, and over it the selection, what is nearest, picked and drawn.
import type { Geometry, Polygon, Position } from "geojson";
import type {
  ExpressionSpecification,
  LngLatBoundsLike,
  MapGeoJSONFeature,
  MapMouseEvent,
  PointLike,
} from "maplibre-gl";
import { GeoJSONSource, Map as MapLibre, NavigationControl, ScaleControl, GeolocateControl } from "maplibre-gl";
import "../canvas/worker";
import type { Picked } from "./link";
import { Pen } from "../canvas/pen";
import type { Overlay } from "./overlays";
import type { Drawing } from "./style";
import { drawnLayer } from "./style";
import { showWorld } from "./world";
import { HIGHLIGHTS, outline, showTiles, withOverlays } from "./overlays";

export type Tool = "pick" | "polygon" | "rectangle" | "nearest";
export type Bounds = [west: number, south: number, east: number, north: number];

const HASH = "map";
const ENDING = 400; // milliseconds in which a drawing ends
const REACH = 4; // pixels beside a point or a line that still mean it

/** Bounds as MapLibre wants them: west of east, even across the antimeridian. */
function around([west, south, east, north]: Bounds): LngLatBoundsLike {
  return [
    [west, south],
    [east < west ? east + 360 : east, north],
  ];
}

/** Whether the address says what to look at. */
export function linked(): boolean {
  return new URLSearchParams(location.hash.slice(1)).has(HASH);
}

/** Numbers of rows by layer and value. */
export type Seen = Record<string, Record<string, number>>;

export interface Events {
  onPick: (picked: Picked | null) => void;
  onPoint: (position: Position) => void;
  onArea: (area: Polygon) => void;
  onHover: (feature: MapGeoJSONFeature | null, at: { x: number; y: number }) => void;
  onZoom: (zoom: number) => void;
  /** Names of the layers of which tiles in view do not hold all rows. */
  onDropped: (layers: string[]) => void;
  /** How many rows of each kind are in view. */
  onSeen: (seen: Seen) => void;
}

/** A MapLibre map with what the page draws on it. Methods may be called before the style is there: they wait. */
export class Scene {
  readonly map: MapLibre;
  private readonly pen: Pen;
  private readonly ready: Promise<void>;
  private readonly pickable: string[];
  private tool: Tool = "pick";
  private removed = false;
  private drawnAt = -Infinity;

  constructor(
    container: HTMLElement,
    private readonly drawing: Drawing,
    private readonly layers: readonly string[],
    private readonly events: Events,
  ) {
    const { style, view } = drawing;
    this.map = new MapLibre({
      container,
      style: withOverlays(style),
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
    this.map.addControl(new ScaleControl({}), "bottom-right");
    this.pickable = style.layers
      .filter((layer) => layer.type !== "symbol" && layers.includes(drawnLayer(layer) ?? ""))
      .map((layer) => layer.id)
      .filter((id) => !id.endsWith("-outline"));
    this.pen = new Pen(this.map, (drawn) => {
      this.drawnAt = performance.now();
      if (drawn.type === "Polygon") this.events.onArea(drawn);
    });
    this.ready = new Promise((resolve) => {
      this.map.once("style.load", () => {
        if (!this.removed) resolve();
      });
    });
    void this.ready.then(() => {
      showWorld(this.map);
    });
    this.listen();
    this.events.onZoom(this.map.getZoom());
  }

  private listen(): void {
    this.map.on("click", (event) => {
      this.click(event);
    });
    this.map.on("mousemove", (event) => {
      const found = this.tool === "pick" ? this.at(event.point) : null;
      this.map.getCanvas().style.cursor = this.tool !== "pick" ? "crosshair" : found ? "pointer" : "";
      this.events.onHover(found, event.point);
      this.hover(found);
    });
    this.map.on("zoom", () => {
      this.events.onZoom(this.map.getZoom());
    });
    this.map.on("idle", () => {
      const dropped = (name: string) => this.map.querySourceFeatures(name, { sourceLayer: "dropped" }).length > 0;
      this.events.onDropped(this.layers.filter(dropped));
      this.events.onSeen(this.seen());
    });
    this.map.on("mouseout", (event) => {
      this.events.onHover(null, event.point);
      this.hover(null);
    });
    this.map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key === "Enter")
        this.choose(this.map.getCenter().toArray(), this.at(this.map.project(this.map.getCenter())));
    });
  }

  private click(event: MapMouseEvent): void {
    // The click that ends a drawing, or the second one of a double click, picks nothing.
    if (performance.now() - this.drawnAt < ENDING) return;
    this.choose(event.lngLat.toArray(), this.at(event.point));
  }

  private choose(position: Position, found: MapGeoJSONFeature | null): void {
    if (this.tool === "nearest") this.events.onPoint(position);
    else if (this.tool === "pick")
      this.events.onPick(found && { layer: found.sourceLayer ?? "", id: Number(found.id) });
  }

  /** The feature on top at a point of the screen. Points and lines lie on top, and are met a few pixels beside them. */
  private at({ x, y }: { x: number; y: number }): MapGeoJSONFeature | null {
    const shown = this.pickable.filter((id) => this.map.getLayer(id));
    const thin = shown.filter((id) => this.map.getLayer(id)?.type !== "fill");
    const near: [PointLike, PointLike] = [
      [x - REACH, y - REACH],
      [x + REACH, y + REACH],
    ];
    const met = thin.length > 0 ? this.map.queryRenderedFeatures(near, { layers: thin })[0] : undefined;
    return met ?? this.map.queryRenderedFeatures([x, y], { layers: shown })[0] ?? null;
  }

  private hover(feature: MapGeoJSONFeature | null): void {
    if (!this.map.getLayer(HIGHLIGHTS.hover)) return;
    const id =
      feature && feature.sourceLayer === this.map.getLayer(HIGHLIGHTS.hover)?.sourceLayer ? Number(feature.id) : -1;
    this.map.setFilter(HIGHLIGHTS.hover, ["==", ["id"], id]);
  }

  setTool(tool: Tool): void {
    this.tool = tool;
    void this.ready.then(() => {
      this.pen.take(tool);
    });
  }

  /** Draw features over all others: what is picked, drawn, or the point that rows are near to. */
  show(overlay: Overlay, geometry: Geometry | null): void {
    void this.ready.then(() => {
      void this.map.getSource<GeoJSONSource>(overlay)?.setData(outline(geometry));
    });
  }

  /** Draw the tiles of a selection; null draws none. */
  select(sourceLayer: string, url: string | null): void {
    void this.ready.then(() => {
      if (!this.removed) showTiles(this.map, sourceLayer, url);
    });
  }

  hide(sourceLayers: ReadonlySet<string>): void {
    void this.ready.then(() => {
      for (const layer of this.map.getStyle().layers) {
        const name = drawnLayer(layer);
        if (name === null) continue;
        const wanted = sourceLayers.has(name) ? "none" : "visible";
        // What is set reads all tiles once more, even where it changes nothing.
        const now = (this.map.getLayoutProperty(layer.id, "visibility") as string | undefined) ?? "visible";
        if (now !== wanted) this.map.setLayoutProperty(layer.id, "visibility", wanted);
      }
    });
  }

  /** Let what lies under layers show through them. */
  dim(opacity: Readonly<Record<string, number>>): void {
    void this.ready.then(() => {
      for (const layer of this.drawing.style.layers) {
        const part = opacity[drawnLayer(layer) ?? ""];
        if (part === undefined || layer.type !== "fill" || !this.map.getLayer(layer.id)) continue;
        const full = (layer.paint?.["fill-opacity"] ?? 1) as number | ExpressionSpecification;
        this.map.setPaintProperty(layer.id, "fill-opacity", ["*", full, part]);
      }
    });
  }

  private seen(): Seen {
    const found: Seen = {};
    for (const [name, { field }] of Object.entries(this.drawing.legend)) {
      if (!field || !this.map.getLayer(name)) continue;
      const rows = new Map<unknown, string>();
      for (const { id, properties } of this.map.queryRenderedFeatures({ layers: [name] }))
        rows.set(id, String(properties[field]));
      const counts = (found[name] = {} as Record<string, number>);
      for (const value of rows.values()) counts[value] = (counts[value] ?? 0) + 1;
    }
    return found;
  }

  frame(box: Bounds): void {
    this.map.fitBounds(around(box), { padding: 60, maxZoom: 18, duration: 600 });
  }

  remove(): void {
    this.removed = true;
    this.pen.stop();
    this.map.remove();
  }
}
