"""Workflows as graphs of steps and edges, for tools that lay them out: Mermaid and Graphviz."""

import json
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from vegac.graph.model import Box, Frame, Kind, Node, WorkflowGraph


class _Item(Struct, eq=False):
    """A step in the graph; `depth` tells how many groups it stands in."""

    name: str
    kind: Kind
    label: list[str]
    depth: int


class _Group(Struct, eq=False):
    """The begin or the end of a group of steps."""

    name: str
    label: list[str]
    depth: int
    opens: bool


class _Edge(Struct, eq=False):
    start: str
    end: str
    label: str


_Exits = list[tuple[str, str]]
"""From where the next step is reached, each with what the edge says."""


class _Flow(Struct, eq=False):
    parts: list[_Item | _Group] = field(default_factory=list["_Item | _Group"])
    edges: list[_Edge] = field(default_factory=list[_Edge])
    count: int = 0

    def name(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def item(self, kind: Kind, label: list[str], depth: int, before: _Exits) -> str:
        name = self.name()
        self.parts.append(_Item(name, kind, label, depth))
        self.edges += [_Edge(start, name, text) for start, text in before]
        return name

    def block(self, nodes: Sequence[Node], before: _Exits, depth: int) -> _Exits:
        for node in nodes:
            before = self.node(node, before, depth)
        return before

    def node(self, node: Node, before: _Exits, depth: int) -> _Exits:
        if isinstance(node, Frame):
            return self._frame(node, before, depth)
        name = self.item(node.kind, _label(node), depth, before)
        return [] if isinstance(node, Box) and node.leaves else [(name, "")]

    def _frame(self, frame: Frame, before: _Exits, depth: int) -> _Exits:
        label = _label(frame)
        if frame.kind == "if":
            fork = self.item("if", label, depth, before)
            exits: _Exits = []
            for lane in frame.lanes:
                exits += self.block(lane.nodes, [(fork, lane.label)], depth)
            return exits
        group = self.name()
        first = len(self.parts)
        self.parts.append(_Group(group, label, depth, opens=True))
        exits = []
        for lane in frame.lanes:
            if lane.label == "finally":  # after whatever came before
                exits = self.block(
                    lane.nodes, [(start, "finally") for start, _ in exits], depth + 1
                )
            elif lane.label:  # reached from somewhere inside the first lane
                entry = [(start, lane.label) for start, _ in exits[:1] or before]
                exits += self.block(lane.nodes, entry, depth + 1)
            else:
                exits += self.block(lane.nodes, before, depth + 1)
        self.parts.append(_Group(group, label, depth, opens=False))
        if frame.kind == "loop":
            inside = (part.name for part in self.parts[first:] if isinstance(part, _Item))
            self.edges += [
                _Edge(start, head, "again") for head in list(inside)[:1] for start, _ in exits
            ]
        return exits


def _label(node: Node) -> list[str]:
    title = " · ".join([node.title, *node.notes])
    return [title, node.detail] if node.detail else [title]


def _flow(graph: WorkflowGraph) -> _Flow:
    flow = _Flow()
    exits = flow.block([graph.start, *graph.nodes], [], 0)
    if exits:
        flow.item("end", ["end"], 0, exits)
    return flow


# --- Mermaid --------------------------------------------------------------------------------------

_SHAPES: dict[Kind, tuple[str, str]] = {
    "start": ("([", "])"),
    "end": ("([", "])"),
    "if": ("{", "}"),
    "workflow": ("[[", "]]"),
    "memory": ("[(", ")]"),
    "ask": ("[/", "/]"),
}


def mermaid(graph: WorkflowGraph) -> str:
    """The flow chart of a workflow in Mermaid's language."""
    flow = _flow(graph)
    lines = ["flowchart TD"]
    for part in flow.parts:
        indent = "  " * (part.depth + 1)
        text = f'"{"<br>".join(_mermaid(line) for line in part.label)}"'
        if isinstance(part, _Group):
            lines.append(f"{indent}subgraph {part.name}[{text}]" if part.opens else f"{indent}end")
        else:
            opening, closing = _SHAPES.get(part.kind, ("[", "]"))
            lines.append(f"{indent}{part.name}{opening}{text}{closing}")
    for edge in flow.edges:
        label = f'|"{_mermaid(edge.label)}"|' if edge.label else ""
        lines.append(f"  {edge.start} -->{label} {edge.end}")
    return "\n".join(lines) + "\n"


def _mermaid(text: str) -> str:
    """A text between quotes: characters that Mermaid or its HTML labels would read are entities."""
    return "".join(
        char if char.isalnum() or char in " .,:;=+-*/()?!$·→_'…" else f"#{ord(char)};"
        for char in text
    )


# --- Graphviz -------------------------------------------------------------------------------------

_DOT_SHAPES: dict[Kind, str] = {
    "start": "oval",
    "end": "oval",
    "if": "diamond",
    "workflow": "component",
    "memory": "cylinder",
    "ask": "parallelogram",
}


def dot(graph: WorkflowGraph) -> str:
    """The graph of a workflow in Graphviz's language."""
    flow = _flow(graph)
    lines = [f"digraph {_dot(graph.name)} {{", '  node [shape=box, fontname="sans-serif"];']
    lines += _dot_parts(flow)
    for edge in flow.edges:
        label = f" [label={_dot(edge.label)}]" if edge.label else ""
        lines.append(f"  {edge.start} -> {edge.end}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def _dot_parts(flow: _Flow) -> Iterator[str]:
    for part in flow.parts:
        indent = "  " * (part.depth + 1)
        label = _dot("\n".join(part.label))
        if isinstance(part, _Item):
            shape = f", shape={_DOT_SHAPES[part.kind]}" if part.kind in _DOT_SHAPES else ""
            yield f"{indent}{part.name} [label={label}{shape}];"
        elif part.opens:
            yield f"{indent}subgraph cluster_{part.name} {{ label={label};"
        else:
            yield f"{indent}}}"


def _dot(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
