// The paths of a geometry on the map, moved by hand with terra-draw: corners are dragged, and drawn to neighbours.
import type { FeatureCollection, Geometry, Position } from "geojson";
import type { GeoJSONSource, LayerSpecification, Map as MapLibre, MapMouseEvent } from "maplibre-gl";
import type { GeoJSONStoreFeatures, SnapToCustom } from "terra-draw";
import {
  TerraDraw,
  TerraDrawLineStringMode,
  TerraDrawPointMode,
  TerraDrawPolygonMode,
  TerraDrawSelectMode,
} from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import type { Path } from "./paths";
import { positions, reconciled, rounded } from "./paths";
import type { Reach } from "./snapping";
import { Snaps } from "./snapping";

const MODES = { ring: "polygon", line: "linestring", point: "point" } as const;
const PIXELS = 12; // within which a corner is drawn to a neighbour
const REACH = matchMedia("(pointer:coarse)").matches ? 30 : 15; // pixels within which a hand means a corner
export const MINE = "#1971c2";
export const THEIRS = "#e8590c";
const FAULT = "#e03131";

const MARKS = "edit-marks";

export type MarkKind = "mine" | "theirs" | "corner" | "fault";

/** What is drawn beside the paths. */
export type Marks = Partial<Record<MarkKind, Geometry | null>>;

const LAYERS: LayerSpecification[] = [
  {
    id: "edit-mine",
    type: "fill",
    source: MARKS,
    filter: ["==", ["get", "kind"], "mine"],
    paint: { "fill-color": MINE, "fill-opacity": 0.15 },
  },
  {
    id: "edit-theirs",
    type: "line",
    source: MARKS,
    filter: ["==", ["get", "kind"], "theirs"],
    paint: { "line-color": THEIRS, "line-width": 3, "line-dasharray": [2, 1.5] },
  },
  {
    id: "edit-corner",
    type: "circle",
    source: MARKS,
    filter: ["==", ["get", "kind"], "corner"],
    paint: {
      "circle-radius": 11,
      "circle-opacity": 0,
      "circle-stroke-color": MINE,
      "circle-stroke-width": 3,
    },
  },
  {
    id: "edit-fault",
    type: "circle",
    source: MARKS,
    filter: ["==", ["get", "kind"], "fault"],
    paint: {
      "circle-radius": 13,
      "circle-color": FAULT,
      "circle-opacity": 0.25,
      "circle-stroke-color": FAULT,
      "circle-stroke-width": 3,
    },
  },
];

function marked(marks: Marks): FeatureCollection {
  const features = Object.entries(marks).flatMap(([kind, geometry]) =>
    geometry ? [{ type: "Feature" as const, properties: { kind }, geometry }] : [],
  );
  return { type: "FeatureCollection", features };
}

function featureOf(path: Path, place: number): GeoJSONStoreFeatures {
  const all = positions({ ...path, corners: path.corners.map(rounded) });
  const geometry =
    path.kind === "ring"
      ? { type: "Polygon" as const, coordinates: [all] }
      : path.kind === "line"
        ? { type: "LineString" as const, coordinates: all }
        : { type: "Point" as const, coordinates: all[0] ?? [] };
  return { type: "Feature", properties: { mode: MODES[path.kind], place }, geometry };
}

function seenOf({ geometry }: GeoJSONStoreFeatures): Position[] {
  if (geometry.type === "Polygon") return (geometry.coordinates[0] ?? []).slice(0, -1);
  return geometry.type === "LineString" ? geometry.coordinates : [geometry.coordinates];
}

export interface ShaperEvents {
  /** Corners were moved, added or taken away by hand. */
  onPaths: (paths: Path[]) => void;
  /** A path was drawn, from its first corner to its last. */
  onDrawn: (path: Path) => void;
}

export class Shaper {
  private readonly draw: TerraDraw;
  private paths: readonly Path[] = [];
  private chosen = -1;
  private snaps = new Snaps([]);
  private held = false;
  private gone = false;

  constructor(
    private readonly map: MapLibre,
    private readonly events: ShaperEvents,
  ) {
    const snapping = { toCustom: this.snapped };
    const outlined = { fillOpacity: 0, outlineColor: MINE, outlineWidth: 2 } as const; // a hole is not filled
    this.draw = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 9 }),
      modes: [
        new TerraDrawPolygonMode({ snapping, pointerDistance: REACH, styles: outlined }),
        new TerraDrawLineStringMode({ snapping, pointerDistance: REACH, styles: { lineStringColor: MINE } }),
        new TerraDrawPointMode({ styles: { pointColor: MINE, pointWidth: 7 } }),
        selecting(this.snapped),
      ],
    });
    this.draw.start();
    map.addSource(MARKS, { type: "geojson", data: marked({}) });
    for (const layer of LAYERS) map.addLayer(layer);
    this.draw.on("finish", (id, { action }) => {
      if (action === "draw") this.finish(this.draw.getSnapshotFeature(id));
      // A corner that was taken between two others is still held: it ends where it is let go.
      else if (action !== "insertMidpoint" || !this.held) this.tell();
    });
    map.on("click", this.click);
    map.once("remove", this.leave);
    map.getCanvas().addEventListener("pointerdown", this.hold);
    addEventListener("pointerup", this.release, { capture: true });
  }

  private readonly leave = () => {
    this.gone = true;
  };

  private readonly hold = () => {
    this.held = true;
  };

  private readonly release = () => {
    this.held = false;
  };

  /** How far a corner is drawn to a neighbour, in degrees. */
  reach(pixels = PIXELS): Reach {
    const middle = this.map.project(this.map.getCenter());
    const [one, other] = [this.map.unproject(middle), this.map.unproject([middle.x + pixels, middle.y + pixels])];
    return [Math.abs(other.lng - one.lng), Math.abs(other.lat - one.lat)];
  }

  private readonly snapped: SnapToCustom = ({ lng, lat }) =>
    this.snaps.near([lng, lat], this.reach()) ?? rounded([lng, lat]);

  private finish(drawn: GeoJSONStoreFeatures | undefined): void {
    if (!drawn) return;
    const corners = seenOf(drawn).map((corner) => this.snaps.exact(corner));
    const kind = drawn.geometry.type === "Polygon" ? "ring" : drawn.geometry.type === "LineString" ? "line" : "point";
    this.events.onDrawn({ kind, part: 0, corners });
  }

  private tell(): void {
    const seen = new Map(
      this.draw.getSnapshot().map((feature) => [feature.properties["place"], seenOf(feature)] as const),
    );
    this.paths = this.paths.map((path, place) => ({
      ...path,
      corners: reconciled(path.corners, seen.get(place) ?? path.corners),
    }));
    this.events.onPaths([...this.paths]);
  }

  /** The path whose line is nearest to a click is the one whose corners are shown. */
  private readonly click = ({ lngLat }: MapMouseEvent) => {
    if (this.draw.getMode() !== "select") return;
    const place = lngLat.toArray();
    const reach = this.reach(REACH);
    const found = this.paths.findIndex((path) => new Snaps([lineOf(path)]).near(place, reach));
    if (found >= 0) this.choose(found);
  };

  /** Draw a path of a kind, from the first corner on. */
  begin(kind: Path["kind"]): void {
    this.paths = [];
    this.chosen = -1;
    this.draw.setMode("select");
    this.draw.clear();
    this.draw.setMode(MODES[kind]);
  }

  /** Draw one path more, beside those that are shown. */
  add(paths: readonly Path[], kind: Path["kind"]): void {
    this.show(paths, -1);
    this.draw.setMode(MODES[kind]);
  }

  /** Show paths, and the corners of one of them. */
  show(paths: readonly Path[], chosen: number): void {
    if (this.draw.getMode() === "select" && paths === this.paths) {
      this.choose(chosen);
      return;
    }
    this.draw.setMode("select");
    if (this.chosen >= 0) this.deselect();
    this.draw.clear();
    this.paths = paths;
    this.chosen = -1;
    this.draw.addFeatures(paths.map(featureOf));
    this.choose(chosen);
  }

  private idOf(place: number) {
    return this.draw.getSnapshot().find(({ properties }) => properties["place"] === place)?.id;
  }

  private deselect(): void {
    const id = this.idOf(this.chosen);
    if (id !== undefined) this.draw.deselectFeature(id);
  }

  private choose(place: number): void {
    if (this.chosen === place) return;
    this.deselect();
    this.chosen = place;
    const id = this.idOf(place);
    if (id !== undefined) this.draw.selectFeature(id);
  }

  /** Draw corners to these from now on. */
  snapTo(snaps: Snaps): void {
    this.snaps = snaps;
  }

  mark(marks: Marks): void {
    if (!this.gone) void this.map.getSource<GeoJSONSource>(MARKS)?.setData(marked(marks));
  }

  stop(): void {
    removeEventListener("pointerup", this.release, { capture: true });
    if (this.gone) return;
    this.draw.stop();
    this.map.off("click", this.click);
    this.map.off("remove", this.leave);
    this.map.getCanvas().removeEventListener("pointerdown", this.hold);
    for (const { id } of LAYERS) this.map.removeLayer(id);
    this.map.removeSource(MARKS);
  }
}

function lineOf(path: Path): Geometry {
  const coordinates = positions(path);
  return path.kind === "point"
    ? { type: "Point", coordinates: coordinates[0] ?? [] }
    : { type: "LineString", coordinates };
}

function selecting(toCustom: SnapToCustom): TerraDrawSelectMode {
  const corners = {
    feature: {
      selfIntersectable: true, // the gateway says where, and what to do
      coordinates: { draggable: true, deletable: true, midpoints: { draggable: true }, snappable: { toCustom } },
    },
  };
  return new TerraDrawSelectMode({
    allowManualSelection: false, // a hole lies within its polygon: the nearest line tells which is meant
    allowManualDeselection: false,
    dragEventThrottle: Infinity, // no move of the pointer is left out
    pointerDistance: REACH,
    keyEvents: null,
    flags: { polygon: corners, linestring: corners, point: { feature: { draggable: true } } },
    styles: {
      selectedPolygonColor: MINE,
      selectedPolygonOutlineColor: MINE,
      selectedPolygonFillOpacity: 0,
      selectedPolygonOutlineWidth: 3,
      selectedLineStringColor: MINE,
      selectedPointColor: MINE,
      selectionPointColor: "#ffffff",
      selectionPointOutlineColor: MINE,
      selectionPointOutlineWidth: 2,
      selectionPointWidth: 6,
      midPointColor: MINE,
      midPointOutlineColor: "#ffffff",
      midPointWidth: 4,
      midPointOutlineWidth: 1,
    },
  });
}
