// Heat of a layer's overview: draws it, and says how much its last colour is.
import type { Map as MapLibre } from "maplibre-gl";
import { useEffect, useRef, useState } from "react";
import { useDark } from "../canvas/scheme";
import type { Layer } from "../gateway/page";
import { language, t } from "../texts";
import { fieldName } from "../texts/names";
import type { Hot } from "./heatLayer";
import { density, HeatLayer, pointsAt, RAMPS } from "./heatLayer";
import { useUnits } from "./units";

interface Props {
  layer: Layer;
  field: string | null;
  map: MapLibre;
  /** Where the tiles of its rows are. */
  url: string;
  opacity: number;
}

/** The heat on the map, dimmed as is chosen, and what is hottest of it. */
function useHeat({ layer, field, map, url, opacity }: Props, dark: boolean): Hot | null {
  const [hot, setHot] = useState<Hot | null>(null);
  const drawn = useRef<HeatLayer | null>(null);
  const { name, minzoom } = layer;
  useEffect(() => {
    const made = new HeatLayer(map, { name, minzoom }, pointsAt(url, field), field, dark, setHot);
    drawn.current = made;
    return () => {
      made.remove();
      setHot(null);
    };
  }, [map, name, minzoom, url, field, dark]);
  useEffect(() => {
    drawn.current?.dim(opacity);
  }, [opacity, map, name, minzoom, url, field, dark]); // a layer that is drawn again, too
  return hot;
}

export default function Heat(props: Props) {
  const { layer, field } = props;
  const dark = useDark();
  const units = useUnits();
  const hot = useHeat(props, dark);
  const colors = RAMPS[dark ? "dark" : "light"];
  const near = hot !== null && hot.zoom >= layer.minzoom;
  const most = hot && density(hot.most, hot.zoom, hot.latitude, units);
  const figures = new Intl.NumberFormat(language(), { maximumSignificantDigits: 3, notation: "compact" });
  const told = most && { value: figures.format(most), what: field === null ? layer.titles : fieldName(field) };
  return (
    <div className="heat">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <linearGradient id={`heat-${layer.name}`}>
          <stop offset="0" stopColor={colors[0]} stopOpacity="0" />
          {colors.map((color, place) => (
            <stop key={color} offset={(place + 1) / colors.length} stopColor={color} />
          ))}
        </linearGradient>
        <rect width="100" height="8" rx="2" fill={`url(#heat-${layer.name})`} />
      </svg>
      <p role="status" aria-label={t("heat.most", { titles: layer.titles })}>
        <span>{near ? t("heat.near") : t("heat.few")}</span>
        <span>{told && t(`heat.${units}`, told)}</span>
      </p>
    </div>
  );
}
