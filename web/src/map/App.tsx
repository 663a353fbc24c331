// The map at `/`: a scene that draws, a panel that asks.
import { useEffect, useMemo, useRef, useState } from "react";
import type { Measure } from "../canvas/pen";
import { here } from "../gateway/here";
import type { Answer } from "../gateway/useAnswer";
import { useAnswer } from "../gateway/useAnswer";
import type { Gateway, Layer } from "../gateway/page";
import { at, layerNamed } from "../gateway/page";
import { filters } from "./filter";
import { Data } from "./Data";
import { Filter } from "./Filter";
import { Legend } from "./Legend";
import { Past } from "./Past";
import type { Asked, Picked } from "./link";
import type { Links } from "./links";
import { links as linksOf } from "./links";
import type { Look } from "./look";
import { usePaint } from "./look";
import { MapView } from "./MapView";
import { NoticeList, useNotice } from "./NoticeList";
import type { Row } from "./queries";
import { selection, sheet } from "./queries";
import type { Frame, Tool } from "./scene";
import type { InView } from "./seen";
import { Search } from "./Search";
import type { Selected } from "./Selection";
import { Selection } from "./Selection";
import type { Whole } from "./Sheet";
import { Sheet } from "./Sheet";
import { useDrawing } from "./style";
import { Tools } from "./Tools";
import type { Bounds } from "./scene";
import { linked } from "./scene";
import type { Change } from "./useAsked";
import { useAsked } from "./useAsked";
import type { ChangesRead } from "./useChanges";
import { useChanges } from "./useChanges";
import { useRested } from "./useRested";
import { choose, useUnits } from "./units";

const PAUSE = 250; // milliseconds without a change, before the filter is sent

function useSelection(gateway: Gateway, layer: Layer, { where, area, near, asOf }: Asked) {
  const kept = useMemo(() => filters(gateway, layer, where, area), [gateway, layer, where, area]);
  const operation = kept || near ? selection(layer, kept, near, asOf) : null;
  const answer = useAnswer<Record<string, Selected>>(operation, PAUSE);
  const linked = useAnswer<Record<string, Links>>(operation && linksOf(layer, kept, asOf), PAUSE);
  const found = (operation && linked.data?.[layer.many]) || null;
  return {
    operation,
    answer,
    selected: (operation && answer.data?.[layer.many]) || null,
    links: { found, problem: linked.problem },
    tiles: kept && found && `${here(found.tiles.url)}&properties=`, // shapes alone are drawn
  };
}

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
  const changed = useMemo(() => changes.found?.flatMap(({ rows }) => rows) ?? [], [changes.found]);
  return { asked, changes, changed };
}

/** How layers are shown, besides their colours. */
const SHOWN: Look = { hidden: new Set(), opacity: {} };

export function App({ gateway }: { gateway: Gateway }) {
  useUnits(); // figures are told in them everywhere
  const [wanted, change, problems] = useAsked(gateway);
  const { drawing, problem } = useDrawing(gateway);
  const [tool, setTool] = useState<Tool>("pick");
  const [open, setOpen] = useState(true);
  const [look, setLook] = useState(SHOWN);
  const [seen, setSeen] = useState<InView>({ seen: {}, box: null });
  const { asked, changes, changed } = usePast(gateway, wanted, seen.box);
  const [measure, setMeasure] = useState<Measure | null>(null);
  const [frame, setFrame] = useState<Frame | null>(null);
  const layer = layerNamed(gateway, asked.layer);
  if (!layer) throw new Error(`There is no layer ${asked.layer}.`);

  const selection = useSelection(gateway, layer, asked);
  const picked = usePicked(gateway, asked);

  const row = (picked.pickedLayer && picked.whole.data?.[picked.pickedLayer.one]) ?? null;
  const notice = useNotice(gateway, asked, picked.pickedLayer, row);

  const { paint, problem: unpainted } = usePaint(gateway, asked.color, asked.asOf);
  const legend = { ...drawing?.legend, ...(paint && { [paint.by.layer]: paint.legend }) };

  useFramed(asked.picked, picked.whole, setFrame);

  return (
    <div className={open ? "app" : "app folded"}>
      <MapView
        gateway={gateway}
        asked={asked}
        picked={row?.geometry ?? null}
        drawing={drawing}
        problem={problem ?? unpainted}
        tiles={selection.tiles}
        look={look}
        paint={paint}
        tool={tool}
        frame={frame}
        changed={changed}
        told={notice.told}
        onNow={() => {
          change({ asOf: null });
        }}
        onSeen={setSeen}
        onMeasure={setMeasure}
        onPick={(picked) => {
          change({ picked });
          if (picked) setOpen(true);
        }}
        onPoint={(near) => {
          change({ near });
          setTool("pick");
        }}
        onArea={(area) => {
          change({ area, ...(asked.notice && { picked: null }) }); // who is near the area, not what is picked
          setTool("pick");
        }}
      />
      <aside className="panel" aria-label="Search, filter and details">
        <Header gateway={gateway} open={open} onOpen={setOpen} />
        <Panel
          {...{ gateway, layer, asked, change, problems, selection, tool, setTool, measure, setFrame }}
          {...picked}
          box={seen.box}
          asOf={wanted.asOf}
          changes={changes}
          notice={notice}
        >
          <Legend
            gateway={gateway}
            legend={legend}
            seen={seen.seen}
            look={look}
            onLook={setLook}
            asked={asked}
            onChange={change}
            onFrame={setFrame}
          />
        </Panel>
      </aside>
    </div>
  );
}

type PanelProps = ReturnType<typeof usePicked> & {
  gateway: Gateway;
  layer: Layer;
  asked: Asked;
  change: Change;
  problems: string[];
  selection: ReturnType<typeof useSelection>;
  tool: Tool;
  setTool: (tool: Tool) => void;
  measure: Measure | null;
  setFrame: (frame: Frame) => void;
  /** The box of the view. */
  box: Bounds | null;
  /** The moment that is chosen; `asked` has it once it is not changed further. */
  asOf: string | null;
  changes: ChangesRead;
  notice: ReturnType<typeof useNotice>;
  children: React.ReactNode;
};

function Panel({ gateway, layer, asked, change, problems, selection, setFrame, children, ...rest }: PanelProps) {
  const { tool, setTool, measure, pickedLayer, whole, box, asOf, changes, notice } = rest;
  const { operation, answer, selected, links } = selection;
  const show = (name: string, row: Row) => {
    change({ picked: { layer: name, id: row.featureId } });
    const box = row["bbox"] as Bounds | undefined;
    if (box) setFrame({ box });
  };
  return (
    <>
      {gateway.search && <Search gateway={gateway} query={gateway.search} onFound={show} />}
      <Problems problems={problems} />
      <Tools {...{ gateway, tool, measure, asked }} onTool={setTool} onChange={change} />
      <div className="body">
        {asked.notice && (
          <NoticeList
            subject={notice.subject}
            answer={notice.answer}
            wanted={asked.notice}
            onChange={(notice) => {
              change({ notice });
            }}
            onFrame={setFrame}
          />
        )}
        {pickedLayer && (
          <Sheet
            gateway={gateway}
            layer={pickedLayer}
            answer={whole}
            asOf={asked.asOf}
            onShow={show}
            onClose={() => {
              change({ picked: null });
            }}
          />
        )}
        <Filter gateway={gateway} layer={layer} asked={asked} operation={operation} onChange={change} />
        <Data gateway={gateway} layer={layer} asked={asked} box={box} onChange={change} />
        {operation && (
          <Selection
            layer={layer}
            answer={answer}
            selected={selected}
            links={links}
            near={asked.near}
            onShow={show}
            onFrame={(box) => {
              setFrame({ box, alone: true });
            }}
          />
        )}
        <Past
          gateway={gateway}
          asOf={asOf}
          changes={changes}
          onChange={(asOf) => {
            change({ asOf });
          }}
          onShow={show}
        />
        {children}
      </div>
    </>
  );
}

/** What a link asks for that is not here. */
function Problems({ problems }: { problems: readonly string[] }) {
  if (problems.length === 0) return null;
  return <p role="alert">The link asks for something that is not here. It is left out: {problems.join(", ")}</p>;
}

function Header({ gateway, open, onOpen }: { gateway: Gateway; open: boolean; onOpen: (open: boolean) => void }) {
  const units = useUnits();
  return (
    <header>
      <h1>Spatial gateway</h1>
      {gateway.graphiql && <a href={at("/graphql")}>GraphiQL</a>}
      <button
        type="button"
        aria-label={units === "metric" ? "Show feet and acres" : "Show metres and hectares"}
        onClick={() => {
          choose(units === "metric" ? "imperial" : "metric");
        }}
      >
        {units === "metric" ? "m" : "ft"}
      </button>
      <button
        type="button"
        className="fold"
        aria-expanded={open}
        onClick={() => {
          onOpen(!open);
        }}
      >
        {open ? "Less" : "More"}
      </button>
    </header>
  );
}
