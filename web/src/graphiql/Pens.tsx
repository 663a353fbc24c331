// What can be drawn, and the variable that it fills.
import type { Shape } from "../canvas/pen";
import type { Slot } from "./fill";

const SHAPES: readonly (readonly [shape: Shape, label: string])[] = [
  ["rectangle", "Box"],
  ["polygon", "Polygon"],
  ["point", "Point"],
];

interface Props {
  slots: readonly Slot[];
  target: Slot | undefined;
  shape: Shape | null;
  onShape: (shape: Shape | null) => void;
  onSlot: (name: string) => void;
}

export function Pens({ slots, target, shape, onShape, onSlot }: Props) {
  return (
    <>
      <span role="group" aria-label="Draw a variable">
        {SHAPES.map(([name, label]) => (
          <button
            key={name}
            type="button"
            disabled={!target}
            aria-pressed={shape === name}
            onClick={() => {
              onShape(shape === name ? null : name);
            }}
          >
            {label}
          </button>
        ))}
      </span>
      {slots.length > 1 && (
        <select
          aria-label="Variable to fill"
          value={target?.name ?? ""}
          onChange={(event) => {
            onSlot(event.target.value);
          }}
        >
          {slots.map(({ name }) => (
            <option key={name} value={name}>
              ${name}
            </option>
          ))}
        </select>
      )}
    </>
  );
}

export function Hint({ target }: { target: Slot | undefined }) {
  return (
    <p className="hint">
      {target ? (
        <>
          A drawing fills <code>${target.name}</code>.
        </>
      ) : (
        <>
          Declare a variable, say <code>query ($where: GeometryInput!)</code>, to fill it by drawing.
        </>
      )}
    </p>
  );
}
