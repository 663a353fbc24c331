import { Linter } from "eslint";
import tseslint from "typescript-eslint";
import { expect, test } from "vitest";
// @ts-expect-error: a rule of ESLint's configuration, which is JavaScript
import { noText } from "../../eslint.texts.js";

function told(code: string): number {
  const config = {
    files: ["**/*.tsx"],
    languageOptions: { parser: tseslint.parser as Linter.Parser },
    plugins: { texts: { rules: { "no-text": noText as never } } },
    rules: { "texts/no-text": "error" as const },
  };
  return new Linter().verify(code, config, "page.tsx").length;
}

test.each([
  "<p>Nothing found</p>",
  '<p aria-label="Found">{t("found")}</p>',
  '<p title={wide ? "Less" : t("more")} />',
  '<p>{name ?? "none"}</p>',
  "<p title={`Colours of ${layer}`} />",
  'const LABELS = { pick: "Pick" };',
  'const told = "There are no rows";',
  'throw new Error("gone");',
  'export function legend() { return { title: "Marked" }; }',
])("text in the code is told: %s", (code) => {
  expect(told(code)).toBeGreaterThan(0);
});

test.each([
  '<p className="sheet waiting">{t("found")} {1} × {name}</p>',
  'const kind: "Point and more" = x;',
  'if (event.key === "Escape") close();',
  "<a>GeoJSON</a>",
])("what is no text is not: %s", (code) => {
  expect(told(code)).toBe(0);
});
