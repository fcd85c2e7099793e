/** What the extension says of itself is so. Tests run in the extension's folder. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";

const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const manifest = json("package.json");
const { contributes } = manifest;
const sources = readdirSync("src").map((name) => readFileSync(`src/${name}`, "utf8"));

test("every command is registered, and every registered command is shown", () => {
  const shown = contributes.commands.map(({ command }: { command: string }) => command);
  const registered = [...sources.join("\n").matchAll(/^ {4}"(vega\.\w+)": /gm)].map(([, name]) => name);
  assert.deepEqual(registered.sort(), shown.sort());
});

test("no command has the name of one of the server's, which the client registers by itself", () => {
  const own = contributes.commands.map(({ command }: { command: string }) => command);
  for (const name of ["run", "test", "fixAll", "python", "graph", "showPython"]) {
    assert.ok(!own.includes(`vega.${name}`), name);
  }
});

test("menus and walkthroughs name commands that are there", () => {
  const own = new Set(contributes.commands.map(({ command }: { command: string }) => command));
  const menus = Object.values(contributes.menus).flat() as { command: string }[];
  for (const { command } of menus) assert.ok(own.has(command), command);
  for (const step of contributes.walkthroughs[0].steps) {
    for (const event of step.completionEvents as string[]) {
      if (event.startsWith("onCommand:")) assert.ok(own.has(event.slice(10)), event);
    }
  }
});

test("every setting that is read is described, and every described one is read", () => {
  const described = Object.keys(contributes.configuration.properties).map((name) => name.slice(5));
  const read = [...sources.join("\n").matchAll(/settings\.get\("(\w+)"/g)].map(([, name]) => name);
  // The client library reads this one.
  assert.deepEqual([...new Set(read)].sort(), described.filter((n) => n !== "trace.server").sort());
});

test("every file that is named is there", () => {
  const named = [
    manifest.icon,
    ...contributes.grammars.map(({ path }: { path: string }) => path),
    ...contributes.snippets.map(({ path }: { path: string }) => path),
    ...contributes.languages.flatMap((language: { configuration: string; icon: object }) => [
      language.configuration,
      ...Object.values(language.icon),
    ]),
    ...contributes.walkthroughs[0].steps.map(
      ({ media }: { media: { markdown: string } }) => media.markdown,
    ),
  ];
  for (const path of named) assert.ok(existsSync(path), path);
});

test("the language is that of programs and of test files", () => {
  const [language] = contributes.languages;
  assert.equal(language.id, "vega");
  assert.deepEqual(language.filenamePatterns, ["*.vega.yaml", "*.vega.test.yaml"]);
});

/** A snippet as it stands once nothing is changed in it. */
export function expanded(body: string | string[]): string {
  let text = Array.isArray(body) ? body.join("\n") : body;
  const values = new Map<string, string>();
  text = text.replace(/\$\{(\d+):([^{}]*)\}/g, (_, number, value) => {
    if (!values.has(number)) values.set(number, value);
    return values.get(number)!;
  });
  return text;
}

test("every snippet is YAML with nothing left to fill in", () => {
  const snippets = json(contributes.snippets[0].path) as Record<string, { body: string | string[] }>;
  const names = new Set<string>();
  for (const [name, { body }] of Object.entries(snippets)) {
    const text = expanded(body);
    assert.doesNotMatch(text, /\$/, name);
    assert.doesNotThrow(() => parse(text), name);
    names.add(name);
  }
  assert.ok(names.has("Program"));
});
