// Writes a program as a page, coloured by the grammar as the editor's dark theme would:
//   node test/render.mjs FILE > page.html

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const textmate = require("vscode-textmate");
const oniguruma = require("vscode-oniguruma");

const THEME = {
  settings: [
    { settings: { foreground: "#d4d4d4", background: "#1e1e1e" } },
    { scope: "comment", settings: { foreground: "#6a9955" } },
    { scope: "string", settings: { foreground: "#ce9178" } },
    { scope: "meta.embedded", settings: { foreground: "#d4d4d4" } },
    { scope: "meta.embedded string", settings: { foreground: "#ce9178" } },
    { scope: "constant.numeric", settings: { foreground: "#b5cea8" } },
    { scope: "constant.language", settings: { foreground: "#569cd6" } },
    { scope: "constant.character.escape", settings: { foreground: "#d7ba7d" } },
    { scope: "entity.name.tag", settings: { foreground: "#569cd6" } },
    { scope: "entity.name.class", settings: { foreground: "#4ec9b0" } },
    { scope: "entity.name.function, support.function", settings: { foreground: "#dcdcaa" } },
    { scope: "keyword.control", settings: { foreground: "#c586c0" } },
    { scope: "keyword.operator.word", settings: { foreground: "#569cd6" } },
    { scope: "variable", settings: { foreground: "#9cdcfe" } },
    { scope: "storage", settings: { foreground: "#569cd6" } },
    { scope: "punctuation.section.embedded", settings: { foreground: "#ffd602" } },
  ],
};

const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  theme: THEME,
  loadGrammar: async () => {
    const path = new URL("../syntaxes/vega.tmLanguage.json", import.meta.url);
    return textmate.parseRawGrammar(readFileSync(path, "utf8"), path.pathname);
  },
});
const grammar = await registry.loadGrammar("source.vega");
const colours = registry.getColorMap();

function escaped(text) {
  return text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
}

let state = textmate.INITIAL;
const lines = readFileSync(process.argv[2], "utf8").trimEnd().split("\n");
const rows = lines.map((line) => {
  const { tokens, ruleStack } = grammar.tokenizeLine2(line, state);
  state = ruleStack;
  let row = "";
  for (let index = 0; index < tokens.length; index += 2) {
    const part = line.slice(tokens[index], tokens[index + 2] ?? line.length);
    const colour = colours[(tokens[index + 1] >>> 15) & 0x1ff];
    row += `<span style="color:${colour}">${escaped(part)}</span>`;
  }
  return row;
});
console.log(
  "<!doctype html><meta charset=utf-8>" +
    '<body style="margin:0;background:#1e1e1e"><pre style="margin:0;padding:14px 18px;' +
    `font:14px/1.45 'DejaVu Sans Mono',monospace">${rows.join("\n")}</pre>`,
);
