/** Which program the compiler is and how it is called. Nothing here needs the editor. */

import { existsSync } from "node:fs";
import { join, isAbsolute } from "node:path";

/** What the extension reads of the settings. */
export interface Settings {
  get<Value>(name: string, otherwise: Value): Value;
}

export const DEFAULT_COMMAND = "vegac";
const ENVIRONMENTS = [".venv", "venv"];

/**
 * The compiler's command: the one that is set, a path in it being relative to the folder of the
 * workspace. A bare name is first looked for in the folder's virtual environment.
 */
export function compiler(
  settings: Settings,
  folders: readonly string[],
  platform: NodeJS.Platform = process.platform,
): string {
  const wanted = settings.get("command", "").trim() || DEFAULT_COMMAND;
  if (/[\\/]/.test(wanted)) {
    const places = isAbsolute(wanted) ? [wanted] : folders.map((folder) => join(folder, wanted));
    return places.find(existsSync) ?? wanted;
  }
  const scripts = platform === "win32" ? "Scripts" : "bin";
  const name = platform === "win32" ? `${wanted}.exe` : wanted;
  const places = folders.flatMap((folder) =>
    ENVIRONMENTS.map((environment) => join(folder, environment, scripts, name)),
  );
  return places.find(existsSync) ?? wanted;
}

/** What the server is told when it starts. */
export function initializationOptions(settings: Settings): Record<string, unknown> {
  return {
    debounce: settings.get("debounce", 0),
    inlayHints: settings.get("inlayHints", true),
    codeLenses: settings.get("codeLenses", true),
    delimiters: settings.get("delimiters", ""),
  };
}

/** The words that run a workflow, or the program's only one. They go through no shell. */
export function runWords(file: string, workflow?: string): string[] {
  return workflow === undefined ? ["run", file] : ["run", file, workflow];
}

/** The words that run the tests of a file, or those whose name holds a text. */
export function testWords(file: string, name?: string): string[] {
  return name === undefined ? ["test", file] : ["test", file, "-k", name];
}
