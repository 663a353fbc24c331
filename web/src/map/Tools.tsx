// What a click on the map does, and what was drawn so far.
import { useEffect } from "react";
import { useCanDraw } from "../canvas/lazyPen";
import type { Measure } from "../canvas/pen";
import { area, distance } from "./figures";
import type { Gateway } from "../gateway/page";
import type { Asked } from "./link";
import { usual } from "./noticeList";
import type { Tool } from "./scene";
import { Share } from "./Share";
import { USUAL } from "./table";
import { units } from "./units";
import type { Change } from "./useAsked";
import { t } from "../texts";

const TOOLS: readonly Tool[] = ["pick", "polygon", "rectangle", "circle", "length", "area", "nearest"];
/** What needs nothing to draw with. */
const PENLESS: ReadonlySet<Tool> = new Set<Tool>(["pick", "nearest"]);

/** Escape ends what was begun, except where it closes what a box suggests. */
function useEscape(end: (() => void) | null): void {
  useEffect(() => {
    const key = ({ key, target }: KeyboardEvent) => {
      if (key === "Escape" && !(target as Element).matches("[type=search]")) end?.();
    };
    addEventListener("keydown", key);
    return () => {
      removeEventListener("keydown", key);
    };
  }, [end]);
}

function measured(measure: Measure): string {
  const length = distance(measure.length);
  return measure.area === null ? length : t("tools.around", { area: area(measure.area), length });
}

interface Props {
  gateway: Gateway;
  tool: Tool;
  measure: Measure | null;
  asked: Asked;
  printing: boolean;
  onPrint: (printing: boolean) => void;
  onTool: (tool: Tool) => void;
  onChange: Change;
  /** What makes new rows. */
  children: React.ReactNode;
}

export function Tools({ gateway, tool, measure, asked, printing, onPrint, onTool, onChange, children }: Props) {
  const canDraw = useCanDraw();
  const close = () => {
    onChange({ notice: null });
  };
  const put = () => {
    onTool("pick");
  };
  const leave = () => {
    onChange({ near: null, within: null });
  };
  useEscape(tool !== "pick" ? put : asked.notice ? close : asked.near ? leave : null);
  return (
    <div className="tools">
      <div role="group" aria-label={t("tools.click")}>
        {TOOLS.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={tool === name}
            aria-disabled={!canDraw && !PENLESS.has(name)}
            title={t(`tools.hint.${name}`)}
            onClick={() => {
              if (canDraw || PENLESS.has(name)) onTool(name);
            }}
          >
            {t(`tools.label.${name}`)}
          </button>
        ))}
      </div>
      <Lists {...{ gateway, asked, printing, onPrint, onChange }} />
      {children}
      <p role="status" className={tool === "pick" ? "unseen" : ""}>
        {t(`tools.hint.${tool}`)} {!PENLESS.has(tool) && t("tools.keys")}
      </p>
      {measure && <output aria-label={t("tools.measured")}>{measured(measure)}</output>}
      {asked.area && (
        <button
          type="button"
          className="chip"
          onClick={() => {
            onChange({ area: null });
          }}
        >
          {t("tools.drawn")} <span aria-hidden="true">×</span>
          <span className="unseen">{t("tools.remove")}</span>
        </button>
      )}
    </div>
  );
}

/** What stands beside the map when it is wanted. */
function Lists({
  gateway,
  asked,
  printing,
  onPrint,
  onChange,
}: Omit<Props, "tool" | "measure" | "onTool" | "children">) {
  return (
    <div role="group" aria-label={t("tools.lists")}>
      {gateway.notices && (
        <button
          type="button"
          aria-pressed={asked.notice !== null}
          title={t("tools.noticeHint")}
          onClick={() => {
            onChange({ notice: asked.notice ? null : usual(units()) });
          }}
        >
          {t("notice.title")}
        </button>
      )}
      <button
        type="button"
        aria-pressed={asked.table !== null}
        title={t("table.hint")}
        onClick={() => {
          onChange({ table: asked.table ? null : USUAL });
        }}
      >
        {t("table.button")}
      </button>
      <button
        type="button"
        aria-pressed={printing}
        title={t("print.hint")}
        onClick={() => {
          onPrint(!printing);
        }}
      >
        {t("print.title")}
      </button>
      <Share />
    </div>
  );
}
