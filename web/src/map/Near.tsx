// What is asked for around a place: which rows, and how far.
import { useEffect, useRef, useState } from "react";
import type { Gateway, Layer } from "../gateway/page";
import type { Asked } from "./link";
import type { Unit } from "./near";
import { UNITS, usualUnit } from "./near";
import { units } from "./units";
import type { Change } from "./useAsked";
import type { Near as Found } from "./useNear";
import { t } from "../texts";

interface Props {
  gateway: Gateway;
  layer: Layer;
  asked: Asked;
  near: Found;
  onChange: Change;
}

export function Near({ gateway, layer, asked, near, onChange }: Props) {
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    section.current?.scrollIntoView({ block: "start" }); // what was clicked may lie far above
  }, []);
  return (
    <section ref={section} aria-labelledby="near" className="near">
      <div className="line">
        <h2 id="near">{t("near.title", { place: near.title })}</h2>
        <button
          type="button"
          aria-label={t("near.close")}
          onClick={() => {
            onChange({ near: null, within: null });
          }}
        >
          ×
        </button>
      </div>
      {near.problem && <p role="alert">{near.problem}</p>}
      <div className="question">
        <select
          aria-label={t("near.what")}
          value={layer.name}
          onChange={({ target }) => {
            onChange({ layer: target.value, where: [] });
          }}
        >
          {gateway.layers.map(({ name, titles }) => (
            <option key={name} value={name}>
              {titles}
            </option>
          ))}
        </select>
        <Within within={asked.within} onChange={onChange} />
      </div>
    </section>
  );
}

/** How far; nothing typed is any distance. */
function Within({ within, onChange }: { within: Asked["within"]; onChange: Change }) {
  const [text, setText] = useState(within ? String(within.distance) : "");
  const [unit, setUnit] = useState<Unit>(within?.unit ?? usualUnit(units()));
  // What is typed is kept as it is typed, unless a link or Back says otherwise.
  const shown = (Number(text) || 0) === (within?.distance ?? 0) ? text : String(within?.distance ?? "");
  const chosen = within?.unit ?? unit;
  return (
    <>
      <input
        type="number"
        inputMode="decimal"
        aria-label={t("near.within")}
        placeholder={t("near.any")}
        min={0}
        step="any"
        value={shown}
        onChange={({ target }) => {
          setText(target.value);
          const distance = Math.abs(target.valueAsNumber);
          onChange({ within: distance > 0 ? { distance, unit: chosen } : null });
        }}
      />
      <select
        aria-label={t("near.unit")}
        value={chosen}
        onChange={({ target }) => {
          setUnit(target.value as Unit);
          if (within) onChange({ within: { ...within, unit: target.value as Unit } });
        }}
      >
        {UNITS.map((name) => (
          <option key={name} value={name}>
            {t(`units.${name}`)}
          </option>
        ))}
      </select>
    </>
  );
}
