// The frame of the sheet that is to be printed, on the map: what is around it stays off the sheet. It is moved by hand.
import type { Feature, Polygon } from "geojson";
import type { GeoJSONSource, LayerSpecification, Map as MapLibre } from "maplibre-gl";
import { Marker } from "maplibre-gl";
import { INCH, PIXELS, zoomAt } from "./paper";
import type { LngLat } from "./printed";

export const SHEET = "sheet";
const STEP = 10; // pixels that an arrow key moves it; five times as many with Shift
const MOVES: Record<string, readonly [x: number, y: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const WORLD = [
  [-180, -85],
  [180, -85],
  [180, 85],
  [-180, 85],
  [-180, -85],
];
const NOTHING = { type: "FeatureCollection" as const, features: [] };
const LAYERS: LayerSpecification[] = [
  { id: "over-sheet", type: "fill", source: SHEET, paint: { "fill-color": "#17211f", "fill-opacity": 0.3 } },
  { id: "over-sheet-line", type: "line", source: SHEET, paint: { "line-color": "#17211f", "line-width": 2 } },
];

/** What a sheet shows: millimetres at a scale. */
export interface Extent {
  width: number;
  height: number;
  ratio: number;
}

export class SheetFrame {
  private readonly marker: Marker;
  private gone = false;
  private extent: Extent | null = null;
  /** null where it follows the middle of the map. */
  private centre: LngLat | null = null;

  constructor(
    private readonly map: MapLibre,
    label: string,
    private readonly onMoved: (centre: LngLat) => void,
  ) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "sheet-mark";
    element.textContent = "✥";
    element.title = label;
    element.setAttribute("aria-label", label);
    element.addEventListener("keydown", this.key);
    map.addSource(SHEET, { type: "geojson", data: NOTHING });
    for (const layer of LAYERS) map.addLayer(layer);
    this.marker = new Marker({ element, draggable: true }).setLngLat(this.middle()).addTo(map);
    this.marker.on("drag", () => {
      this.centre = this.marker.getLngLat().wrap().toArray();
      this.draw();
    });
    this.marker.on("dragend", () => {
      this.onMoved(this.middle());
    });
    map.on("move", this.follow);
    map.once("remove", () => {
      this.gone = true;
    });
  }

  private middle(): LngLat {
    return this.centre ?? this.map.getCenter().toArray();
  }

  private readonly follow = () => {
    if (!this.centre) this.draw();
  };

  private readonly key = (event: KeyboardEvent) => {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation(); // the map stays where it is
    const [x, y] = move.map((step) => step * STEP * (event.shiftKey ? 5 : 1)) as [number, number];
    const at = this.map.project(this.middle());
    this.centre = this.map.unproject([at.x + x, at.y + y]).toArray();
    this.draw();
    this.onMoved(this.centre);
  };

  /** Show what the sheet shows now, around a place or the middle of the map. */
  show(extent: Extent, centre: LngLat | null): void {
    this.extent = extent;
    this.centre = centre;
    this.draw();
  }

  private draw(): void {
    if (this.gone || !this.extent) return;
    this.marker.setLngLat(this.middle());
    void this.map.getSource<GeoJSONSource>(SHEET)?.setData(this.around(this.extent));
  }

  /** All of the world but what is on the sheet. */
  private around({ width, height, ratio }: Extent): Feature<Polygon> {
    const middle = this.middle();
    const { x, y } = this.map.project(middle);
    const pixels = (2 ** (this.map.getZoom() - zoomAt(ratio, middle[1])) / INCH) * PIXELS; // of a millimetre
    const [right, down] = [(width / 2) * pixels, (height / 2) * pixels];
    const corners = [
      [x - right, y - down],
      [x - right, y + down],
      [x + right, y + down],
      [x + right, y - down],
      [x - right, y - down],
    ] as [number, number][];
    const sheet = corners.map((corner) => this.map.unproject(corner).toArray());
    return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [WORLD, sheet] } };
  }

  remove(): void {
    if (this.gone) return;
    this.map.off("move", this.follow);
    this.marker.remove();
    for (const { id } of LAYERS) this.map.removeLayer(id);
    this.map.removeSource(SHEET);
  }
}
