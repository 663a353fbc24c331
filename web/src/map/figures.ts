// Figures as people read them: metres, square metres, shares, dates.
import type { Field, Units } from "../gateway/page";
import { units } from "./units";
import { language, moment, t } from "../texts";

/** A number with a tenth at most, as the language writes it. */
export function number(value: number): string {
  return value.toLocaleString(language(), { maximumFractionDigits: 1 });
}

const FEET = 0.3048; // metres
const MILE = 5280; // feet
const ACRE = 43_560; // square feet

export function distance(metres: number, told: Units = units()): string {
  if (told === "imperial") {
    const feet = metres / FEET;
    return feet < MILE ? `${number(feet)} ft` : `${number(feet / MILE)} mi`;
  }
  return metres < 1000 ? `${number(metres)} m` : `${number(metres / 1000)} km`;
}

export function area(squareMetres: number): string {
  if (units() === "imperial") {
    const feet = squareMetres / FEET ** 2;
    return feet < ACRE ? `${number(feet)} ft²` : t("figures.acres", { value: number(feet / ACRE) });
  }
  return squareMetres < 100_000 ? `${number(squareMetres)} m²` : `${number(squareMetres / 10_000)} ha`;
}

export function share(part: number): string {
  if (part > 0 && part < 0.001) return t("figures.little", { value: number(0.1) });
  return t("figures.share", { value: number(part * 100) });
}

/** A plain value as text; what is no plain value is written as JSON. */
export function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A value of a field; what has no value is null. */
export function figure(field: Pick<Field, "name" | "kind">, value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (field.name.endsWith("Sqm")) return area(Number(value));
  if (field.name.endsWith("M") && field.kind === "float") return distance(Number(value));
  if (field.kind === "float" || field.kind === "decimal") return number(Number(value));
  if (field.kind === "datetime") return moment(plain(value));
  return plain(value);
}
