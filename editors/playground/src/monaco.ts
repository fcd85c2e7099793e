/** The parts of Monaco that the page uses. */

import "monaco-editor/esm/vs/editor/editor.all.js";
import "monaco-editor/esm/vs/basic-languages/python/python.contribution.js";
import EditorWorker from "monaco-editor/esm/vs/editor/editor.worker.js?worker";

export * from "monaco-editor/esm/vs/editor/editor.api.js";

self.MonacoEnvironment = { getWorker: () => new EditorWorker() };
