/** What the language server knows, given to the editor: each feature is a request. */

import type * as lsp from "vscode-languageserver-types";
import * as convert from "./convert";
import { LANGUAGE } from "./language";
import * as monaco from "./monaco";
import type { Connection } from "./rpc";

interface Capabilities {
  completionProvider?: { triggerCharacters?: string[]; resolveProvider?: boolean };
  signatureHelpProvider?: { triggerCharacters?: string[] };
  semanticTokensProvider?: { legend: monaco.languages.SemanticTokensLegend };
}

export function registerFeatures(
  server: Connection,
  uri: string,
  capabilities: Capabilities,
): void {
  const textDocument = { uri };
  const at = (position: monaco.IPosition) => ({
    textDocument,
    position: convert.toPosition(position),
  });
  const { languages } = monaco;

  languages.registerCompletionItemProvider(LANGUAGE, {
    triggerCharacters: capabilities.completionProvider?.triggerCharacters,
    async provideCompletionItems(model, position) {
      const found = await server.request<lsp.CompletionList | lsp.CompletionItem[] | null>(
        "textDocument/completion",
        at(position),
      );
      const word = model.getWordUntilPosition(position);
      const range = new monaco.Range(
        position.lineNumber,
        word.startColumn,
        position.lineNumber,
        word.endColumn,
      );
      const items = Array.isArray(found) ? found : (found?.items ?? []);
      return {
        incomplete: !Array.isArray(found) && (found?.isIncomplete ?? false),
        suggestions: items.map((item) => ({ ...convert.completion(item, range), lsp: item })),
      };
    },
    async resolveCompletionItem(item) {
      if (!capabilities.completionProvider?.resolveProvider) return item;
      const full = await server.request<lsp.CompletionItem>(
        "completionItem/resolve",
        (item as { lsp?: lsp.CompletionItem }).lsp,
      );
      return { ...item, detail: full.detail, documentation: convert.markdown(full.documentation) };
    },
  });

  languages.registerHoverProvider(LANGUAGE, {
    async provideHover(_, position) {
      const found = await server.request<lsp.Hover | null>("textDocument/hover", at(position));
      if (!found) return null;
      const text = convert.markdown(found.contents as lsp.MarkupContent);
      return {
        contents: text ? [text] : [],
        range: found.range && convert.range(found.range),
      };
    },
  });

  languages.registerSignatureHelpProvider(LANGUAGE, {
    signatureHelpTriggerCharacters: capabilities.signatureHelpProvider?.triggerCharacters,
    async provideSignatureHelp(_, position) {
      const found = await server.request<lsp.SignatureHelp | null>(
        "textDocument/signatureHelp",
        at(position),
      );
      if (!found) return null;
      const value: monaco.languages.SignatureHelp = {
        activeParameter: found.activeParameter ?? 0,
        activeSignature: found.activeSignature ?? 0,
        signatures: found.signatures.map((signature) => ({
          label: signature.label,
          documentation: convert.markdown(signature.documentation),
          parameters: (signature.parameters ?? []).map((parameter) => ({
            label: parameter.label,
            documentation: convert.markdown(parameter.documentation),
          })),
        })),
      };
      return { value, dispose: () => undefined };
    },
  });

  languages.registerDefinitionProvider(LANGUAGE, {
    async provideDefinition(model, position) {
      const found = await server.request<lsp.Location | lsp.Location[] | null>(
        "textDocument/definition",
        at(position),
      );
      return locations(found, uri, model);
    },
  });

  languages.registerReferenceProvider(LANGUAGE, {
    async provideReferences(model, position, context) {
      const found = await server.request<lsp.Location[] | null>("textDocument/references", {
        ...at(position),
        context,
      });
      return locations(found, uri, model);
    },
  });

  languages.registerDocumentHighlightProvider(LANGUAGE, {
    async provideDocumentHighlights(_, position) {
      const found = await server.request<lsp.DocumentHighlight[] | null>(
        "textDocument/documentHighlight",
        at(position),
      );
      return (found ?? []).map(({ range, kind }) => ({
        range: convert.range(range),
        kind: ((kind ?? 1) - 1) as monaco.languages.DocumentHighlightKind,
      }));
    },
  });

  languages.registerRenameProvider(LANGUAGE, {
    async provideRenameEdits(model, position, newName) {
      try {
        const change = await server.request<lsp.WorkspaceEdit>("textDocument/rename", {
          ...at(position),
          newName,
        });
        return convert.workspaceEdit(change, uri, model);
      } catch (error) {
        return { edits: [], rejectReason: (error as Error).message };
      }
    },
  });

  languages.registerCodeActionProvider(LANGUAGE, {
    async provideCodeActions(model, range, context) {
      const found = await server.request<lsp.CodeAction[] | null>("textDocument/codeAction", {
        textDocument,
        range: convert.toRange(range),
        context: { diagnostics: context.markers.map(diagnostic), only: only(context.only) },
      });
      const actions = (found ?? []).map((action) => ({
        title: action.title,
        kind: action.kind,
        isPreferred: action.isPreferred,
        edit: convert.workspaceEdit(action.edit, uri, model),
      }));
      return { actions, dispose: () => undefined };
    },
  });

  languages.registerDocumentFormattingEditProvider(LANGUAGE, {
    async provideDocumentFormattingEdits(_, options) {
      const found = await server.request<lsp.TextEdit[] | null>("textDocument/formatting", {
        textDocument,
        options,
      });
      return (found ?? []).map(convert.textEdit);
    },
  });

  languages.registerInlayHintsProvider(LANGUAGE, {
    async provideInlayHints(_, range) {
      const found = await server.request<lsp.InlayHint[] | null>("textDocument/inlayHint", {
        textDocument,
        range: convert.toRange(range),
      });
      const hints = (found ?? []).map((hint) => ({
        label: typeof hint.label === "string" ? hint.label : hint.label.map((p) => p.value).join(""),
        position: { lineNumber: hint.position.line + 1, column: hint.position.character + 1 },
        kind: hint.kind as monaco.languages.InlayHintKind | undefined,
        paddingLeft: hint.paddingLeft,
        paddingRight: hint.paddingRight,
      }));
      return { hints, dispose: () => undefined };
    },
  });

  languages.registerFoldingRangeProvider(LANGUAGE, {
    async provideFoldingRanges() {
      const found = await server.request<lsp.FoldingRange[] | null>("textDocument/foldingRange", {
        textDocument,
      });
      return (found ?? []).map(({ startLine, endLine }) => ({
        start: startLine + 1,
        end: endLine + 1,
      }));
    },
  });
}

function locations(
  found: lsp.Location | lsp.Location[] | null,
  uri: string,
  model: monaco.editor.ITextModel,
): monaco.languages.Location[] {
  const listed = Array.isArray(found) ? found : found ? [found] : [];
  return listed
    .filter((location) => location.uri === uri)
    .map((location) => ({ uri: model.uri, range: convert.range(location.range) }));
}

function diagnostic(marker: monaco.editor.IMarkerData): lsp.Diagnostic {
  return {
    range: convert.toRange(marker),
    message: marker.message,
    code: typeof marker.code === "string" ? marker.code : marker.code?.value,
    source: marker.source,
  };
}

function only(kind: string | undefined): string[] | undefined {
  return kind ? [kind] : undefined;
}
