// How much of a layer is seen.
import type { ExpressionSpecification } from "maplibre-gl";

/** A part of an opacity. What zooms change is so by its stops: only the outermost expression may read the zoom. */
export function dimmed(own: number | ExpressionSpecification, part: number): ExpressionSpecification {
  const [kind, , input] = Array.isArray(own) ? (own as unknown[]) : [];
  if (kind !== "interpolate" || JSON.stringify(input) !== '["zoom"]') return ["*", own, part];
  const stops = (own as unknown[]).map((each, place) => (place >= 4 && place % 2 === 0 ? ["*", each, part] : each));
  return stops as ExpressionSpecification;
}
