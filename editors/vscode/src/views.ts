/** What is shown beside a program, always as its text stands: its Python and its graph. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type Graph, graphPage } from "./page";

/** Asks the server to carry out one of its commands. */
export type Ask = <Result>(command: string, uri: vscode.Uri) => Promise<Result | undefined>;

const SCHEME = "vega-python";
const NOTHING = "# The program has errors: there is no Python to show yet.\n";

/** The module that a program becomes, as a document that cannot be edited. */
export class PythonDocuments implements vscode.TextDocumentContentProvider {
  static readonly scheme = SCHEME;
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly last = new Map<string, string>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly ask: Ask) {}

  async provideTextDocumentContent(address: vscode.Uri): Promise<string> {
    const found = await this.ask<{ text: string }>("vega.python", programOf(address));
    const key = address.toString();
    // While a mistake is being typed, what was there before is more use than nothing.
    const text = found?.text ?? this.last.get(key) ?? NOTHING;
    this.last.set(key, text);
    return text;
  }

  async open(program: vscode.Uri): Promise<void> {
    const document = await vscode.workspace.openTextDocument(addressOf(program));
    await vscode.languages.setTextDocumentLanguage(document, "python");
    await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
    });
  }

  /** A program has changed. */
  refresh(program: vscode.Uri): void {
    const address = addressOf(program);
    if (vscode.workspace.textDocuments.some(({ uri }) => uri.toString() === address.toString())) {
      this.changed.fire(address);
    } else {
      this.last.delete(address.toString());
    }
  }
}

function addressOf(program: vscode.Uri): vscode.Uri {
  const path = program.path.replace(/(\.vega)?\.ya?ml$/, "_vega.py");
  return vscode.Uri.from({ scheme: SCHEME, path, query: program.toString() });
}

function programOf(address: vscode.Uri): vscode.Uri {
  return vscode.Uri.parse(address.query, true);
}

/** The graphs of programs, a panel each. */
export class GraphPanels {
  private readonly panels = new Map<string, vscode.WebviewPanel>();

  constructor(private readonly ask: Ask) {}

  async open(program: vscode.Uri): Promise<void> {
    const key = program.toString();
    const known = this.panels.get(key);
    if (known) {
      known.reveal(undefined, true);
      return;
    }
    const name = program.path.split("/").pop() ?? "";
    const panel = vscode.window.createWebviewPanel(
      "vega.graph",
      `Graph of ${name}`,
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [] },
    );
    this.panels.set(key, panel);
    panel.onDidDispose(() => this.panels.delete(key));
    panel.webview.onDidReceiveMessage((step: { line: number; file: string }) => {
      void show(program, step);
    });
    await this.refresh(program);
  }

  /** A program has changed. */
  async refresh(program: vscode.Uri): Promise<void> {
    const panel = this.panels.get(program.toString());
    if (!panel) return;
    const graphs = (await this.ask<Graph[]>("vega.graph", program)) ?? [];
    if (graphs.length || !panel.webview.html) {
      const nonce = randomBytes(16).toString("base64url");
      panel.webview.html = graphPage(graphs, nonce, panel.webview.cspSource);
    }
  }
}

/** Shows the line of a step, in the program or in a file that it includes. */
async function show(program: vscode.Uri, step: { line: number; file: string }): Promise<void> {
  const name = step.file.split("/").pop() ?? "";
  const included = vscode.Uri.joinPath(program, "..", step.file);
  const uri = program.path.endsWith(`/${name}`) ? program : included;
  const place = new vscode.Range(step.line - 1, 0, step.line - 1, 0);
  await vscode.window.showTextDocument(uri, { selection: place, viewColumn: vscode.ViewColumn.One });
}
