import { readFileSync } from "node:fs";
import { type Plugin, defineConfig } from "vite";

/** The licences of what the page is built from lie beside it. */
const licences: Plugin = {
  name: "licences",
  generateBundle() {
    for (const name of ["LICENSE", "ThirdPartyNotices.txt"]) {
      const source = readFileSync(new URL(`node_modules/monaco-editor/${name}`, import.meta.url));
      this.emitFile({ type: "asset", fileName: `licences/monaco-editor-${name}`, source });
    }
  },
};

// Addresses are relative, because they begin with a secret that is new at every start.
export default defineConfig({
  base: "./",
  plugins: [licences],
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
