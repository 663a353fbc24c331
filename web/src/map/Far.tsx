// How a layer looks from where its rows are too small: as squares, or as heat of its rows or of the sum of a column.
import type { Map as MapLibre } from "maplibre-gl";
import { lazy } from "react";
import type { Layer } from "../gateway/page";
import { at } from "../gateway/page";
import { t } from "../texts";
import { fieldName } from "../texts/names";
import { Fetched } from "./Fetched";
import { readHeat, writeHeat } from "./heat";
import type { Asked } from "./link";
import { tilesAt } from "./moments";
import type { Change } from "./useAsked";

const Heat = lazy(() => import("./Heat"));

export interface FarProps {
  asked: Asked;
  /** null until it is there. */
  map: MapLibre | null;
  /** Where the tiles are of what the filter keeps; null for no filter. */
  tiles: string | null;
  onChange: Change;
}

export function Far({ layer, asked, map, tiles, onChange }: FarProps & { layer: Layer }) {
  if (layer.minzoom === 0) return null;
  const heat = asked.heat?.layer === layer.name ? asked.heat : null;
  const all = tilesAt(location.origin + at(layer.tiles), layer.tracked ? asked.asOf : null);
  const url = asked.layer === layer.name ? (tiles ?? all) : all;
  return (
    <>
      <p className="by">
        <select
          aria-label={t("heat.choice", { titles: layer.titles })}
          value={heat ? writeHeat(heat) : ""}
          onChange={({ target: { value } }) => {
            onChange({ heat: readHeat([layer], value) });
          }}
        >
          <option value="">{t("heat.squares")}</option>
          {[null, ...layer.summed].map((field) => (
            <option key={field} value={writeHeat({ layer: layer.name, field })}>
              {field === null ? t("heat.count") : t("heat.sum", { field: fieldName(field) })}
            </option>
          ))}
        </select>
      </p>
      {heat && map && !asked.look.hidden.includes(layer.name) && (
        <Fetched name="heat">
          <Heat layer={layer} field={heat.field} map={map} url={url} opacity={asked.look.opacity[layer.name] ?? 1} />
        </Fetched>
      )}
    </>
  );
}
