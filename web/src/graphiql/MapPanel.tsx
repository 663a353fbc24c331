// Every GeoJSON of the answer at once, coloured by a field; what is drawn becomes a variable.
import type { Point, Polygon } from "geojson";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Shape } from "../canvas/pen";
import { useDark } from "../canvas/scheme";
import type { Gateway } from "../gateway/page";
import type { Editors } from "./Bridge";
import { Canvas } from "./canvas";
import type { Key } from "./colors";
import { coloring } from "./colors";
import type { Found } from "./features";
import { drawn, findFeatures, MOST, propertyNames } from "./features";
import { fill, slots } from "./fill";
import { Hint, Pens } from "./Pens";

interface Props {
  gateway: Gateway;
  answer: unknown;
  editors: Editors | null;
}

function useCanvas(
  gateway: Gateway,
  onHover: (place: number | null) => void,
  onDrawn: (drawn: Point | Polygon) => void,
) {
  const container = useRef<HTMLDivElement>(null);
  const latest = useRef({ onHover, onDrawn });
  const [canvas, setCanvas] = useState<Canvas | null>(null);
  const dark = useDark();
  useEffect(() => {
    latest.current = { onHover, onDrawn };
  });
  useEffect(() => {
    if (!container.current) return;
    const made = new Canvas(
      container.current,
      gateway.basemap,
      dark,
      (place) => {
        latest.current.onHover(place);
      },
      (shape) => {
        latest.current.onDrawn(shape);
      },
    );
    setCanvas(made);
    return () => {
      made.remove();
      setCanvas(null);
    };
  }, [gateway, dark]);
  return [container, canvas] as const;
}

export function MapPanel({ gateway, answer, editors }: Props) {
  const found = useMemo(() => findFeatures(answer), [answer]);
  const names = useMemo(() => propertyNames(found), [found]);
  const [chosen, setChosen] = useState<string | null>(null);
  const [place, setPlace] = useState<number | null>(null);
  const [shape, setShape] = useState<Shape | null>(null);
  const [slot, setSlot] = useState("");
  const by = chosen !== null && names.includes(chosen) ? chosen : null;
  const colors = useMemo(() => coloring(found, by), [found, by]);
  const open = useMemo(() => slots(editors?.query ?? ""), [editors]);
  const target = open.find(({ name }) => name === slot) ?? open[0];
  const [container, canvas] = useCanvas(gateway, setPlace, (drawing) => {
    if (editors && target) editors.setVariables(fill(editors.variables(), target, drawing));
    setShape(null);
  });
  const framed = useRef<{ canvas: Canvas | null; found: readonly Found[] | null }>({ canvas: null, found: null });

  useEffect(() => {
    const frame = framed.current.found !== found || framed.current.canvas !== canvas;
    canvas?.show(drawn(found, colors.color), frame);
    framed.current = { canvas, found };
  }, [canvas, found, colors]);
  useEffect(() => {
    canvas?.draw(shape);
  }, [canvas, shape]);

  return (
    <>
      <div className="bar">
        <label>
          Colour by{" "}
          <select
            value={by ?? ""}
            onChange={(event) => {
              setChosen(event.target.value || null);
            }}
          >
            <option value="">nothing</option>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <Pens slots={open} target={target} shape={shape} onShape={setShape} onSlot={setSlot} />
      </div>
      <Hint target={target} />
      <div className="canvas" ref={container} />
      <Hovered found={place === null ? undefined : found[place]} count={found.length} />
      <Keys by={by} keys={colors.keys} />
    </>
  );
}

function Hovered({ found, count }: { found: Found | undefined; count: number }) {
  if (!found) {
    const more = count === MOST ? " or more" : "";
    return (
      <p className="place" role="status">
        {count.toLocaleString("en")}
        {more} {count === 1 ? "geometry" : "geometries"} in the answer
      </p>
    );
  }
  const told = Object.entries(found.properties).slice(0, 6);
  return (
    <p className="place">
      <code>{found.path}</code>
      {told.map(([name, value]) => (
        <span key={name}>
          {name}: <b>{String(value)}</b>
        </span>
      ))}
    </p>
  );
}

function Keys({ by, keys }: { by: string | null; keys: readonly Key[] }) {
  return (
    <ul className="keys" aria-label={by === null ? "Colours" : `Colours by ${by}`}>
      {keys.map(({ label, color }) => (
        <li key={label}>
          <svg viewBox="0 0 10 10" aria-hidden="true">
            <rect width="10" height="10" rx="2" fill={color} />
          </svg>
          {label}
        </li>
      ))}
    </ul>
  );
}
