// Print: a title, a sheet of paper and a scale; then the map as a file.
import type { Map as Shown } from "maplibre-gl";
import { useEffect, useRef, useState } from "react";
import { distance } from "./figures";
import { frames } from "./layout";
import type { Paper } from "./paper";
import { PAPERS, scaleText, sizeOf, usualScales } from "./paper";
import type { LngLat, Scenery, Wish } from "./printed";
import { fileName, printed, ratioOf } from "./printed";
import { pdf, png } from "./sheetFiles";
import { SheetFrame } from "./sheetFrame";
import { units } from "./units";
import { t } from "../texts";

interface Props extends Omit<Scenery, "map"> {
  map: Shown | null;
  /** What the sheet is called until it is given a name. */
  title: string;
  onClose: () => void;
}

const FILES = { pdf, png };
type Ending = keyof typeof FILES;

/** Give a file to the reader. */
function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 60_000);
}

/** Draw and save a sheet; what is begun is given up when the panel closes. */
function useSaving(scenery: Omit<Scenery, "map">, map: Shown | null, wish: Wish) {
  const [told, setTold] = useState({ text: "", problem: "", busy: false });
  const stop = useRef<AbortController | null>(null);
  useEffect(
    () => () => {
      stop.current?.abort();
    },
    [],
  );
  const run = async (ending: Ending, shown: Shown, signal: AbortSignal) => {
    const { sheet, picture } = await printed({ ...scenery, map: shown }, wish, signal);
    const name = fileName(wish.title, ending);
    save(await FILES[ending](sheet, picture), name);
    return name;
  };
  const start = (ending: Ending) => {
    if (!map || told.busy) return;
    setTold({ text: t("print.drawing"), problem: "", busy: true });
    const { signal } = (stop.current = new AbortController());
    run(ending, map, signal).then(
      (name) => {
        setTold({ text: t("print.made", { name }), problem: "", busy: false });
      },
      (error: unknown) => {
        if (!signal.aborted) setTold({ text: "", problem: (error as Error).message, busy: false });
      },
    );
  };
  return [told, start] as const;
}

/** The frame of a sheet of a fixed scale on the map; moved by hand it stays where it is. */
function useFrame(map: Shown | null, wish: Wish, onMoved: (centre: LngLat) => void): void {
  const { ratio, centre, paper, landscape } = wish;
  const [frame, setFrame] = useState<SheetFrame | null>(null);
  const latest = useRef(onMoved);
  useEffect(() => {
    latest.current = onMoved;
  });
  const fixed = ratio !== null;
  useEffect(() => {
    if (!map || !fixed) return;
    const made = new SheetFrame(map, t("print.frame"), (moved) => {
      latest.current(moved);
    });
    setFrame(made);
    return () => {
      made.remove();
      setFrame(null);
    };
  }, [map, fixed]);
  useEffect(() => {
    if (ratio !== null) frame?.show({ ...frames(sizeOf(paper, landscape)).map, ratio }, centre);
  }, [frame, ratio, centre, paper, landscape]);
}

export default function Print({ map, title, onClose, ...scenery }: Props) {
  const [wish, setWish] = useState<Omit<Wish, "title">>(() => ({
    paper: units() === "imperial" ? "letter" : "a4",
    landscape: true,
    ratio: null,
    centre: null,
  }));
  const [named, setNamed] = useState<string | null>(null);
  const whole: Wish = { ...wish, title: (named ?? title).trim() || title };
  const [told, start] = useSaving(scenery, map, whole);
  useFrame(map, whole, (centre) => {
    setWish((before) => ({ ...before, centre }));
  });
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.select();
  }, []);
  const set = (part: Partial<typeof wish>) => {
    setWish({ ...wish, ...part });
  };
  return (
    <section
      aria-labelledby="print"
      aria-busy={told.busy}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <div className="line">
        <h2 id="print">{t("print.title")}</h2>
        <button type="button" aria-label={t("print.close")} onClick={onClose}>
          ×
        </button>
      </div>
      <div className="question">
        <input
          ref={field}
          className="whole"
          aria-label={t("print.name")}
          maxLength={120}
          value={named ?? title}
          onChange={({ target }) => {
            setNamed(target.value);
          }}
        />
        <Sheet wish={whole} onChange={set} />
        <Scale wish={whole} map={map} onChange={set} />
      </div>
      <p className="actions">
        {(["pdf", "png"] as const).map((ending) => (
          <button
            key={ending}
            type="button"
            aria-disabled={told.busy || !map}
            onClick={() => {
              start(ending);
            }}
          >
            {ending.toUpperCase()}
          </button>
        ))}
      </p>
      <p role="status">{told.text}</p>
      {told.problem && <p role="alert">{told.problem}</p>}
    </section>
  );
}

/** The paper, and how it lies. */
function Sheet({ wish, onChange: set }: { wish: Wish; onChange: (part: Partial<Wish>) => void }) {
  return (
    <>
      <select
        aria-label={t("print.paper")}
        value={wish.paper}
        onChange={({ target }) => {
          set({ paper: target.value as Paper });
        }}
      >
        {Object.entries(PAPERS).map(([paper, { label }]) => (
          <option key={paper} value={paper}>
            {label}
          </option>
        ))}
      </select>
      <select
        aria-label={t("print.orientation")}
        value={wish.landscape ? "landscape" : "portrait"}
        onChange={({ target }) => {
          set({ landscape: target.value === "landscape" });
        }}
      >
        <option value="landscape">{t("print.landscape")}</option>
        <option value="portrait">{t("print.portrait")}</option>
      </select>
    </>
  );
}

/** The scale, and how much of the ground it shows. */
function Scale({ wish, map, onChange }: { wish: Wish; map: Shown | null; onChange: (part: Partial<Wish>) => void }) {
  const [, setMoved] = useState(0);
  useEffect(() => {
    const look = () => {
      setMoved((moves) => moves + 1);
    };
    map?.on("moveend", look);
    return () => {
      map?.off("moveend", look);
    };
  }, [map]);
  if (!map) return null;
  const ratio = ratioOf(wish, map);
  const { width, height } = frames(sizeOf(wish.paper, wish.landscape)).map;
  const ground = (millimetres: number) => distance(Math.round((millimetres * ratio) / 1000));
  return (
    <>
      <select
        aria-label={t("print.scale")}
        className="whole"
        value={wish.ratio ?? ""}
        onChange={({ target: { value } }) => {
          onChange(value === "" ? { ratio: null, centre: null } : { ratio: Number(value) });
        }}
      >
        <option value="">
          {t("print.all", { scale: scaleText(ratioOf({ ...wish, ratio: null }, map), units()) })}
        </option>
        {usualScales(units()).map((each) => (
          <option key={each} value={each}>
            {scaleText(each, units())}
          </option>
        ))}
      </select>
      <p className="whole none">
        {t(wish.ratio === null ? "print.ground" : "print.framed", { width: ground(width), height: ground(height) })}
      </p>
      {wish.centre && (
        <button
          type="button"
          className="whole"
          onClick={() => {
            onChange({ centre: null });
          }}
        >
          {t("print.middle")}
        </button>
      )}
    </>
  );
}
