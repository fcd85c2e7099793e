/** The page that shows a program's graph. Nothing here needs the editor. */

export interface Graph {
  workflow: string;
  svg: string;
}

/**
 * A page with one picture for each workflow. Its scripts are those with `nonce` alone; a click on a
 * step sends its line (from 1) and its file to the editor.
 */
export function graphPage(graphs: readonly Graph[], nonce: string, source: string): string {
  const pictures = graphs
    .map(({ workflow, svg }) => `<section><h2>${escape(workflow)}</h2>${svg}</section>`)
    .join("\n");
  const body = graphs.length ? pictures : "<p>There is nothing to draw yet.</p>";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline' ${source}; script-src 'nonce-${nonce}'">
<style>
body { --vega-ink: var(--vscode-editor-foreground); --vega-muted: var(--vscode-descriptionForeground);
  --vega-paper: var(--vscode-editorWidget-background); --vega-line: var(--vscode-panel-border);
  --vega-frame: transparent; padding: 8px; }
section { overflow-x: auto; }
h2 { font-weight: 400; font-size: 1.1em; }
h2:only-of-type { display: none; }
</style>
</head>
<body>
${body}
<script nonce="${nonce}">
const editor = acquireVsCodeApi();
document.body.addEventListener("click", (event) => {
  const step = event.target.closest("[data-line]");
  if (step) editor.postMessage({ line: Number(step.dataset.line), file: step.dataset.file });
});
</script>
</body>
</html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
