// What is mine and what someone else stored meanwhile, side by side, with a choice for each field or for all.
import { t } from "../../texts";
import { fieldName } from "../../texts/names";
import type { Geometry, Position } from "geojson";
import type { Disagreement, Side } from "./draft";
import { GEOMETRY } from "./draft";
import { pathsOf } from "./paths";
import { MINE, THEIRS } from "./Shaper";
import type { Conflict as Met } from "./useEditor";

function corners(geometry: Geometry | null): string {
  const found: Position[] = geometry ? pathsOf(geometry).flatMap(({ corners }) => corners) : [];
  return t("edit.corners", { count: found.length });
}

interface Props {
  conflict: Met;
  mine: Geometry | null;
  busy: boolean;
  onChoose: (side: Side, name?: string) => void;
  onSettle: () => void;
  onBack: () => void;
}

const SIDES = [
  ["mine", MINE, undefined],
  ["theirs", THEIRS, "4 3"],
] as const;

/** How an outline is drawn on the map. */
function Sample({ color, dash }: { color: string; dash?: string | undefined }) {
  return (
    <svg width="24" height="8" aria-hidden="true">
      <line x1="0" x2="24" y1="4" y2="4" stroke={color} strokeWidth="3" strokeDasharray={dash} />
    </svg>
  );
}

function Choice({
  each,
  side,
  text,
  onChoose,
}: { each: Disagreement; side: Side; text: string } & Pick<Props, "onChoose">) {
  return (
    <td>
      <label>
        <input
          type="radio"
          name={`side-${each.name}`}
          checked={each.side === side}
          onChange={() => {
            onChoose(side, each.name);
          }}
        />
        <span>{text || <em>{t("edit.none")}</em>}</span>
      </label>
    </td>
  );
}

export function Conflict({ conflict, mine, busy, onChoose, onSettle, onBack }: Props) {
  const { theirs, list } = conflict;
  const shown = (each: Disagreement, side: Side) =>
    each.name === GEOMETRY ? corners(side === "mine" ? mine : theirs.geometry) : each[side];
  return (
    <section className="conflict" aria-labelledby="conflict">
      <div role="alert">
        <h3 id="conflict">{t("edit.met")}</h3>
      </div>
      <p>{t("edit.choose")}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("edit.field")}</th>
            {SIDES.map(([side, color, dash]) => (
              <th key={side} scope="col">
                {t(`edit.sides.${side}`)} <Sample color={color} dash={dash} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.map((each) => (
            <tr key={each.name}>
              <th scope="row">{fieldName(each.name)}</th>
              {SIDES.map(([side]) => (
                <Choice key={side} each={each} side={side} text={shown(each, side)} onChoose={onChoose} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="actions">
        {SIDES.map(([side]) => (
          <button
            key={side}
            type="button"
            onClick={() => {
              onChoose(side);
            }}
          >
            {t(`edit.all.${side}`)}
          </button>
        ))}
        <button type="button" className="main" aria-disabled={busy} onClick={onSettle}>
          {t("edit.saveThis")}
        </button>
        <button type="button" onClick={onBack}>
          {t("edit.back")}
        </button>
      </p>
    </section>
  );
}
