// What people call layers and fields: as the gateway does, but in the language where the catalogue knows the name.
import type { Gateway, Layer } from "../gateway/page";
import { words } from "../gateway/page";
import { t } from ".";
import english from "./en.json";

const LAYERS: Record<string, { one: string; many: string } | undefined> = english.layers;

/** A layer that a city gave a name of its own keeps it. */
function named(layer: Layer): Layer {
  const known = LAYERS[layer.name];
  if (layer.title !== known?.one || layer.titles !== known.many) return layer;
  const name = layer.name as keyof typeof english.layers;
  return { ...layer, title: t(`layers.${name}.one`), titles: t(`layers.${name}.many`) };
}

/** The gateway with its layers called as the language calls them. */
export function inLanguage(gateway: Gateway): Gateway {
  const [first, ...others] = gateway.layers;
  return { ...gateway, layers: [named(first), ...others.map(named)] };
}

/** What a field is called: `assessedValue` -> `assessed value`; of areas and lengths with their unit at the end. */
export function fieldName(name: string): string {
  return Object.hasOwn(english.fields, name) ? t(`fields.${name as keyof typeof english.fields}`) : words(name);
}

/** What a field is called where its values are told with their units. */
export function bareName(name: string): string {
  return fieldName(name).replace(/ m²?$/, "");
}

/** How many rows of a layer: `1,234 parcels`. */
export function rowsOf({ title, titles }: Layer, count: number): string {
  return t("rows.count", { count, title, titles });
}

/** What land is for, as the gateway says it. */
export function nameOfUse(use: string): string {
  return Object.hasOwn(english.uses, use) ? t(`uses.${use as keyof typeof english.uses}`) : use;
}
