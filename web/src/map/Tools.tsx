// What a click on the map does, and what was drawn so far.
import { useEffect } from "react";
import type { Measure } from "../canvas/pen";
import { area, distance } from "./figures";
import type { Gateway } from "../gateway/page";
import type { Asked } from "./link";
import { usual } from "./noticeList";
import type { Tool } from "./scene";
import { USUAL } from "./table";
import { units } from "./units";
import type { Change } from "./useAsked";

const TOOLS: readonly (readonly [tool: Tool, label: string, hint: string])[] = [
  ["pick", "Pick", "Click a place to read about it."],
  ["polygon", "Draw", "Click the corners of an area; double-click, or click the first corner, to close it."],
  ["rectangle", "Box", "Drag a box, or click two opposite corners."],
  ["length", "Length", "Click along a line to measure it; double-click to end."],
  ["area", "Area", "Click the corners of an area to measure it; double-click to end."],
  ["nearest", "Nearest", "Click a place to list what is near, or press Enter on the map for its middle."],
];

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

interface Props {
  gateway: Gateway;
  tool: Tool;
  measure: Measure | null;
  asked: Asked;
  printing: boolean;
  onPrint: (printing: boolean) => void;
  onTool: (tool: Tool) => void;
  onChange: Change;
}

export function Tools({ gateway, tool, measure, asked, printing, onPrint, onTool, onChange }: Props) {
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
  const hint = TOOLS.find(([name]) => name === tool)?.[2];
  return (
    <div className="tools">
      <div role="group" aria-label="What a click on the map does">
        {TOOLS.map(([name, label, title]) => (
          <button
            key={name}
            type="button"
            aria-pressed={tool === name}
            title={title}
            onClick={() => {
              onTool(name);
            }}
          >
            {label}
          </button>
        ))}
      </div>
      <Lists {...{ gateway, asked, printing, onPrint, onChange }} />
      <p role="status" className={tool === "pick" ? "unseen" : ""}>
        {hint}
      </p>
      {measure && (
        <output aria-label="Measured">
          {measure.area === null ? "" : `${area(measure.area)}, around it `}
          {distance(measure.length)}
        </output>
      )}
      {asked.area && (
        <button
          type="button"
          className="chip"
          onClick={() => {
            onChange({ area: null });
          }}
        >
          Drawn area <span aria-hidden="true">×</span>
          <span className="unseen">: remove</span>
        </button>
      )}
    </div>
  );
}

/** What stands beside the map when it is wanted. */
function Lists({ gateway, asked, printing, onPrint, onChange }: Omit<Props, "tool" | "measure" | "onTool">) {
  return (
    <div role="group" aria-label="Lists">
      {gateway.notices && (
        <button
          type="button"
          aria-pressed={asked.notice !== null}
          title="Who must be told of a case: owners near a parcel or an area."
          onClick={() => {
            onChange({ notice: asked.notice ? null : usual(units()) });
          }}
        >
          Notice list
        </button>
      )}
      <button
        type="button"
        aria-pressed={asked.table !== null}
        title="Rows in view, or all that the filter keeps, to sort and copy."
        onClick={() => {
          onChange({ table: asked.table ? null : USUAL });
        }}
      >
        Table
      </button>
      <button
        type="button"
        aria-pressed={printing}
        title="A sheet of paper with a title, the legend and a scale, as PDF or PNG."
        onClick={() => {
          onPrint(!printing);
        }}
      >
        Print
      </button>
    </div>
  );
}
