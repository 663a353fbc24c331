// What is asked and answered beside the map: search, tools, what is picked, filtered and listed.
import type { Measure } from "../canvas/pen";
import type { Gateway, Layer } from "../gateway/page";
import { at } from "../gateway/page";
import type { Answer } from "../gateway/useAnswer";
import { Data } from "./Data";
import type { Editing } from "./edit/useEditing";
import { Filter } from "./Filter";
import type { Asked } from "./link";
import { Near } from "./Near";
import type { useNotice } from "./NoticeList";
import { NoticeList } from "./NoticeList";
import { Past } from "./Past";
import type { Row } from "./queries";
import type { Bounds, Frame, Tool } from "./scene";
import { Search } from "./Search";
import { Selection } from "./Selection";
import type { Whole } from "./Sheet";
import { Sheet } from "./Sheet";
import { Tools } from "./Tools";
import type { Change } from "./useAsked";
import type { ChangesRead } from "./useChanges";
import type { Near as NearFound } from "./useNear";
import type { useSelection } from "./useSelection";
import { choose, useUnits } from "./units";
import type { Language } from "../texts";
import { language, LANGUAGES, t } from "../texts";

interface Props {
  pickedLayer: Layer | null | undefined;
  whole: Answer<Record<string, Whole | null>>;
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
  /** Pick a row and go there. */
  show: (layer: string, row: Row) => void;
  /** The box of the view. */
  box: Bounds | null;
  /** The moment that is chosen; `asked` has it once it is not changed further. */
  asOf: string | null;
  changes: ChangesRead;
  near: NearFound | null;
  notice: ReturnType<typeof useNotice>;
  /** The result of an analysis. */
  analysis: React.ReactNode;
  printing: boolean;
  setPrinting: (printing: boolean) => void;
  /** What prints, where that is wanted. */
  print: React.ReactNode;
  editing: Editing;
  children: React.ReactNode;
}

export function Panel({ gateway, layer, asked, change, problems, selection, setFrame, children, ...rest }: Props) {
  const {
    tool,
    setTool,
    measure,
    show,
    printing,
    setPrinting,
    pickedLayer,
    whole,
    box,
    changes,
    near,
    notice,
    editing,
  } = rest;
  const { operation, answer, selected, links } = selection;
  const rows = operation && (
    <Selection
      layer={layer}
      answer={answer}
      selected={selected}
      links={links}
      near={asked.near}
      within={asked.within}
      onShow={show}
      onFrame={(box) => {
        setFrame({ box, alone: true });
      }}
    />
  );
  return (
    <>
      {gateway.search && <Search gateway={gateway} query={gateway.search} onFound={show} />}
      <Problems problems={problems} />
      {!editing.active && (
        <Tools
          {...{ gateway, tool, measure, asked, printing }}
          onPrint={setPrinting}
          onTool={setTool}
          onChange={change}
        >
          {editing.makers}
        </Tools>
      )}
      <div className="body">
        {editing.shown}
        {rest.analysis}
        {rest.print}
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
        {!editing.active && <Picked {...{ gateway, asked, pickedLayer, whole, change, show, editing }} />}
        {near && <Near key={JSON.stringify(asked.near)} {...{ gateway, layer, asked, near }} onChange={change} />}
        {near && rows}
        <Filter gateway={gateway} layer={layer} asked={asked} operation={operation} onChange={change} />
        <Data gateway={gateway} layer={layer} asked={asked} around={near?.around ?? null} box={box} onChange={change} />
        {!near && rows}
        <Past
          gateway={gateway}
          asOf={rest.asOf}
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

type PickedProps = Pick<Props, "gateway" | "asked" | "pickedLayer" | "whole" | "change" | "show" | "editing">;

function Picked({ gateway, asked, pickedLayer, whole, change, show, editing }: PickedProps) {
  if (!pickedLayer) return null;
  return (
    <Sheet
      gateway={gateway}
      layer={pickedLayer}
      answer={whole}
      asOf={asked.asOf}
      onShow={show}
      onEdit={asked.picked && editing.edit(pickedLayer, asked.picked.id)}
      onNear={() => {
        change({ near: asked.picked });
      }}
      onClose={() => {
        change({ picked: null });
      }}
    />
  );
}

/** What a link asks for that is not here. */
function Problems({ problems }: { problems: readonly string[] }) {
  if (problems.length === 0) return null;
  return <p role="alert">{t("page.badLink", { parts: problems.join(", ") })}</p>;
}

interface HeaderProps {
  gateway: Gateway;
  open: boolean;
  onOpen: (open: boolean) => void;
  /** Another language is chosen. */
  onLanguage: (language: Language) => void;
}

export function Header({ gateway, open, onOpen, onLanguage }: HeaderProps) {
  const units = useUnits();
  return (
    <header>
      <h1>{t("page.name")}</h1>
      {gateway.graphiql && <a href={at("/graphql")}>GraphiQL</a>}
      <button
        type="button"
        aria-label={units === "metric" ? t("page.imperial") : t("page.metric")}
        onClick={() => {
          choose(units === "metric" ? "imperial" : "metric");
        }}
      >
        {units === "metric" ? "m" : "ft"}
      </button>
      <Languages onLanguage={onLanguage} />
      <button
        type="button"
        className="fold"
        aria-expanded={open}
        onClick={() => {
          onOpen(!open);
        }}
      >
        {open ? t("page.less") : t("page.more")}
      </button>
    </header>
  );
}

/** The languages of the page, each as it calls itself; what is shown is their codes. */
function Languages({ onLanguage }: Pick<HeaderProps, "onLanguage">) {
  return (
    <select
      className="language"
      aria-label={t("page.language")}
      value={language()}
      onChange={({ target }) => {
        onLanguage(target.value as Language);
      }}
    >
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
