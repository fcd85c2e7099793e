import { defineConfig } from "vite";

// Addresses are relative, because they begin with a secret that is new at every start.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../../vegac/cli/page",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 8000,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
});
