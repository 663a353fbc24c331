// Bundles the pages and serves them, again after every change: node serve.js [PORT], 5173 by default.
import { transformFileAsync } from "@babel/core";
import { context } from "esbuild";

// Relay's compiler leaves a file for every graphql`...`; Babel puts its import in the place of the text.
const relay = {
  name: "relay",
  setup(build) {
    build.onLoad({ filter: /relay\/main\.jsx$/ }, async ({ path }) => {
      const { code } = await transformFileAsync(path, {
        cwd: import.meta.dirname,
        parserOpts: { plugins: ["jsx"] },
        plugins: [["relay", { eagerEsModules: true }]],
      });
      return { contents: code, loader: "jsx" };
    });
  },
};

const pages = await context({
  entryPoints: [
    ...["maplibre", "leaflet", "choropleth", "clusters", "openlayers", "deckgl", "fetch", "search", "notice"].map(
      (page) => `${page}/main.js`,
    ),
    ...["apollo", "urql", "relay"].map((page) => `${page}/main.jsx`),
  ],
  absWorkingDir: import.meta.dirname,
  bundle: true,
  format: "esm",
  jsx: "automatic",
  outdir: "built", // served from memory, never written
  write: false,
  plugins: [relay],
});
await pages.watch();
const { port } = await pages.serve({
  servedir: import.meta.dirname,
  host: "127.0.0.1",
  port: Number(process.argv[2] ?? 5173),
});
console.log(`http://127.0.0.1:${port}/`);
