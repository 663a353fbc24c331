// Figures as people read them: metres, square metres, shares, dates.
import type { Field, Units } from "../gateway/page";
import { units } from "./units";

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

const FEET = 0.3048; // metres
const MILE = 5280; // feet
const ACRE = 43_560; // square feet

export function distance(metres: number, told: Units = units()): string {
  if (told === "imperial") {
    const feet = metres / FEET;
    return feet < MILE ? `${number.format(feet)} ft` : `${number.format(feet / MILE)} mi`;
  }
  return metres < 1000 ? `${number.format(metres)} m` : `${number.format(metres / 1000)} km`;
}

export function area(squareMetres: number): string {
  if (units() === "imperial") {
    const feet = squareMetres / FEET ** 2;
    return feet < ACRE ? `${number.format(feet)} ft²` : `${number.format(feet / ACRE)} acres`;
  }
  return squareMetres < 100_000 ? `${number.format(squareMetres)} m²` : `${number.format(squareMetres / 10_000)} ha`;
}

export function share(part: number): string {
  return part > 0 && part < 0.001 ? "under 0.1 %" : `${number.format(part * 100)} %`;
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
  if (field.kind === "float" || field.kind === "decimal") return number.format(Number(value));
  if (field.kind === "datetime")
    return new Date(plain(value)).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
  return plain(value);
}
