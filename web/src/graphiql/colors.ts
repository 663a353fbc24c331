// Colours by a field: figures along a ramp, words from a palette.
import type { Found, Properties } from "./features";

export interface Key {
  label: string;
  color: string;
}

export interface Coloring {
  color: (properties: Properties) => string;
  keys: Key[];
}

// Okabe and Ito's palette, which people who do not tell red from green can read; grey stands for the rest.
const PALETTE = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#d55e00",
  "#56b4e9",
  "#f0e442",
  "#8c6bb1",
  "#7f4f24",
  "#4d7c0f",
];
const REST = "#868e96";
const RAMP = ["#fde725", "#7ad151", "#22a884", "#2a788e", "#414487", "#440154"]; // viridis, darker is more
const PLAIN = "#1c7ed6";

function byFigure(name: string, values: readonly number[]): Coloring {
  const sorted = values.toSorted((one, other) => one - other);
  // Equal counts in each class: one great parcel does not make all others look alike.
  const bounds = RAMP.slice(1).map((_, index) => sorted[Math.floor(((index + 1) * sorted.length) / RAMP.length)] ?? 0);
  const place = (value: number) => bounds.filter((bound) => value >= bound).length;
  const from = [sorted[0] ?? 0, ...bounds];
  const keys = RAMP.flatMap((color, index) => {
    const label = `from ${(from[index] ?? 0).toLocaleString("en", { maximumFractionDigits: 2 })}`;
    return index > 0 && from[index] === from[index - 1] ? [] : [{ label, color }];
  });
  return {
    color: (properties) => (typeof properties[name] === "number" ? (RAMP[place(properties[name])] ?? REST) : REST),
    keys,
  };
}

function byWord(name: string, values: readonly unknown[]): Coloring {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  const common = [...counts].sort(([, one], [, other]) => other - one).slice(0, PALETTE.length);
  const colors = new Map(common.map(([value], index) => [value, PALETTE[index] ?? REST]));
  const keys = [...colors].map(([label, color]) => ({ label, color }));
  if (counts.size > colors.size) keys.push({ label: "others", color: REST });
  return { color: (properties) => colors.get(String(properties[name])) ?? REST, keys };
}

/** How to colour what was found by a property; without one, all alike. */
export function coloring(found: readonly Found[], name: string | null): Coloring {
  if (name === null) return { color: () => PLAIN, keys: [] };
  const values = found.flatMap(({ properties }) => properties[name] ?? []);
  const figures = values.filter((value) => typeof value === "number");
  return figures.length === values.length && new Set(figures).size > PALETTE.length
    ? byFigure(name, figures)
    : byWord(name, values);
}
