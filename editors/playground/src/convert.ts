/** From the protocol's shapes to Monaco's and back. */

import type * as lsp from "vscode-languageserver-types";
import * as monaco from "./monaco";

export function toPosition(position: monaco.IPosition): lsp.Position {
  return { line: position.lineNumber - 1, character: position.column - 1 };
}

export function toRange(range: monaco.IRange): lsp.Range {
  return {
    start: { line: range.startLineNumber - 1, character: range.startColumn - 1 },
    end: { line: range.endLineNumber - 1, character: range.endColumn - 1 },
  };
}

export function range(given: lsp.Range): monaco.IRange {
  return {
    startLineNumber: given.start.line + 1,
    startColumn: given.start.character + 1,
    endLineNumber: given.end.line + 1,
    endColumn: given.end.character + 1,
  };
}

export function markdown(
  content: string | lsp.MarkupContent | undefined,
): monaco.IMarkdownString | undefined {
  if (content === undefined || content === null) return undefined;
  return { value: typeof content === "string" ? content : content.value };
}

const SEVERITIES = [8, 8, 4, 2, 1];

export function marker(found: lsp.Diagnostic): monaco.editor.IMarkerData {
  return {
    ...range(found.range),
    message: typeof found.message === "string" ? found.message : found.message.value,
    severity: SEVERITIES[found.severity ?? 1] as monaco.MarkerSeverity,
    code: String(found.code ?? ""),
    source: found.source,
    tags: found.tags as monaco.MarkerTag[] | undefined,
  };
}

const Kind = monaco.languages.CompletionItemKind;
const KINDS = [
  Kind.Text, Kind.Text, Kind.Method, Kind.Function, Kind.Constructor, Kind.Field, Kind.Variable,
  Kind.Class, Kind.Interface, Kind.Module, Kind.Property, Kind.Unit, Kind.Value, Kind.Enum,
  Kind.Keyword, Kind.Snippet, Kind.Color, Kind.File, Kind.Reference, Kind.Folder, Kind.EnumMember,
  Kind.Constant, Kind.Struct, Kind.Event, Kind.Operator, Kind.TypeParameter,
];

export function completion(
  item: lsp.CompletionItem,
  word: monaco.IRange,
): monaco.languages.CompletionItem {
  const edit = item.textEdit;
  const at = !edit
    ? word
    : "range" in edit
      ? range(edit.range)
      : { insert: range(edit.insert), replace: range(edit.replace) };
  const rules = monaco.languages.CompletionItemInsertTextRule;
  return {
    label: item.labelDetails ? { label: item.label, ...item.labelDetails } : item.label,
    kind: KINDS[item.kind ?? 1] ?? Kind.Text,
    detail: item.detail,
    documentation: markdown(item.documentation),
    insertText: edit?.newText ?? item.insertText ?? item.label,
    insertTextRules: item.insertTextFormat === 2 ? rules.InsertAsSnippet : undefined,
    filterText: item.filterText,
    sortText: item.sortText,
    preselect: item.preselect,
    range: at,
    additionalTextEdits: item.additionalTextEdits?.map(textEdit),
    commitCharacters: item.commitCharacters,
  };
}

export function textEdit(edit: lsp.TextEdit): { range: monaco.IRange; text: string } {
  return { range: range(edit.range), text: edit.newText };
}

/** The edits that a change makes in one document; changes elsewhere are not the page's. */
export function editsOf(change: lsp.WorkspaceEdit | undefined, uri: string): lsp.TextEdit[] {
  const listed = change?.changes?.[uri] ?? [];
  const versioned = (change?.documentChanges ?? []).flatMap((part) =>
    "textDocument" in part && part.textDocument.uri === uri ? (part.edits as lsp.TextEdit[]) : [],
  );
  return [...listed, ...versioned];
}

export function workspaceEdit(
  change: lsp.WorkspaceEdit | undefined,
  uri: string,
  model: monaco.editor.ITextModel,
): monaco.languages.WorkspaceEdit {
  return {
    edits: editsOf(change, uri).map((edit) => ({
      resource: model.uri,
      versionId: undefined,
      textEdit: textEdit(edit),
    })),
  };
}
