// What the colours mean and how many rows of each are in view; each layer can be hidden, dimmed and gone to.
import { ask } from "../gateway/ask";
import type { Gateway, Layer } from "../gateway/page";
import type { Classes, ColorBy, Ramp } from "./classes";
import { classesOf, RAMP, RAMPS } from "./classes";
import type { Asked } from "./link";
import type { Look } from "./look";
import { GROUNDS, ordered, raised } from "./look";
import { extent } from "./queries";
import type { Bounds, Frame } from "./scene";
import type { Seen } from "./seen";
import type { LegendItem, LegendLayer } from "./style";
import type { Change } from "./useAsked";
import { t, whole } from "../texts";
import { fieldName, nameOfUse } from "../texts/names";
import type { FarProps } from "./Far";
import { Far } from "./Far";

interface Props extends FarProps {
  gateway: Gateway;
  legend: Record<string, LegendLayer>;
  /** How many rows of each value are in view, by layer. */
  seen: Seen;
  onFrame: (frame: Frame) => void;
}

const EQUAL = "iExact";

/** Go to all rows of a layer. */
async function frame(layer: Layer, onFrame: Props["onFrame"]): Promise<void> {
  const { query, variables } = extent(layer);
  const answer = await ask<Record<string, { extent: Bounds | null }>>(query, variables).catch(() => null);
  const box = answer?.[layer.many]?.extent;
  if (box) onFrame({ box, alone: true });
}

/** The value that a layer's only condition asks a field for. */
function chosen(layer: Layer, field: string, asked: Asked): string | null {
  const [first, ...others] = asked.layer === layer.name ? asked.where : [];
  return first?.path === field && first.lookup === EQUAL && others.length === 0 ? first.value : null;
}

export function Legend({ gateway, legend, onFrame, ...rest }: Props) {
  const { look } = rest.asked;
  const { hidden, opacity } = look;
  const layers = ordered(gateway, look);
  const onLook = (part: Partial<Look>) => {
    rest.onChange({ look: { ...look, ...part } });
  };
  return (
    <section aria-labelledby="legend" className="legend">
      <h2 id="legend">{t("legend.title")}</h2>
      {layers.map((layer, place) => (
        <div key={layer.name}>
          <div className="line">
            <label>
              <input
                type="checkbox"
                checked={!hidden.includes(layer.name)}
                onChange={({ target }) => {
                  const others = hidden.filter((name) => name !== layer.name);
                  onLook({ hidden: target.checked ? others : [...others, layer.name] });
                }}
              />
              <span>{layer.titles}</span>
            </label>
            <input
              type="range"
              aria-label={t("legend.opacityOf", { titles: layer.titles })}
              title={t("legend.opacity")}
              min={0}
              max={1}
              step={0.05}
              value={opacity[layer.name] ?? 1}
              onChange={(event) => {
                onLook({ opacity: { ...opacity, [layer.name]: event.target.valueAsNumber } });
              }}
            />
            {layers.length > 1 && (
              <button
                type="button"
                aria-label={t("legend.raise", { titles: layer.titles })}
                title={t("legend.raiseHint")}
                aria-disabled={place === 0}
                onClick={() => {
                  if (place > 0) onLook({ order: raised(gateway, look, layer.name) });
                }}
              >
                ↑
              </button>
            )}
            <button
              type="button"
              aria-label={t("legend.zoomTo", { titles: layer.titles })}
              onClick={() => {
                void frame(layer, onFrame);
              }}
            >
              {t("legend.zoom")}
            </button>
          </div>
          <ColorOf layer={layer} color={rest.asked.color} onChange={rest.onChange} />
          <Far layer={layer} {...rest} />
          <Kinds layer={layer} legend={legend[layer.name]} {...rest} />
        </div>
      ))}
      <Ground gateway={gateway} look={look} onLook={onLook} />
    </section>
  );
}

/** What helps to find one's way. */
function Ground({
  gateway,
  look: { ground },
  onLook,
}: Pick<Props, "gateway"> & { look: Look; onLook: (part: Partial<Look>) => void }) {
  const kinds = GROUNDS.filter((kind) => kind === "graticule" || !gateway.basemap);
  return (
    <fieldset className="ground">
      <legend>{t("ground.title")}</legend>
      {kinds.map((kind) => (
        <label key={kind}>
          <input
            type="checkbox"
            checked={ground.includes(kind)}
            onChange={({ target }) => {
              onLook({ ground: GROUNDS.filter((each) => (each === kind ? target.checked : ground.includes(each))) });
            }}
          />
          <span>{t(`ground.${kind}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface ColorOfProps {
  layer: Layer;
  color: ColorBy | null;
  onChange: Change;
}

/** What colours a layer. */
function ColorOf({ layer, color, onChange }: ColorOfProps) {
  const by = color?.layer === layer.name ? color : null;
  const fields = layer.fields.filter(({ name }) => classesOf(layer, name).length > 0);
  if (fields.length === 0) return null;
  return (
    <p className="by">
      <select
        aria-label={t("legend.colourBy", { titles: layer.titles })}
        value={by?.field ?? ""}
        onChange={({ target: { value: field } }) => {
          const [classes] = classesOf(layer, field);
          onChange({ color: classes ? { layer: layer.name, field, classes, ramp: by?.ramp ?? RAMP } : null });
        }}
      >
        <option value="">{t("legend.own")}</option>
        {fields.map(({ name }) => (
          <option key={name} value={name}>
            {fieldName(name)}
          </option>
        ))}
      </select>
      {by && (
        <select
          aria-label={t("legend.classesOf", { titles: layer.titles })}
          value={by.classes}
          onChange={({ target: { value } }) => {
            onChange({ color: { ...by, classes: value as Classes } });
          }}
        >
          {classesOf(layer, by.field).map((classes) => (
            <option key={classes} value={classes}>
              {t(`classes.${classes}`)}
            </option>
          ))}
        </select>
      )}
      {by && by.classes !== "categories" && (
        <select
          aria-label={t("legend.rampOf", { titles: layer.titles })}
          value={by.ramp}
          onChange={({ target: { value } }) => {
            onChange({ color: { ...by, ramp: value as Ramp } });
          }}
        >
          {Object.keys(RAMPS).map((ramp) => (
            <option key={ramp} value={ramp}>
              {t(`ramps.${ramp as Ramp}`)}
            </option>
          ))}
        </select>
      )}
    </p>
  );
}

function count(rows: number | null | undefined): string | null {
  return typeof rows === "number" ? whole(rows) : null;
}

type KindsProps = Pick<Props, "seen" | "asked" | "onChange"> & { layer: Layer; legend: LegendLayer | undefined };

/** The kinds of a layer: those in view, then the others behind a line that opens. */
function Kinds({ layer, legend, seen, asked, onChange }: KindsProps) {
  const field = legend?.field;
  if (!field) return <List layer={layer} items={legend?.items ?? []} />;
  const counts = seen[layer.name] ?? {};
  const picked = chosen(layer, field, asked);
  const near = legend.items.filter(({ value, use }) => counts[value ?? ""] ?? use === undefined);
  const far = legend.items.filter((item) => !near.includes(item));
  const row = (item: LegendItem) => (
    <button
      type="button"
      aria-pressed={picked === item.value}
      title={t("legend.filterFor", { titles: layer.titles, label: item.label })}
      onClick={() => {
        const where = picked === item.value ? [] : [{ path: field, lookup: EQUAL, value: item.label }];
        onChange({ layer: layer.name, where });
      }}
    >
      <Swatch item={item} />
      <b>{item.label}</b>
      <span>{item.about}</span>
      <small>{count(counts[item.value ?? ""])}</small>
    </button>
  );
  return (
    <>
      <List layer={layer} items={near} row={row} />
      {far.length > 0 && (
        <details>
          <summary>{t("legend.notInView", { count: far.length })}</summary>
          <List layer={layer} items={far} row={row} more />
        </details>
      )}
    </>
  );
}

interface ListProps {
  layer: Layer;
  items: LegendItem[];
  row?: (item: LegendItem) => React.ReactNode;
  more?: boolean;
}

function List({ layer, items, row, more }: ListProps) {
  return (
    <ul aria-label={t(more ? "legend.otherColours" : "legend.colours", { titles: layer.titles })}>
      {items.map((item, place) => (
        <li key={item.label}>
          {item.use && item.use !== items[place - 1]?.use && <h3>{nameOfUse(item.use)}</h3>}
          {row ? (
            row(item)
          ) : (
            <span>
              <Swatch item={item} />
              {item.label}
              <small>{count(item.count)}</small>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

export function Swatch({ item: { color, overlay } }: { item: Pick<LegendItem, "color" | "overlay"> }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <rect width="16" height="16" rx="3" fill={color} fillOpacity={overlay ? 0.3 : 1} />
      {overlay && <path d="M0 8 8 0M0 16 16 0M8 16l8-8" stroke="currentColor" />}
    </svg>
  );
}
