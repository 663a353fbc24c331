import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { words } from "../gateway/page";
import { LANGUAGES, readLanguage, show, t, whole } from ".";
import english from "./en.json";

type Tree = { [key: string]: Tree | string };

const files = import.meta.glob<Tree>(["./*.json", "./*/*.json"], { import: "default", eager: true });
const sources = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/*.test.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const PLURAL = /_(zero|one|two|few|many|other)$/;

function flat(tree: Tree, before = ""): Record<string, string> {
  return Object.assign(
    {},
    ...Object.entries(tree).map(([key, value]) =>
      typeof value === "string" ? { [before + key]: value } : flat(value, `${before}${key}.`),
    ),
  ) as Record<string, string>;
}

function placeholders(text: string): string[] {
  return (text.match(/\{\{.*?\}\}/g) ?? []).sort();
}

/** All texts of a language: those of the page, and those of parts that are fetched later. */
function textsOf(language: string): Record<string, string> {
  const own = Object.entries(files).filter(([file]) => file.endsWith(`/${language}.json`));
  return Object.assign({}, ...own.map(([, tree]) => flat(tree))) as Record<string, string>;
}

const ENGLISH = textsOf("en");
const kinds = (keys: readonly string[]) => [...new Set(keys.map((key) => key.replace(PLURAL, "")))].sort();

describe.each(Object.keys(LANGUAGES))("the catalogue of %s", (language) => {
  const texts = textsOf(language);

  test("has the texts that English has, and no others", () => {
    expect(kinds(Object.keys(texts))).toEqual(kinds(Object.keys(ENGLISH)));
  });

  test("puts the same values into each text", () => {
    for (const [key, text] of Object.entries(texts)) {
      const same = ENGLISH[key] ?? ENGLISH[key.replace(PLURAL, "_other")] ?? "";
      expect({ key, values: placeholders(text) }).toEqual({ key, values: placeholders(same) });
    }
  });

  test("has a text for each plural of the language", () => {
    const wanted = new Intl.PluralRules(language).resolvedOptions().pluralCategories.toSorted();
    for (const key of kinds(Object.keys(texts).filter((key) => PLURAL.test(key)))) {
      const had = Object.keys(texts).filter((each) => each.replace(PLURAL, "") === key);
      expect(had.map((each) => each.split("_").at(-1)).sort()).toEqual(wanted);
    }
  });

  test("has no empty text", () => {
    expect(Object.entries(texts).filter(([, text]) => text.trim() === "")).toEqual([]);
  });
});

test("each text is used", () => {
  const all = Object.values(sources).join("\n");
  const unused = kinds(Object.keys(ENGLISH)).filter((key) => {
    const head = key.split(".").slice(0, -1).join(".");
    return !all.includes(`"${key}"`) && !all.includes(`\`${head}.\${`);
  });
  expect(unused.filter((key) => !key.startsWith("layers."))).toEqual([]);
});

test("names of fields are those that the page makes itself", () => {
  for (const [name, text] of Object.entries(english.fields)) expect(text).toBe(words(name));
});

test("a language writes its plurals and numbers", async () => {
  vi.stubGlobal("document", { documentElement: {} });
  const said = async (language: keyof typeof LANGUAGES) => {
    await show(language);
    return [t("notice.people", { count: 1234 }), t("history.vertices", { count: 1 }), whole(12_345)];
  };
  expect(await said("de")).toEqual(["1.234 zu benachrichtigen", "1 Stützpunkt", "12.345"]);
  expect(await said("fr")).toEqual(["1\u202f234 à prévenir", "1 sommet", "12\u202f345"]);
  expect(await said("es")).toEqual(["1234 por notificar", "1 vértice", "12.345"]);
  expect(await said("en")).toEqual(["1,234 to be told", "1 vertex", "12,345"]);
});

test("a language that is not there is none", () => {
  expect(readLanguage("it")).toBeNull();
  expect(readLanguage("constructor")).toBeNull();
});

test("the page is not delayed by the languages that nobody asked for", () => {
  expect(readFileSync("src/texts/index.ts", "utf8")).not.toMatch(/from "\.\/(de|es|fr)\.json"/);
});
