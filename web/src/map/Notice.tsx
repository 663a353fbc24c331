// What the map does not draw, and why: a map without it looks broken.
import { useAway } from "../gateway/away";
import type { Gateway, Layer } from "../gateway/page";
import type { Drawing } from "./style";
import { listed, t } from "../texts";

interface Props {
  gateway: Gateway;
  drawing: Drawing;
  hidden: readonly string[];
  zoom: number;
  /** Names of the layers of which only the largest rows are drawn. */
  dropped: readonly string[];
}

function told({ gateway, drawing, hidden, zoom, dropped }: Props): string {
  if (!drawing.view) return t("undrawn.empty");
  const shown = gateway.layers.filter(({ name }) => !hidden.includes(name));
  const far = shown.filter(({ minzoom }) => zoom < minzoom);
  if (far.length > 0) return t("undrawn.far", { layers: titles(far) });
  const some = shown.filter(({ name }) => dropped.includes(name));
  return some.length > 0 ? t("undrawn.large", { layers: titles(some) }) : "";
}

function titles(layers: readonly Layer[]): string {
  return listed(layers.map((layer) => layer.titles));
}

export function Notice(props: Props) {
  const away = useAway();
  return (
    <p role="status" aria-label={t("undrawn.label")} className="notice">
      {away ? t("undrawn.away") : told(props)}
    </p>
  );
}
