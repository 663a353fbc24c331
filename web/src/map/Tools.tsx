// What a click on the map does, and what was drawn so far.
import type { Asked } from "./link";
import type { Tool } from "./scene";
import type { Change } from "./useAsked";

const TOOLS: readonly (readonly [tool: Tool, label: string, hint: string])[] = [
  ["pick", "Pick", "Click a place to read about it."],
  ["polygon", "Draw", "Click the corners of an area; double-click, or click the first corner, to close it."],
  ["rectangle", "Box", "Click two opposite corners of a box."],
  ["nearest", "Nearest", "Click a place to list what is nearest to it."],
];

interface Props {
  tool: Tool;
  asked: Asked;
  onTool: (tool: Tool) => void;
  onChange: Change;
}

export function Tools({ tool, asked, onTool, onChange }: Props) {
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
      <p role="status" className={tool === "pick" ? "unseen" : ""}>
        {hint}
      </p>
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
      {asked.near && (
        <button
          type="button"
          className="chip"
          onClick={() => {
            onChange({ near: null });
          }}
        >
          Nearest to {asked.near.map((value) => value.toFixed(4)).join(", ")} <span aria-hidden="true">×</span>
          <span className="unseen">: remove</span>
        </button>
      )}
    </div>
  );
}
