import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { compiler, initializationOptions, runWords, testWords } from "../../src/command";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vega-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function settings(given: Record<string, unknown>) {
  return { get: <Value>(name: string, otherwise: Value) => (given[name] ?? otherwise) as Value };
}

function file(...parts: string[]): string {
  const path = join(folder, ...parts);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "");
  return path;
}

test("the compiler of a virtual environment comes before the one on the path", () => {
  assert.equal(compiler(settings({}), [folder], "linux"), "vegac");
  const found = file(".venv", "bin", "vegac");
  assert.equal(compiler(settings({}), [folder], "linux"), found);
  assert.equal(compiler(settings({ command: "vegac" }), ["/nowhere", folder], "linux"), found);
});

test("on Windows it lies in another folder", () => {
  const found = file("venv", "Scripts", "vegac.exe");
  assert.equal(compiler(settings({}), [folder], "win32"), found);
});

test("a path that is set is relative to the workspace", () => {
  const found = file("tools", "vegac");
  assert.equal(compiler(settings({ command: "tools/vegac" }), [folder], "linux"), found);
  assert.equal(compiler(settings({ command: found }), [], "linux"), found);
  assert.equal(compiler(settings({ command: "no/vegac" }), [folder], "linux"), "no/vegac");
  assert.equal(compiler(settings({ command: "  " }), [folder], "linux"), "vegac");
});

test("names go to the compiler as they are", () => {
  assert.deepEqual(runWords("/a b/x.vega.yaml", "w"), ["run", "/a b/x.vega.yaml", "w"]);
  assert.deepEqual(runWords("x.vega.yaml"), ["run", "x.vega.yaml"]);
  assert.deepEqual(testWords("x", "it's; rm -rf"), ["test", "x", "-k", "it's; rm -rf"]);
  assert.deepEqual(testWords("x"), ["test", "x"]);
});

test("the server is told every setting that is its own", () => {
  assert.deepEqual(initializationOptions(settings({ debounce: 5, delimiters: "angle" })), {
    debounce: 5,
    inlayHints: true,
    codeLenses: true,
    delimiters: "angle",
  });
});
