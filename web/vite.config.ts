import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { packed } from "./packed.ts";

// The gateway serves what is built at /static/app; nothing is inlined, for its policy allows files of its origin alone.
export default defineConfig({
  base: "/static/app/",
  plugins: [react(), packed()],
  build: {
    outDir: "../gateway/static/app",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
    rollupOptions: { input: { map: "map.html", graphiql: "graphiql.html" } },
  },
  worker: { format: "es" },
});
