// The map as an element of the page: keeps a Scene, and tells it what changed.
import type { FeatureCollection, Geometry } from "geojson";
import type { MapGeoJSONFeature } from "maplibre-gl";
import { useEffect, useRef, useState } from "react";
import type { Gateway } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import { useAnswer } from "../gateway/useAnswer";
import { afresh, useWrites } from "../gateway/writes";
import type { Asked } from "./link";
import type { Paint } from "./look";
import { ordered } from "./look";
import { Moment } from "./Moment";
import { tilesAt } from "./moments";
import { Notice } from "./Notice";
import type { Overlay } from "./overlays";
import type { Row } from "./queries";
import { title, titleOf } from "./queries";
import type { Events, Frame, Use } from "./scene";
import { Scene } from "./scene";
import { useUnits } from "./units";
import type { Drawing } from "./style";
import { LABELS } from "./style";
import "maplibre-gl/dist/maplibre-gl.css";
import "./mapView.css";

const REST = 60; // milliseconds that the pointer stays on a row, before its title is asked for

interface Props extends Omit<Events, "onHover" | "onZoom" | "onDropped"> {
  gateway: Gateway;
  asked: Asked;
  /** What is picked, as it is drawn. */
  picked: Geometry | null;
  drawing: Drawing | null;
  problem: string | null;
  /** Where the tiles of the selection are; null for no selection. */
  tiles: string | null;
  paint: Paint | null;
  tool: Use;
  frame: Frame | null;
  /** What rows are near to, and how far. */
  near: FeatureCollection;
  /** What changed in view since the moment that is shown. */
  changed: FeatureCollection;
  /** The parcels of those whom the notice list tells. */
  told: FeatureCollection;
  onNow: () => void;
}

interface Hovered {
  feature: MapGeoJSONFeature;
  at: { x: number; y: number };
}

/** Keep one Scene for a style; `events` may change without making it again. */
function useScene(gateway: Gateway, drawing: Drawing | null, events: Events) {
  const container = useRef<HTMLDivElement>(null);
  const latest = useRef(events);
  const [scene, setScene] = useState<Scene | null>(null);
  useEffect(() => {
    latest.current = events;
  });
  useEffect(() => {
    if (!container.current || !drawing) return;
    const names = gateway.layers.map((layer) => layer.name);
    const made = new Scene(container.current, drawing, names, {
      onPick: (picked) => {
        latest.current.onPick(picked);
      },
      onPoint: (position) => {
        latest.current.onPoint(position);
      },
      onArea: (area) => {
        latest.current.onArea(area);
      },
      onCircle: (centre, radius) => {
        latest.current.onCircle(centre, radius);
      },
      onHover: (feature, at) => {
        latest.current.onHover(feature, at);
      },
      onZoom: (zoom) => {
        latest.current.onZoom(zoom);
      },
      onDropped: (layers) => {
        latest.current.onDropped(layers);
      },
      onSeen: (seen) => {
        latest.current.onSeen(seen);
      },
      onMeasure: (measure) => {
        latest.current.onMeasure(measure);
      },
      onMap: (map) => {
        latest.current.onMap(map);
      },
    });
    setScene(made);
    return () => {
      made.remove();
      setScene(null);
    };
  }, [gateway, drawing]);
  return [container, scene] as const;
}

/** Draw features over all layers. */
function useOverlay(scene: Scene | null, overlay: Overlay, features: FeatureCollection): void {
  useEffect(() => {
    scene?.draw(overlay, features);
  }, [scene, overlay, features]);
}

export default function MapView(props: Props) {
  const { gateway, asked, drawing, problem, paint, tool, frame, onNow } = props;
  const { look } = asked;
  const { picked, tiles, near, changed, told } = props;
  const units = useUnits();
  const writes = useWrites();
  const [hovered, setHovered] = useState<Hovered | null>(null);
  const [zoom, setZoom] = useState<number | null>(null);
  const [dropped, setDropped] = useState<string[]>([]);
  const [container, scene] = useScene(gateway, drawing, {
    ...props,
    onHover: (feature, at) => {
      setHovered(feature && { feature, at });
    },
    onZoom: (now) => {
      setZoom(Math.floor(now)); // tiles are of whole zooms
    },
    onDropped: setDropped,
  });

  useEffect(() => {
    scene?.setTool(tool);
  }, [scene, tool]);
  useEffect(() => {
    scene?.setUnits(units);
  }, [scene, units]);
  useEffect(() => {
    scene?.show("area", asked.area);
  }, [scene, asked.area]);
  useOverlay(scene, "near", near);
  useOverlay(scene, "changes", changed);
  useOverlay(scene, "told", told);
  useEffect(() => {
    scene?.show("picked", picked);
  }, [scene, picked]);
  useEffect(() => {
    scene?.select(asked.layer, tiles);
  }, [scene, asked.layer, tiles]);
  useEffect(() => {
    scene?.hide(look.hidden);
  }, [scene, look.hidden]);
  useEffect(() => {
    scene?.arrange(ordered(gateway, look).map(({ name }) => name));
  }, [scene, gateway, look]);
  useEffect(() => {
    scene?.read((name, own) => {
      const url = paint?.by.layer === name ? withProperty(own, paint.by.field) : own;
      const layer = gateway.layers.find(({ name: known }) => known === name || name === `${known}${LABELS}`);
      return afresh(layer?.tracked ? tilesAt(url, asked.asOf) : url, writes);
    });
  }, [scene, gateway, paint, asked.asOf, writes]);
  useEffect(() => {
    scene?.paint(paint);
  }, [scene, paint]);
  useEffect(() => {
    scene?.dim(look.opacity);
  }, [scene, look.opacity]);
  useEffect(() => {
    if (frame) scene?.frame(frame);
  }, [scene, frame]);

  return (
    <main className="stage">
      <div ref={container} className="map" />
      {problem && <p role="alert">{problem}</p>}
      {drawing && zoom !== null && <Notice {...{ gateway, drawing, hidden: look.hidden, zoom, dropped }} />}
      {asked.asOf !== null && <Moment asOf={asked.asOf} onNow={onNow} />}
      <Tip gateway={gateway} hovered={hovered} asOf={asked.asOf} />
    </main>
  );
}

/** The URL of tiles that hold a field, too. */
function withProperty(url: string, field: string): string {
  return url.endsWith("=") ? url + field : `${url},${field}`;
}

/** What is under the pointer. Tiles have no texts, so the gateway is asked for them. */
function Tip({ gateway, hovered, asOf }: { gateway: Gateway; hovered: Hovered | null; asOf: string | null }) {
  const layer = hovered && layerNamed(gateway, hovered.feature.sourceLayer ?? "");
  const id = Number(hovered?.feature.id);
  const { data } = useAnswer<Record<string, Row | null>>(layer ? title(layer, id, asOf) : null, REST);
  const row = layer && data?.[layer.one];
  if (!hovered || !layer || row?.featureId !== id) return null;
  const { x, y } = hovered.at;
  return (
    <div className="tip" aria-hidden="true" style={{ transform: `translate(${x + 14}px, ${y + 14}px)` }}>
      <b>{titleOf(layer, row)}</b>
      <small>{layer.title}</small>
    </div>
  );
}
