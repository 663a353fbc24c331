// What the page says, in the reader's language: `lang=` of the link, else what was chosen, else what the browser prefers.
import { createInstance } from "i18next";
import { useSyncExternalStore } from "react";
import english from "./en.json";

export const LANGUAGES = { en: "English", de: "Deutsch", es: "Español", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof english & typeof import("./edit/en.json") };
  }
}

const KEY = "language";
const listeners = new Set<() => void>();
const catalogues = import.meta.glob<typeof english>(["./*.json", "!./en.json"], { import: "default" });

/** Texts of what is fetched when it is wanted, by folder. */
const parts = import.meta.glob<object>("./*/*.json", { import: "default" });
const wanted = new Set<string>();

const texts = createInstance({
  lng: "en",
  fallbackLng: "en",
  resources: { en: { translation: english } },
  interpolation: { escapeValue: false }, // React escapes
  initAsync: false,
});
void texts.init();

/** The text of a key, with values put in; a value marked `, number` is written as the language writes numbers. */
export const { t } = texts;

async function fetchPart(name: string, language: string): Promise<void> {
  const found = await parts[`./${name}/${language}.json`]?.();
  if (found) texts.addResourceBundle(language, "translation", found, true);
}

/** Have the texts of a part, in the language that is shown; throws where they cannot be fetched. */
export async function part(name: "edit"): Promise<void> {
  await fetchPart(name, "en"); // for a language of which they cannot be fetched later
  await fetchPart(name, language());
  wanted.add(name);
}

/** The language that is shown, as Intl and `<html lang>` have it. */
export function language(): Language {
  return texts.language as Language;
}

export function readLanguage(text: string): Language | null {
  return Object.hasOwn(LANGUAGES, text) ? (text as Language) : null;
}

/** The language that the reader chose before, else the first that the browser prefers and there is. */
function preferred(): Language {
  const wanted = [
    localStorage.getItem(KEY) ?? "",
    ...navigator.languages.map((each) => each.slice(0, 2).toLowerCase()),
  ];
  return wanted.map(readLanguage).find((known) => known !== null) ?? "en";
}

/** Show a language; where its texts cannot be fetched, the one before stays. */
export async function show(chosen: Language): Promise<void> {
  if (!texts.hasResourceBundle(chosen, "translation")) {
    const found = await catalogues[`./${chosen}.json`]?.().catch(() => null);
    if (!found) return;
    texts.addResourceBundle(chosen, "translation", found);
  }
  for (const name of wanted) await fetchPart(name, chosen).catch(() => undefined);
  await texts.changeLanguage(chosen);
  document.documentElement.lang = chosen;
  document.title = t("page.title");
  for (const listener of listeners) listener();
}

/** Begin with the language of the link, or of the reader. */
export function begin(): Promise<void> {
  const linked = readLanguage(new URLSearchParams(location.search).get("lang") ?? "");
  return show(linked ?? preferred());
}

/** Show a language from now on. */
export function choose(wanted: Language): void {
  localStorage.setItem(KEY, wanted);
  void show(wanted);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, language);
}

/** A number with the separators of the language. */
export function whole(value: number): string {
  return value.toLocaleString(language());
}

export function listed(items: readonly string[]): string {
  return new Intl.ListFormat(language()).format(items);
}

/** A moment with day and minute. */
export function moment(time: string): string {
  return new Date(time).toLocaleString(language(), { dateStyle: "medium", timeStyle: "short" });
}
