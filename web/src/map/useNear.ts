// The place that rows are near to, once the gateway has said what there is.
import type { FeatureCollection, Geometry } from "geojson";
import { useMemo } from "react";
import type { Gateway } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import { useAnswer } from "../gateway/useAnswer";
import type { Around } from "./filter";
import type { Asked } from "./link";
import { circleAround, isRow, metres, nearFeatures, pointInput } from "./near";
import type { Row } from "./queries";
import { place, titleOf } from "./queries";
import { t } from "../texts";

const PAUSE = 250; // milliseconds without a change, before a row's surroundings are asked for

export interface Near {
  title: string;
  /** null until a row is read. */
  around: Around | null;
  problem: string | null;
  drawn: FeatureCollection;
}

type Found = Row & { geometry: Geometry; buffer?: Geometry };

function said(geometry: Around["geometry"], within: Asked["within"], but: number | null): Around {
  return { geometry, metres: within && metres(within), but };
}

/** What rows are near to; null where nothing asks for it. */
export function useNear(gateway: Gateway, asked: Asked): Near | null {
  const { near, within, layer: wanted, asOf } = asked;
  const layer = near && isRow(near) ? layerNamed(gateway, near.layer) : undefined;
  const operation = near && isRow(near) && layer ? place(layer, near.id, within && metres(within), asOf) : null;
  const { data, problem, waiting } = useAnswer<Record<string, Found | null>>(operation, PAUSE);
  return useMemo(() => {
    if (!near) return null;
    if (!isRow(near)) {
      const [longitude = 0, latitude = 0] = near;
      return {
        title: `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`,
        around: said(pointInput(near), within, null),
        problem: null,
        drawn: nearFeatures({ type: "Point", coordinates: near }, within && circleAround(near, within)),
      };
    }
    const row = layer && data?.[layer.one];
    if (!layer || row?.featureId !== near.id) {
      const told = layer && !waiting && !problem ? t("rows.missing", { title: layer.title }) : problem;
      return { title: "...", around: null, problem: told, drawn: nearFeatures(null, null) };
    }
    const { id, geometry, buffer } = row;
    const input = typeof id === "string" ? { node: id } : { geojson: geometry };
    return {
      title: titleOf(layer, row),
      around: said(input, within, layer.name === wanted ? near.id : null),
      problem,
      drawn: nearFeatures(geometry, (within && buffer) ?? null),
    };
  }, [near, within, wanted, layer, data, problem, waiting]);
}
