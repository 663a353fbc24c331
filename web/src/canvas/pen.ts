// Drawing an area or a point by hand, with terra-draw; it is handed on when it is done, and the drawing goes. What is
// drawn to be measured stays until another tool is taken.
import { area } from "@turf/area";
import type { Point, Polygon, Position } from "geojson";
import type { Map as MapLibre } from "maplibre-gl";
import { LngLat } from "maplibre-gl";
import {
  TerraDraw,
  TerraDrawCircleMode,
  TerraDrawLineStringMode,
  TerraDrawPointMode,
  TerraDrawPolygonMode,
  TerraDrawRectangleMode,
} from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import { pressing } from "./press";

export type Shape = "polygon" | "rectangle" | "point";

/** Told of a circle, by its middle and its radius in metres. */
export type OnCircle = (centre: Position, radius: number) => void;

/** Metres, and square metres of an area. */
export interface Measure {
  length: number;
  area: number | null;
}

/** The modes of terra-draw, by tool. */
const MODES: Record<string, string> = {
  polygon: "polygon",
  circle: "circle",
  rectangle: "rectangle",
  point: "point",
  length: "linestring",
  area: "polygon",
};
const MEASURES = new Set(["length", "area"]);

/** The length of a line on the sphere of the earth. */
function length(line: readonly Position[]): number {
  const places = line.map(([longitude = 0, latitude = 0]) => new LngLat(longitude, latitude));
  return places.slice(1).reduce((sum, place, index) => sum + place.distanceTo(places[index] ?? place), 0);
}

/** The circle that a polygon with corners all around stands for. */
function circle({ coordinates: [ring = []] }: Polygon): Parameters<OnCircle> {
  const corners = ring.slice(1);
  const mean = (axis: number) => corners.reduce((sum, corner) => sum + (corner[axis] ?? 0), 0) / corners.length;
  const centre = [mean(0), mean(1)];
  return [centre, length([centre, corners[0] ?? centre])];
}

export class Pen {
  private draw: TerraDraw | null = null;
  private release: (() => void) | null = null;

  constructor(
    private readonly map: MapLibre,
    private readonly onDrawn: (drawn: Polygon | Point) => void,
    private readonly onMeasure: (measure: Measure | null) => void = () => undefined,
    private readonly onCircle: OnCircle = () => undefined,
  ) {}

  /** Draw with a tool; every other tool lays the pen down. The style must be loaded. */
  take(tool: string): void {
    this.stop();
    const mode = MODES[tool];
    if (!mode) return;
    const draw = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map: this.map, coordinatePrecision: 9 }),
      modes: [
        new TerraDrawPolygonMode(),
        new TerraDrawCircleMode(),
        new TerraDrawRectangleMode({ drawInteraction: "click-move-or-drag" }),
        new TerraDrawPointMode(),
        new TerraDrawLineStringMode(),
      ],
    });
    draw.start();
    draw.setMode(mode);
    if (MEASURES.has(tool))
      draw.on("change", () => {
        this.measure(draw);
      });
    else
      draw.on("finish", (id) => {
        const drawn = draw.getSnapshotFeature(id)?.geometry;
        if (drawn?.type === "Polygon" && mode === "circle") this.onCircle(...circle(drawn));
        else if (drawn?.type === "Polygon" || drawn?.type === "Point") this.onDrawn(drawn);
      });
    this.draw = draw;
    this.release = pressing(this.map);
  }

  /** Measure the last shape that was begun. */
  private measure(draw: TerraDraw): void {
    const last = draw.getSnapshot().findLast(({ geometry: { type } }) => type !== "Point")?.geometry;
    if (last?.type === "LineString") this.onMeasure({ length: length(last.coordinates), area: null });
    if (last?.type === "Polygon") this.onMeasure({ length: length(last.coordinates[0] ?? []), area: area(last) });
  }

  stop(): void {
    this.release?.();
    this.release = null;
    this.draw?.stop();
    this.draw = null;
    this.onMeasure(null);
  }
}
