import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(css|js|json|mjs|svg|ttf)$/;
const CODINGS = {
  gz: (content: Buffer) => promisify(gzip)(content, { level: 9 }),
  // A sixth less than gzip of scripts: half a second of a line of 100 kB/s.
  br: (content: Buffer) => promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } }),
};

/** Leaves a `.gz` and a `.br` beside each text file of the build, which the gateway sends as they are. */
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
          const content = await readFile(file);
          for (const [ending, compress] of Object.entries(CODINGS))
            await writeFile(`${file}.${ending}`, await compress(content));
        }),
      );
    },
  };
}
