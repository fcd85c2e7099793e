/** What stands beside the program: its findings, its Python and the steps of its workflows. */

import * as monaco from "./monaco";

export function element<Type extends HTMLElement>(id: string): Type {
  return document.getElementById(id) as Type;
}

const WORDS = new Map([
  [monaco.MarkerSeverity.Error, "error"],
  [monaco.MarkerSeverity.Warning, "warning"],
  [monaco.MarkerSeverity.Info, "info"],
  [monaco.MarkerSeverity.Hint, "info"],
]);

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

/** The list of findings, and their number in the head of the page. */
export function showFindings(
  found: monaco.editor.IMarkerData[],
  go: (line: number, column: number) => void,
): void {
  const list = element("findings");
  const rows = found.map((finding) => {
    const word = WORDS.get(finding.severity) ?? "info";
    const row = document.createElement("button");
    row.className = word;
    row.setAttribute("role", "listitem");
    const place = `${finding.startLineNumber}:${finding.startColumn}`;
    for (const [kind, text] of [
      ["kind", word],
      ["code", String(finding.code ?? "")],
      ["message", finding.message],
      ["place", place],
    ] as const) {
      const part = document.createElement(kind === "code" ? "code" : "span");
      part.className = kind;
      part.textContent = text;
      row.append(part);
    }
    row.addEventListener("click", () => go(finding.startLineNumber, finding.startColumn));
    return row;
  });
  if (rows.length === 0) {
    const nothing = document.createElement("p");
    nothing.textContent = "Nothing is wrong.";
    list.replaceChildren(nothing);
  } else {
    list.replaceChildren(...rows);
  }
  const words = found.map((finding) => WORDS.get(finding.severity) ?? "info");
  const parts = ["error", "warning"].flatMap((word) => {
    const number = words.filter((other) => other === word).length;
    return number ? [count(number, word)] : [];
  });
  showStatus(parts.join(", ") || "no mistakes", words.find((word) => word !== "info") ?? "none");
}

export function showStatus(text: string, worst: string): void {
  const status = element<HTMLOutputElement>("status");
  status.value = text;
  status.dataset.worst = worst;
}

export interface Python {
  text: string;
  lines: Record<string, number>;
}

/** The module that the program becomes; its lines and those of the program know each other. */
export class PythonView {
  private readonly model = monaco.editor.createModel("", "python");
  private readonly editor: monaco.editor.IStandaloneCodeEditor;
  private readonly marks: monaco.editor.IEditorDecorationsCollection;
  private lines = new Map<number, number>();

  constructor(parent: HTMLElement, options: object, go: (line: number) => void) {
    this.editor = monaco.editor.create(parent, {
      ...options,
      model: this.model,
      readOnly: true,
      domReadOnly: true,
      ariaLabel: "The Python of the program",
    });
    this.marks = this.editor.createDecorationsCollection();
    this.editor.onMouseDown((event) => {
      const source = this.lines.get(event.target.position?.lineNumber ?? -1);
      if (source !== undefined) go(source);
    });
  }

  show(python: Python): void {
    const first = this.model.getValueLength() === 0;
    if (python.text !== this.model.getValue()) {
      const place = this.editor.saveViewState();
      this.model.setValue(python.text);
      this.editor.restoreViewState(place);
    }
    if (first) {
      // Workflows are what one wants to see; they stand below the agents.
      const lines = python.text.split("\n");
      this.editor.revealLineNearTop(lines.findIndex((line) => /^@workflow|^async def/.test(line)) + 1);
    }
    this.lines = new Map(
      Object.entries(python.lines).map(([line, source]) => [Number(line) + 1, source + 1]),
    );
  }

  /** Mark the lines that a line of the program became. */
  mark(source: number, reveal: boolean): void {
    const lines = [...this.lines].filter(([, from]) => from === source).map(([line]) => line);
    this.marks.set(
      lines.map((line) => ({
        range: new monaco.Range(line, 1, line, 1),
        options: { isWholeLine: true, className: "linked" },
      })),
    );
    if (reveal && lines.length) this.editor.revealLineInCenterIfOutsideViewport(Math.min(...lines));
  }
}

export interface Graph {
  workflow: string;
  svg: string;
}

/** Pictures of the workflows, one at a time. */
export class StepsView {
  private graphs: Graph[] = [];
  private readonly choice = element<HTMLSelectElement>("workflow");

  constructor(
    private readonly parent: HTMLElement,
    go: (line: number) => void,
  ) {
    this.choice.addEventListener("change", () => this.draw());
    parent.addEventListener("click", (event) => {
      const step = (event.target as Element).closest<SVGElement>("[data-line]");
      if (step) go(Number(step.dataset.line));
    });
  }

  get several(): boolean {
    return this.graphs.length > 1;
  }

  show(graphs: Graph[]): void {
    if (JSON.stringify(graphs) === JSON.stringify(this.graphs)) return;
    const chosen = this.choice.value;
    this.graphs = graphs;
    this.choice.replaceChildren(...graphs.map(({ workflow }) => new Option(workflow)));
    this.choice.value = graphs.some(({ workflow }) => workflow === chosen)
      ? chosen
      : (graphs[0]?.workflow ?? "");
    this.draw();
  }

  /** Mark the step that stands on a line of the program. */
  mark(line: number): void {
    for (const step of this.parent.querySelectorAll<SVGElement>("[data-line]")) {
      step.classList.toggle("here", Number(step.dataset.line) === line);
    }
  }

  private draw(): void {
    const graph = this.graphs.find(({ workflow }) => workflow === this.choice.value);
    if (!graph) {
      this.parent.replaceChildren();
      return;
    }
    const picture = new DOMParser().parseFromString(graph.svg, "image/svg+xml").documentElement;
    this.parent.replaceChildren(document.importNode(picture, true));
  }
}
