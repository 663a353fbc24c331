// The map at `/`: a scene that draws, a panel that asks.
import type { Polygon, Position } from "geojson";
import type { Map as MapLibre } from "maplibre-gl";
import { lazy, useEffect, useMemo, useRef, useState } from "react";
import type { Measure } from "../canvas/pen";
import type { Answer } from "../gateway/useAnswer";
import { useAnswer } from "../gateway/useAnswer";
import type { Gateway, Layer } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import type { Props as AnalysisProps } from "./Analysis";
import { Signing } from "./edit/Signing";
import { useEditing } from "./edit/useEditing";
import { Fetched } from "./Fetched";
import { useGraticule } from "./graticule";
import { Legend } from "./Legend";
import type { Asked, Picked } from "./link";
import { usePaint } from "./look";
import { useNotice } from "./NoticeList";
import { Header, Panel } from "./Panel";
import { usePlaces } from "./places";
import type { Scenery } from "./printed";
import type { Row } from "./queries";
import { sheet, titleOf } from "./queries";
import type { Frame, Tool } from "./scene";
import type { InView } from "./seen";
import type { Whole } from "./Sheet";
import { useDrawing } from "./style";
import type { Bounds } from "./scene";
import { linked } from "./views";
import { changeFeatures, outline } from "./overlays";
import type { Change } from "./useAsked";
import { useAsked } from "./useAsked";
import { useChanges } from "./useChanges";
import { useNear } from "./useNear";
import { useRested } from "./useRested";
import { useStreets } from "./streets";
import { useSelection } from "./useSelection";
import { reachOf, usualUnit } from "./near";
import { units, useUnits } from "./units";
import type { Language } from "../texts";
import { choose, listed, show as showLanguage, t } from "../texts";

const PAUSE = 250; // milliseconds without a change, before a moment is asked for

function usePicked(gateway: Gateway, { picked, asOf }: Asked) {
  const pickedLayer = picked && layerNamed(gateway, picked.layer);
  const operation = picked && pickedLayer ? sheet(pickedLayer, picked.id, asOf) : null;
  return { pickedLayer, whole: useAnswer<Record<string, Whole | null>>(operation) };
}

/** Go to the row that a link picks, unless the link says itself where to look. */
function useFramed(
  picked: Picked | null,
  whole: Answer<Record<string, Whole | null>>,
  onFrame: (frame: { box: Bounds }) => void,
) {
  const wanted = useRef(linked() ? null : picked);
  const box = Object.values(whole.data ?? {})[0]?.["bbox"] as Bounds | undefined;
  useEffect(() => {
    if (picked?.id !== wanted.current?.id) wanted.current = null;
    if (!wanted.current || !box) return;
    wanted.current = null;
    onFrame({ box });
  }, [picked, box, onFrame]);
}

/** What is asked once the moment rests, and what changed in view since then. */
function usePast(gateway: Gateway, wanted: Asked, box: Bounds | null) {
  const asOf = useRested(wanted.asOf, PAUSE);
  const asked = useMemo(() => ({ ...wanted, asOf }), [wanted, asOf]);
  const changes = useChanges(gateway, box, asOf);
  const changed = useMemo(() => changeFeatures(changes.found?.flatMap(({ rows }) => rows) ?? []), [changes.found]);
  return { asked, changes, changed };
}

const NOWHERE = outline(null);

// The panel shows while what draws the map, nine tenths of the script, is on its way.
const drawn = import("./MapView");
const MapView = lazy(() => drawn);
const Table = lazy(() => import("./Table"));
const Print = lazy(() => import("./Print"));
const Analysis = lazy(() => import("./Analysis"));

/** The analysis that is asked for. */
function Shown({ asked, ...props }: { asked: Asked } & Omit<AnalysisProps, "wanted">) {
  if (!asked.analysis) return null;
  return (
    <Fetched name="analysis">
      <Analysis key={asked.analysis.id} {...props} wanted={asked.analysis} />
    </Fetched>
  );
}

/** The map; until it is fetched, where it will be. */
function Stage(props: React.ComponentProps<typeof MapView>) {
  const coming = (
    <main className="stage">
      <p role="status" className="coming">
        {t("page.coming")}
      </p>
    </main>
  );
  return (
    <Fetched name="map" meanwhile={coming}>
      <MapView {...props} />
    </Fetched>
  );
}

export function App({ gateway }: { gateway: Gateway }) {
  useUnits(); // figures are told in them everywhere
  const [wanted, change, problems] = useAsked(gateway);
  const { drawing, problem } = useDrawing(gateway);
  const [tool, setTool] = useState<Tool>("pick");
  const [open, setOpen] = useState(true);
  const { look } = wanted;
  const [seen, setSeen] = useState<InView>({ seen: {}, box: null });
  const { asked, changes, changed } = usePast(gateway, wanted, seen.box);
  const [measure, setMeasure] = useState<Measure | null>(null);
  const [frame, setFrame] = useState<Frame | null>(null);
  const [map, setMap] = useState<MapLibre | null>(null);
  const [goes] = useState(() => !linked()); // the address names no view
  const layer = layerNamed(gateway, asked.layer);
  if (!layer) throw new Error(t("errors.layer", { name: asked.layer }));

  const near = useNear(gateway, asked);
  const selection = useSelection(gateway, layer, asked, near);
  const picked = usePicked(gateway, asked);

  const row = (picked.pickedLayer && picked.whole.data?.[picked.pickedLayer.one]) ?? null;
  const notice = useNotice(gateway, asked, picked.pickedLayer, row);

  const { paint, problem: unpainted } = usePaint(gateway, asked.color, asked.asOf);
  const legend = { ...drawing?.legend, ...(paint && { [paint.by.layer]: paint.legend }) };

  const print = usePrint({ gateway, asked, map, legend }, titleFor(gateway, picked.pickedLayer, row));

  useGraticule(map, look.ground.includes("graticule"));
  useStreets(map, gateway, look.ground.includes("streets") && !gateway.basemap);
  usePlaces(map, look.ground.includes("places") && !gateway.basemap); // one of the operator's has its own names

  const editing = useEditing(gateway, map, wanted, change);

  useFramed(asked.picked, picked.whole, setFrame);

  const show = showing(change, setFrame);
  const onLanguage = useLanguages(wanted.lang, change);

  return (
    <div className={open ? "app" : "app folded"}>
      <Stage
        {...{ gateway, asked, drawing, paint, frame, changed }}
        tool={editing.active ? "edit" : tool}
        picked={editing.active ? null : (row?.geometry ?? null)}
        problem={problem ?? unpainted}
        tiles={selection.tiles}
        near={near?.drawn ?? NOWHERE}
        told={notice.told}
        onSeen={setSeen}
        onMap={setMap}
        onMeasure={setMeasure}
        {...did(asked, change, setTool, setOpen)}
      />
      <aside className="panel" aria-label={t("page.panel")}>
        <Header {...{ gateway, open, onLanguage }} onOpen={setOpen} />
        <Panel
          {...{ gateway, layer, asked, change, problems, selection, tool, setTool, measure, setFrame, show, editing }}
          printing={print.printing}
          setPrinting={print.setPrinting}
          {...picked}
          box={seen.box}
          asOf={wanted.asOf}
          changes={changes}
          near={near}
          notice={notice}
          analysis={<Shown {...{ gateway, asked, map, goes }} onFrame={setFrame} onChange={change} />}
          print={print.shown}
        >
          <Legend
            {...{ gateway, legend, asked, map }}
            seen={seen.seen}
            tiles={selection.tiles}
            onChange={change}
            onFrame={setFrame}
          />
          <Signing />
        </Panel>
      </aside>
      <Rows
        {...{ gateway, layer, asked }}
        around={near?.around ?? null}
        box={seen.box}
        onChange={change}
        onShow={show}
      />
    </div>
  );
}

/** Go to the languages of links, and change them. A link that names none keeps none. */
function useLanguages(lang: Asked["lang"], change: Change) {
  useEffect(() => {
    if (lang) void showLanguage(lang);
  }, [lang]);
  return (chosen: Language) => {
    if (lang) change({ lang: chosen });
    choose(chosen);
  };
}

/** The table, where it is asked for. */
function Rows(props: Omit<React.ComponentProps<typeof Table>, "table">) {
  const { table } = props.asked;
  return (
    table && (
      <Fetched name="table">
        <Table {...props} table={table} />
      </Fetched>
    )
  );
}

/** The panel that prints, and the map that it prints. */
function usePrint(scenery: Omit<Scenery, "map"> & Pick<AnalysisProps, "map">, title: string) {
  const [printing, setPrinting] = useState(false);
  const close = () => {
    setPrinting(false);
  };
  const shown = printing && (
    <Fetched name="print">
      <Print {...scenery} title={title} onClose={close} />
    </Fetched>
  );
  return { printing, setPrinting, shown };
}

/** What a sheet is called, until it is given a name: as what is picked, else as what there is. */
function titleFor(gateway: Gateway, layer: Layer | null | undefined, row: Whole | null): string {
  if (layer && row) return titleOf(layer, row);
  const all = listed(gateway.layers.map(({ titles }) => titles));
  return all.charAt(0).toUpperCase() + all.slice(1);
}

/** Pick a row and go there. */
function showing(change: Change, onFrame: (frame: Frame) => void) {
  return (layer: string, row: Row) => {
    change({ picked: { layer, id: row.featureId } });
    const box = row["bbox"] as Bounds | undefined;
    if (box) onFrame({ box });
  };
}

/** What a reader does on the map. */
function did(asked: Asked, change: Change, onTool: (tool: Tool) => void, onOpen: (open: boolean) => void) {
  return {
    onNow: () => {
      change({ asOf: null });
    },
    onPick: (picked: Picked | null) => {
      change({ picked });
      if (picked) onOpen(true);
    },
    onPoint: (near: Position) => {
      change({ near });
      onTool("pick");
    },
    onCircle: (near: Position, radius: number) => {
      change({ near, within: reachOf(radius, usualUnit(units())) });
      onTool("pick");
    },
    onArea: (area: Polygon) => {
      change({ area, ...(asked.notice && { picked: null }) }); // who is near the area, not what is picked
      onTool("pick");
    },
  };
}
