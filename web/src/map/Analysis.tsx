// The result of an analysis that was run as a job: how far it is, what is on the map, and files to keep.
import type { Map as MapLibre } from "maplibre-gl";
import { useEffect, useRef, useState } from "react";
import { here } from "../gateway/here";
import type { Gateway } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import { useRead } from "../gateway/useAnswer";
import type { Analysis as Wanted, Job, Result } from "./analysis";
import { keyOf, look, part, pause, titleOf, told } from "./analysis";
import type { Shown } from "./analysisLayer";
import { ResultLayer } from "./analysisLayer";
import { Swatch } from "./Legend";
import type { Frame } from "./scene";
import type { Change } from "./useAsked";
import { t, whole } from "../texts";

const LISTED = 12; // kinds that the legend has

export interface Props {
  gateway: Gateway;
  wanted: Wanted;
  /** Where the result is drawn; null until the map is there. */
  map: MapLibre | null;
  /** Whether the map goes to the result when it is there. */
  goes: boolean;
  onFrame: (frame: Frame) => void;
  onChange: Change;
}

/** How the job stands, looked at as often as it changes; `held` once it was there. */
function useJob(gateway: Gateway, wanted: Wanted) {
  const [turn, setTurn] = useState(0);
  const { data: job, problem, waiting } = useRead(keyOf(wanted, gateway.analysis, turn), look);
  const [held, setHeld] = useState(false);
  if (job && !held) setHeld(true);
  useEffect(() => {
    const wait = waiting || problem !== null ? null : pause(job, Date.now());
    if (wait === null) return;
    const timer = setTimeout(() => {
      setTurn((turn) => turn + 1);
    }, wait);
    return () => {
      clearTimeout(timer);
    };
  }, [job, problem, waiting]);
  const again = () => {
    setTurn((turn) => turn + 1);
  };
  return { job, problem, missing: !job && !waiting && problem === null, held, again };
}

/** The result on the map, dimmed as is chosen, and what is in view of it. */
function useLayer(map: MapLibre | null, result: Result | null, opacity: number, onLost: () => void): Shown | null {
  const [shown, setShown] = useState<Shown | null>(null);
  const [layer, setLayer] = useState<ResultLayer | null>(null);
  const lost = useRef(onLost);
  useEffect(() => {
    lost.current = onLost;
  });
  const key = result && JSON.stringify(result);
  useEffect(() => {
    if (!map || key === null) return;
    const made = new ResultLayer(map, JSON.parse(key) as Result, setShown, () => {
      lost.current();
    });
    setLayer(made);
    return () => {
      made.remove();
      setLayer(null);
      setShown(null);
    };
  }, [map, key]);
  useEffect(() => {
    layer?.dim(opacity);
  }, [layer, opacity]);
  return shown;
}

export default function Analysis({ gateway, wanted, map, goes, onFrame, onChange }: Props) {
  const { job, problem, missing, held, again } = useJob(gateway, wanted);
  const [opacity, setOpacity] = useState(1);
  const result = job?.result ?? null;
  const shown = useLayer(map, result, opacity, again);
  const box = result?.bounds ?? null;
  const due = useRef(goes);
  useEffect(() => {
    if (!due.current || !map || !box) return;
    due.current = false;
    onFrame({ box });
  }, [map, box, onFrame]);
  const titles = (job?.layer && layerNamed(gateway, job.layer)?.titles) ?? null;
  return (
    <section aria-labelledby="analysis" className="analysis">
      <div className="line">
        <h2 id="analysis">{job ? titleOf(job, titles) : t("analysis.title")}</h2>
        <button
          type="button"
          aria-label={t("analysis.close")}
          onClick={() => {
            onChange({ analysis: null });
          }}
        >
          ×
        </button>
      </div>
      {problem && <p role="alert">{problem}</p>}
      {missing && <p role="alert">{held ? t("analysis.expired") : t("analysis.missing")}</p>}
      <p role="status" className="none">
        {job && told(job, titles ?? t("rows.rows"))}
      </p>
      {job && <Progress job={job} />}
      {box && shown && <Kinds shown={shown} />}
      {result && (
        <>
          <label className="opacity">
            <span>{t("legend.opacity")}</span>
            <input
              type="range"
              aria-label={t("analysis.opacity")}
              min={0}
              max={1}
              step={0.05}
              value={opacity}
              onChange={(event) => {
                setOpacity(event.target.valueAsNumber);
              }}
            />
          </label>
          <p className="actions">
            {box && (
              <button
                type="button"
                onClick={() => {
                  onFrame({ box, alone: true });
                }}
              >
                {t("analysis.zoom")}
              </button>
            )}
            <a href={here(result.files.geojson)} download>
              GeoJSON
            </a>
            <a href={here(result.files.geoparquet)} download>
              GeoParquet
            </a>
          </p>
        </>
      )}
    </section>
  );
}

function Progress({ job }: { job: Job }) {
  if (job.state !== "WAITING" && job.state !== "RUNNING") return null;
  const done = part(job);
  return <progress aria-label={t("analysis.progress")} value={done ?? undefined} max={1} />;
}

/** What colours mean; without kinds, how many features there are. */
function Kinds({ shown: { items, features } }: { shown: Shown }) {
  const rest = items.length - LISTED;
  return (
    <>
      <h3>{t("analysis.inView", { count: features })}</h3>
      <ul aria-label={t("analysis.colours")}>
        {items.slice(0, LISTED).map((item) => (
          <li key={item.label}>
            <Swatch item={item} />
            <b>{item.label}</b>
            <small>{item.count === null ? null : whole(item.count)}</small>
          </li>
        ))}
      </ul>
      {rest > 0 && <p className="none">{t("rows.more", { count: rest })}</p>}
    </>
  );
}
