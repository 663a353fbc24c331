import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(css|js|json|mjs|svg)$/;
const compress = promisify(gzip);

/** Leaves a `.gz` beside each text file of the build, which the gateway sends as it is. */
export function packed(): Plugin {
  let folder = "";
  return {
    name: "packed",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir, "assets");
    },
    async closeBundle() {
      const names = (await readdir(folder)).filter((name) => TEXT.test(name));
      await Promise.all(
        names.map(async (name) => {
          const file = join(folder, name);
          await writeFile(`${file}.gz`, await compress(await readFile(file), { level: 9 }));
        }),
      );
    },
  };
}
