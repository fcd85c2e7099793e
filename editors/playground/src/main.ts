/** The page: a program to the left, what the compiler makes of it to the right. */

import type * as lsp from "vscode-languageserver-types";
import * as convert from "./convert";
import { examples } from "./examples";
import { registerFeatures } from "./features";
import { LANGUAGE, registerLanguage } from "./language";
import * as monaco from "./monaco";
import { Connection, Ended } from "./rpc";
import {
  type Graph,
  type Python,
  PythonView,
  StepsView,
  element,
  showFindings,
  showStatus,
} from "./views";

interface Published {
  uri: string;
  version?: number;
  diagnostics: lsp.Diagnostic[];
}

interface Start {
  uri: string;
  name: string;
  text: string | null;
}

const OPTIONS = {
  automaticLayout: true,
  fontSize: 13,
  lineNumbersMinChars: 3,
  minimap: { enabled: false },
  scrollBeyondLastLine: false,
  stickyScroll: { enabled: false },
  fixedOverflowWidgets: true,
  scrollbar: { verticalScrollbarSize: 10, horizontalScrollbarSize: 10 },
  wordBasedSuggestions: "off",
  "semanticHighlighting.enabled": false,
} as const;
const FIRST = "review";

function setTheme(dark: boolean): void {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  monaco.editor.setTheme(dark ? "vega-dark" : "vega-light");
}

function address(name: string): URL {
  return new URL(name, document.baseURI);
}

async function connect(): Promise<Connection> {
  const socket = address("lsp");
  socket.protocol = "ws:";
  const server = await Connection.to(socket);
  server.onClose(() => showStatus("'vegac playground' has ended", "error"));
  return server;
}

async function main(): Promise<void> {
  registerLanguage();
  setTheme(matchMedia("(prefers-color-scheme: dark)").matches);
  const start = (await (await fetch(address("start.json"))).json()) as Start;
  const server = await connect();
  const { capabilities } = await server.request<{ capabilities: object }>("initialize", {
    processId: null,
    rootUri: null,
    capabilities: {
      general: { positionEncodings: ["utf-16"] },
      textDocument: {
        completion: {
          completionItem: { snippetSupport: true, documentationFormat: ["markdown"] },
        },
        hover: { contentFormat: ["markdown"] },
        codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix"] } } },
        publishDiagnostics: { versionSupport: true, tagSupport: { valueSet: [1] } },
        signatureHelp: { signatureInformation: { documentationFormat: ["markdown"] } },
      },
      workspace: { applyEdit: true },
    },
  });
  server.notify("initialized", {});

  const uri = start.uri;
  const text = start.text ?? examples.get(FIRST) ?? "";
  const model = monaco.editor.createModel(text, LANGUAGE, monaco.Uri.parse(uri));
  const editor = monaco.editor.create(element("editor"), { ...OPTIONS, model });
  const go = (line: number, column = 1) => {
    editor.setPosition({ lineNumber: line, column });
    editor.revealLineInCenterIfOutsideViewport(line);
    editor.focus();
  };
  const python = new PythonView(element("python"), OPTIONS, go);
  const steps = new StepsView(element("steps"), go);

  registerFeatures(server, uri, capabilities);
  const refresh = refresher(server, uri, python, steps, () => mark(false));
  const mark = (reveal: boolean) => {
    const line = editor.getPosition()?.lineNumber ?? 1;
    python.mark(line, reveal);
    steps.mark(line);
  };

  server.on("textDocument/publishDiagnostics", (params: Published) => {
    if (params.uri !== uri) return;
    if (params.version !== undefined && params.version !== model.getVersionId()) return;
    const markers = params.diagnostics.map(convert.marker);
    monaco.editor.setModelMarkers(model, LANGUAGE, markers);
    showFindings(markers, go);
    void refresh();
  });
  server.on("workspace/applyEdit", (params: { edit: lsp.WorkspaceEdit }) => {
    editor.pushUndoStop();
    editor.executeEdits("vega", convert.editsOf(params.edit, uri).map(convert.textEdit));
    editor.pushUndoStop();
    return { applied: true };
  });
  server.on("client/registerCapability", () => null);

  server.notify("textDocument/didOpen", {
    textDocument: { uri, languageId: LANGUAGE, version: model.getVersionId(), text },
  });
  model.onDidChangeContent((event) => {
    server.notify("textDocument/didChange", {
      textDocument: { uri, version: event.versionId },
      contentChanges: event.isFlush
        ? [{ text: model.getValue() }]
        : event.changes.map((change) => ({
            range: convert.toRange(change.range),
            text: change.text,
          })),
    });
  });
  editor.onDidChangeCursorPosition((event) => mark(event.source !== "api"));

  tools(server, editor, start);
  tabs(steps);
  divide();
  editor.focus();
}

/** Asks for the Python and the steps anew; of requests during one only the last is made. */
function refresher(
  server: Connection,
  uri: string,
  python: PythonView,
  steps: StepsView,
  then: () => void,
): () => Promise<void> {
  let running = false;
  let again = false;
  const command = <Result>(name: string) =>
    server.request<Result>("workspace/executeCommand", { command: name, arguments: [uri] });
  return async function refresh() {
    again = true;
    if (running) return;
    running = true;
    try {
      while (again) {
        again = false;
        const module = await command<Python | null>("vega.python");
        const graphs = await command<Graph[]>("vega.graph");
        if (module) python.show(module);
        if (module || graphs.length) steps.show(graphs);
        element("stale").hidden = module !== null;
        element("python").classList.toggle("stale", module === null);
        element("workflow").hidden = element("steps").hidden || !steps.several;
        then();
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error instanceof Ended) return; // which the status says already
      showStatus(error.message, "error");
    } finally {
      running = false;
    }
  };
}

/** The buttons and the choice of a program. */
function tools(
  server: Connection,
  editor: monaco.editor.IStandaloneCodeEditor,
  start: Start,
): void {
  const choice = element<HTMLSelectElement>("program");
  if (start.text !== null) choice.append(new Option(start.name, ""));
  for (const name of examples.keys()) choice.append(new Option(name, name));
  choice.value = start.text !== null ? "" : FIRST;
  choice.addEventListener("change", () => {
    editor.executeEdits("vega", [
      {
        range: editor.getModel()!.getFullModelRange(),
        text: choice.value === "" ? start.text : examples.get(choice.value)!,
      },
    ]);
    editor.setPosition({ lineNumber: 1, column: 1 });
    editor.revealLine(1);
  });
  element("format").addEventListener("click", () => {
    void editor.getAction("editor.action.formatDocument")?.run();
  });
  element("fix").addEventListener("click", () => {
    server
      .request("workspace/executeCommand", { command: "vega.fixAll", arguments: [start.uri] })
      .catch((error: unknown) => {
        if (!(error instanceof Ended)) throw error;
      });
  });
  element("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = `data:text/yaml;charset=utf-8,${encodeURIComponent(editor.getValue())}`;
    link.download = start.name;
    link.click();
  });
  element("theme").addEventListener("click", () => {
    setTheme(document.documentElement.dataset.theme !== "dark");
  });
}

function tabs(steps: StepsView): void {
  const names = ["python", "steps"];
  for (const name of names) {
    element(`tab-${name}`).addEventListener("click", () => {
      for (const other of names) {
        element(other).hidden = other !== name;
        element(`tab-${other}`).setAttribute("aria-selected", String(other === name));
      }
      element("workflow").hidden = name !== "steps" || !steps.several;
    });
  }
}

/** The line between both halves can be moved. */
function divide(): void {
  const divider = element("divider");
  const whole = element("main");
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = whole.getBoundingClientRect();
    const share = Math.min(80, Math.max(20, ((event.clientX - box.left) / box.width) * 100));
    whole.style.setProperty("--split", `${share}%`);
  });
}

main().catch((error: unknown) => {
  showStatus(error instanceof Error ? error.message : String(error), "error");
});
