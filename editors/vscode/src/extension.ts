import * as vscode from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

/** Starts the server of the compiler that the settings name. */
async function start(): Promise<void> {
  const settings = vscode.workspace.getConfiguration("vega");
  const command = settings.get("command", "vegac");
  client = new LanguageClient(
    "vega",
    "Vega",
    { command, args: ["lsp"], transport: TransportKind.stdio },
    {
      documentSelector: [{ language: "vega" }],
      synchronize: { configurationSection: "vega" },
      initializationOptions: {
        debounce: settings.get("debounce"),
        inlayHints: settings.get("inlayHints"),
        codeLenses: settings.get("codeLenses"),
        delimiters: settings.get("delimiters"),
      },
      middleware: {
        // Lenses open a terminal here; elsewhere the server shows the command line.
        executeCommand: async (name, parameters, next) => {
          if (name === "vega.run" || name === "vega.test") {
            const [uri, target] = parameters as [string, string];
            inTerminal(command, name === "vega.test", vscode.Uri.parse(uri), target);
            return undefined;
          }
          return next(name, parameters);
        },
      },
    },
  );
  try {
    await client.start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(
      `Vega: '${command}' does not start (${reason}). Install it with 'pip install vegac', ` +
        "or set 'vega.command' to its path.",
    );
  }
}

function inTerminal(command: string, isTest: boolean, file: vscode.Uri, name: string): void {
  const folder = vscode.workspace.getWorkspaceFolder(file);
  const words = isTest ? ["test", file.fsPath, "-k", name] : ["run", file.fsPath, name];
  // The words go to the program as they are, not through a shell.
  const terminal = vscode.window.createTerminal({
    name: `Vega: ${name}`,
    cwd: folder?.uri,
    shellPath: command,
    shellArgs: words,
  });
  terminal.show();
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand("vega.restart", async () => {
      await client?.dispose();
      await start();
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.dispose();
}
