// Drawing an area or a point by hand, with terra-draw; it is handed on when it is done, and the drawing goes.
import type { Point, Polygon } from "geojson";
import type { Map as MapLibre } from "maplibre-gl";
import { TerraDraw, TerraDrawPointMode, TerraDrawPolygonMode, TerraDrawRectangleMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";

export type Shape = "polygon" | "rectangle" | "point";

const SHAPES: readonly string[] = ["polygon", "rectangle", "point"] satisfies Shape[];

export class Pen {
  private draw: TerraDraw | null = null;

  constructor(
    private readonly map: MapLibre,
    private readonly onDrawn: (drawn: Polygon | Point) => void,
  ) {}

  /** Draw with a tool; every other tool lays the pen down. The style must be loaded. */
  take(tool: string): void {
    this.stop();
    if (!SHAPES.includes(tool)) return;
    const draw = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map: this.map, coordinatePrecision: 9 }),
      modes: [new TerraDrawPolygonMode(), new TerraDrawRectangleMode(), new TerraDrawPointMode()],
    });
    draw.start();
    draw.setMode(tool);
    draw.on("finish", (id) => {
      const drawn = draw.getSnapshotFeature(id)?.geometry;
      if (drawn?.type === "Polygon" || drawn?.type === "Point") this.onDrawn(drawn);
    });
    this.draw = draw;
  }

  stop(): void {
    this.draw?.stop();
    this.draw = null;
  }
}
