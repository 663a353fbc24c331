import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { packed } from "./packed.ts";
import { places } from "./places.ts";

// The gateway serves what is built at /static/app, behind a proxy under a path of its own before that: files name each
// other by where they are, and pages are told. Nothing is inlined, for the policy allows files of this origin alone.
export default defineConfig({
  base: "./",
  plugins: [react(), places(), packed()],
  build: {
    outDir: "../gateway/http/static/app",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
    // What jsPDF needs to print pages of HTML is not asked for here.
    rollupOptions: {
      external: ["html2canvas", "canvg", "dompurify"],
      input: { map: "map.html", graphiql: "graphiql.html" },
    },
  },
  worker: { format: "es" },
});
