// The geometry of a draft on the map, in hands and under keys.
import type { Geometry, Position } from "geojson";
import type { Map as MapLibre } from "maplibre-gl";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Gateway } from "../../gateway/page";
import { inView } from "../seen";
import type { Piece } from "./parts";
import { grown, takesParts } from "./parts";
import type { Corner, Path } from "./paths";
import { pathsOf, positions, withPaths } from "./paths";
import { neighbours } from "./saving";
import type { ShaperEvents } from "./Shaper";
import { Shaper } from "./Shaper";
import { Snaps } from "./snapping";
import type { Target } from "./useEditor";

const CLOSE = 15; // zoom from which neighbours are few enough to be read

/** What is drawn for a column of PostGIS. */
export function kindOf(shape: string): Path["kind"] {
  if (shape.includes("POINT")) return "point";
  return shape.includes("LINE") ? "line" : "ring";
}

function drawn(path: Path): Geometry {
  const all = positions(path);
  if (path.kind === "ring") return { type: "Polygon", coordinates: [all] };
  return path.kind === "line" ? { type: "LineString", coordinates: all } : { type: "Point", coordinates: all[0] ?? [] };
}

/** A Shaper for the map that is there. */
function useHand(map: MapLibre | null, events: ShaperEvents): Shaper | null {
  const [shaper, setShaper] = useState<Shaper | null>(null);
  const latest = useRef(events);
  useEffect(() => {
    latest.current = events;
  });
  useEffect(() => {
    if (!map) return;
    const made = new Shaper(map, {
      onPaths: (paths) => {
        latest.current.onPaths(paths);
      },
      onDrawn: (path) => {
        latest.current.onDrawn(path);
      },
    });
    setShaper(made);
    return () => {
      made.stop();
      setShaper(null);
    };
  }, [map]);
  return shaper;
}

export type Snapping = "far" | "reading" | "ready" | "failed";

/** The corners and edges of what is in view, read anew when the view moves. */
function useSnaps(gateway: Gateway, { layer, id }: Target, map: MapLibre | null) {
  const [found, setFound] = useState<{ snaps: Snaps; state: Snapping }>(() => ({ snaps: new Snaps([]), state: "far" }));
  useEffect(() => {
    if (!map) return;
    let stop = new AbortController();
    const look = () => {
      stop.abort();
      const now = (stop = new AbortController());
      const { box } = inView(map, {});
      if (map.getZoom() < CLOSE || !box) {
        setFound(({ snaps }) => ({ snaps, state: "far" }));
        return;
      }
      setFound(({ snaps }) => ({ snaps, state: "reading" }));
      const read = gateway.layers.map((each) =>
        neighbours(each, box, each.name === layer.name ? id : null, now.signal),
      );
      Promise.all(read).then(
        (all) => {
          setFound({ snaps: new Snaps(all.flat()), state: "ready" });
        },
        () => {
          if (!now.signal.aborted) setFound(({ snaps }) => ({ snaps, state: "failed" }));
        },
      );
    };
    look();
    map.on("moveend", look);
    return () => {
      stop.abort();
      map.off("moveend", look);
    };
  }, [gateway, layer, id, map]);
  return found;
}

interface Shown {
  geometry: Geometry | null;
  /** What someone else made of it. */
  theirs: Geometry | null;
  /** Where it is at fault. */
  fault: Position | null;
  /** Whether there is a geometry to draw or to edit yet. */
  ready: boolean;
}

export function useShaper(
  gateway: Gateway,
  target: Target,
  map: MapLibre | null,
  { geometry, theirs, fault, ready }: Shown,
  onGeometry: (geometry: Geometry, of?: string) => void,
) {
  const [at, setAt] = useState<Corner | null>(null);
  const [adding, setAdding] = useState<Piece | null>(null);
  const paths = useMemo(() => (geometry ? pathsOf(geometry) : []), [geometry]);
  /** Take what was drawn as all there is, or as a part or a hole more. */
  const take = ({ kind, corners }: Omit<Path, "part">) => {
    const now =
      geometry && adding
        ? grown(geometry, { kind, corners }, adding, paths[at?.path ?? 0]?.part ?? 0)
        : drawn({ kind, part: 0, corners });
    const path = pathsOf(now).findIndex((each) => each.corners[0] === corners[0]);
    setAdding(null);
    setAt({ path: Math.max(path, 0), corner: 0 });
    onGeometry(now);
  };
  const shaper = useHand(map, {
    onPaths: (now) => {
      if (geometry) onGeometry(withPaths(geometry, now));
    },
    onDrawn: take,
  });
  const { snaps, state } = useSnaps(gateway, target, map);
  const kind = kindOf(target.layer.written.shape);
  const corner = at && (paths[at.path]?.corners[at.corner] ?? null);
  const path = at?.path ?? 0;
  useEffect(() => {
    shaper?.snapTo(snaps);
  }, [shaper, snaps]);
  useEffect(() => {
    if (!shaper || !ready) return;
    if (!geometry) shaper.begin(kind);
    else if (adding) shaper.add(paths, kind);
    else shaper.show(paths, path);
  }, [shaper, ready, geometry, adding, paths, path, kind]);
  useEffect(() => {
    const point = (position: Position | null) => position && ({ type: "Point", coordinates: position } as const);
    shaper?.mark({ mine: geometry, theirs, corner: point(corner), fault: point(fault) });
  }, [shaper, geometry, theirs, corner, fault]);
  useEffect(() => {
    const [longitude, latitude] = fault ?? [];
    if (map && longitude !== undefined && latitude !== undefined) map.easeTo({ center: [longitude, latitude] });
  }, [map, fault]);
  const parts = takesParts(target.layer.written.shape);
  return { shaper, snaps, state, paths, at, setAt, kind, parts, adding, setAdding, take };
}

export type Hand = ReturnType<typeof useShaper>;
