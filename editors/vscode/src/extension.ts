import * as vscode from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";
import { compiler, initializationOptions, runWords, testWords } from "./command";
import { type Ask, GraphPanels, PythonDocuments } from "./views";

const INSTALL = "How to install it";
let client: LanguageClient | undefined;
let output: vscode.OutputChannel;

function command(): string {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  return compiler(vscode.workspace.getConfiguration("vega"), folders);
}

/** Starts the server of the compiler that the settings name. */
async function start(): Promise<void> {
  const program = command();
  const run = { command: program, args: ["lsp"], transport: TransportKind.stdio };
  client = new LanguageClient("vega", "Vega", run, {
    documentSelector: [{ language: "vega" }],
    outputChannel: output,
    synchronize: { configurationSection: "vega" },
    initializationOptions: initializationOptions(vscode.workspace.getConfiguration("vega")),
    middleware: {
      // Lenses open a terminal or a document here; elsewhere the server says what it can.
      executeCommand: async (name, words, next) => {
        const [uri, target] = words as [string, string];
        if (name === "vega.run") return inTerminal(vscode.Uri.parse(uri), runWords, target);
        if (name === "vega.test") return inTerminal(vscode.Uri.parse(uri), testWords, target);
        if (name === "vega.showPython") {
          return vscode.commands.executeCommand("vega.openPython", vscode.Uri.parse(uri));
        }
        return next(name, words);
      },
    },
  });
  try {
    await client.start();
    await vscode.commands.executeCommand("setContext", "vega.running", true);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const answer = await vscode.window.showErrorMessage(
      `Vega: '${program}' does not start (${reason}). Install it with 'pip install vegac', ` +
        "or set 'vega.command' to its path.",
      INSTALL,
    );
    if (answer === INSTALL) {
      await vscode.commands.executeCommand("workbench.action.openWalkthrough", "vega.vega#start");
    }
  }
}

/** Runs the compiler in a terminal. The words go to it as they are, not through a shell. */
function inTerminal(
  file: vscode.Uri,
  words: (file: string, name?: string) => string[],
  name?: string,
): void {
  const shellArgs = words(file.fsPath, name);
  const terminal = vscode.window.createTerminal({
    name: `Vega: ${name ?? shellArgs[0]}`,
    cwd: vscode.workspace.getWorkspaceFolder(file)?.uri,
    shellPath: command(),
    shellArgs,
  });
  terminal.show();
}

/** The program that a command is about: the one that it is given, or the one in front. */
function current(given?: unknown): vscode.Uri | undefined {
  if (given instanceof vscode.Uri) return given;
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId === "vega") return document.uri;
  void vscode.window.showInformationMessage("Vega: open a program first.");
  return undefined;
}

/** A saved program: what runs is what is in the file. */
async function saved(given?: unknown): Promise<vscode.Uri | undefined> {
  const uri = current(given);
  const document = vscode.workspace.textDocuments.find(
    (open) => open.uri.toString() === uri?.toString(),
  );
  if (document?.isDirty && !(await document.save())) return undefined;
  return uri;
}

const ask: Ask = async <Result>(name: string, uri: vscode.Uri): Promise<Result | undefined> => {
  if (!client?.isRunning()) return undefined;
  const result = await client.sendRequest<Result | null>("workspace/executeCommand", {
    command: name,
    arguments: [client.code2ProtocolConverter.asUri(uri)],
  });
  return result ?? undefined;
};

/** The workflow to run: the only one, or the one that the user picks. */
async function pickWorkflow(uri: vscode.Uri): Promise<string | undefined> {
  const graphs = (await ask<{ workflow: string }[]>("vega.graph", uri)) ?? [];
  const names = graphs.map(({ workflow }) => workflow);
  if (names.length < 2) return names[0];
  return vscode.window.showQuickPick(names, { title: "Which workflow is to run?" });
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  output = vscode.window.createOutputChannel("Vega");
  const python = new PythonDocuments(ask);
  const graphs = new GraphPanels(ask);
  const commands: Record<string, (given?: unknown) => unknown> = {
    "vega.runWorkflow": async (given) => {
      const uri = await saved(given);
      const workflow = uri && (await pickWorkflow(uri));
      if (uri && workflow !== undefined) inTerminal(uri, runWords, workflow);
    },
    "vega.runTests": async (given) => {
      const uri = await saved(given);
      if (uri) inTerminal(uri, testWords);
    },
    "vega.openPython": (given) => {
      const uri = current(given);
      return uri && python.open(uri);
    },
    "vega.openGraph": (given) => {
      const uri = current(given);
      return uri && graphs.open(uri);
    },
    "vega.fixEverything": (given) => {
      const uri = current(given);
      return uri && ask("vega.fixAll", uri);
    },
    "vega.restart": async () => {
      await client?.dispose();
      await start();
    },
    "vega.output": () => output.show(true),
  };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(name, run));
  }
  context.subscriptions.push(
    output,
    vscode.workspace.registerTextDocumentContentProvider(PythonDocuments.scheme, python),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (document.languageId !== "vega") return;
      python.refresh(document.uri);
      void graphs.refresh(document.uri);
    }),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("vega.command")) {
        await client?.dispose();
        await start();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.dispose();
}
