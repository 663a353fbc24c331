// Bars of numbers, and a brush over them that says from where to where.
import type { D3BrushEvent } from "d3-brush";
import { brushX } from "d3-brush";
import { select } from "d3-selection";
import { useEffect, useRef, useState } from "react";
import type { Field } from "../gateway/page";
import type { Bars } from "./chart";
import { barLabel } from "./chart";
import { figure } from "./figures";
import { t, whole } from "../texts";
import { fieldName } from "../texts/names";

const WIDTH = 336;
const HEIGHT = 96;
const TEXT = 20;
const GAP = 1;
const SLACK = 0.25; // of a bar that a brush may miss or take too much

type Range = [from: number | null, to: number | null];

interface Props {
  field: Field;
  bars: Bars;
  range: Range;
  onRange: (range: Range) => void;
}

/** Keep a brush over the bars; what it says ends where bars do. */
function useBrush(count: number, ends: [number, number] | null, onEnds: (ends: [number, number] | null) => void) {
  const place = useRef<SVGGElement>(null);
  const latest = useRef(onEnds);
  useEffect(() => {
    latest.current = onEnds;
  });
  const [from, to] = ends ?? [NaN, NaN];
  useEffect(() => {
    if (!place.current) return;
    const group = select<SVGGElement, null>(place.current);
    const brush = brushX<null>().extent([
      [0, 0],
      [WIDTH, HEIGHT],
    ]);
    const show = (low: number, high: number) => {
      brush.move(group, low < high ? [(low / count) * WIDTH, (high / count) * WIDTH] : null);
    };
    brush.handleSize(16).on("end", ({ sourceEvent, selection }: D3BrushEvent<null>) => {
      if (!sourceEvent) return; // it was moved by the filter, not by a person
      const [left, right] = ((selection ?? [0, 0]) as [number, number]).map((x) => (x / WIDTH) * count);
      const [low, high] = [Math.floor((left ?? 0) + SLACK), Math.ceil((right ?? 0) - SLACK)];
      show(low, high);
      latest.current(low < high ? [low, high] : null);
    });
    group.call(brush);
    show(from, to);
  }, [count, from, to]);
  return place;
}

export default function Histogram({ field, bars: { bars, start, width }, range: [from, to], onRange }: Props) {
  const [under, setUnder] = useState<number | null>(null);
  const step = WIDTH / bars.length;
  const most = Math.max(...bars.map(({ count }) => count), 1);
  const within = (value: number) => Math.min(Math.max((value - start) / width, 0), bars.length);
  const chosen = from !== null || to !== null;
  const ends: [number, number] = [from === null ? 0 : within(from), to === null ? bars.length : within(to)];
  const place = useBrush(bars.length, chosen ? ends : null, (found) => {
    const [low = 0, high = bars.length] = found ?? [];
    onRange([low === 0 ? null : start + low * width, high === bars.length ? null : start + high * width]);
  });
  const told = under === null ? null : bars[under];
  const edge = (value: number) => figure(field, value) ?? "";
  return (
    <>
      <svg
        className="bars"
        viewBox={`0 0 ${WIDTH} ${HEIGHT + TEXT}`}
        role="img"
        aria-label={t("data.histogram", { count: bars.length, field: fieldName(field.name) })}
        onPointerMove={({ clientX, currentTarget }) => {
          const { left, width: wide } = currentTarget.getBoundingClientRect();
          setUnder(Math.min(Math.max(Math.floor(((clientX - left) / wide) * bars.length), 0), bars.length - 1));
        }}
        onPointerLeave={() => {
          setUnder(null);
        }}
      >
        {bars.map(({ count }, index) => {
          const tall = count === 0 ? 0 : Math.max((count / most) * (HEIGHT - 4), 1.5);
          return (
            <rect
              key={index}
              className={index + 0.5 > ends[0] && index + 0.5 < ends[1] ? "kept" : ""}
              x={index * step}
              y={HEIGHT - tall}
              width={Math.max(step - GAP, 0.5)}
              height={tall}
            />
          );
        })}
        <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        <g ref={place} />
        <text y={HEIGHT + 15}>{edge(start)}</text>
        <text x={WIDTH / 2} y={HEIGHT + 15} textAnchor="middle">
          {edge(start + Math.round(bars.length / 2) * width)}
        </text>
        <text x={WIDTH} y={HEIGHT + 15} textAnchor="end">
          {edge(start + bars.length * width)}
        </text>
      </svg>
      <p className="under">{told ? `${barLabel(field, told)}: ${whole(told.count)}` : t("data.drag")}</p>
    </>
  );
}
