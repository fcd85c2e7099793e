"""Pictures of workflows as SVG.

Colours are CSS variables with defaults for light and dark surroundings, so that a page which shows
the picture inline can set its own (`--vega-ink` and so on). Every step carries `data-line` and
`data-file`.
"""

from collections.abc import Iterator
from html import escape

from msgspec import Struct

from vegac.graph.model import Box, Frame, Kind, Lane, Node, WorkflowGraph

GAP = 24
"""Between steps that follow one another; an arrow stands in it."""
PAD = 14
LANE_GAP = 18
LABEL = 20
HEADER = 30
MARGIN = 16
MAX_CHARS = 44
WIDE, NARROW = 7.6, 6.9
"""The widths of an average character of a title and of a detail, in pixels."""

_SIGNS: dict[Kind, str] = {"loop": "↻ ", "parallel": "⇉ ", "if": "◇ ", "ask": "? ", "fail": "✕ "}
_STYLE = """\
.vega-graph { --i: var(--vega-ink, #1d2433); --m: var(--vega-muted, #667085);
  --l: var(--vega-line, #98a2b3); --p: var(--vega-paper, #ffffff); --f: var(--vega-frame, #f5f7fb);
  font: 13px system-ui, "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) { .vega-graph { --i: var(--vega-ink, #e4e7ee);
  --m: var(--vega-muted, #98a2b3); --l: var(--vega-line, #5d6678); --p: var(--vega-paper, #1b2130);
  --f: var(--vega-frame, #141925); } }
.vega-graph text { fill: var(--i); } .vega-graph .t { font-weight: 600; }
.vega-graph .d { fill: var(--m); font-size: 12px; } .vega-graph .n { fill: var(--m);
  font-size: 11px; font-weight: 400; }
.vega-graph .arrow { stroke: var(--l); stroke-width: 1.4; fill: none; }
.vega-graph .head { fill: var(--l); }
.vega-graph .box { fill: var(--p); stroke: var(--l); }
.vega-graph .frame { fill: var(--f); stroke: var(--l); stroke-dasharray: 4 3; }
.vega-graph .bar { fill: var(--k); } .vega-graph .k { fill: var(--k); }
.vega-graph .agent { --k: #2f80ed; } .vega-graph .workflow { --k: #8e5bd9; }
.vega-graph .value, .vega-graph .memory { --k: #7a8499; } .vega-graph .ask { --k: #d9822b; }
.vega-graph .fail { --k: #d64545; } .vega-graph .start, .vega-graph .end { --k: #2e9e6b; }
.vega-graph .if { --k: #b7791f; } .vega-graph .loop { --k: #0e8f9c; }
.vega-graph .parallel { --k: #8e5bd9; } .vega-graph .try { --k: #c2557a; }
.vega-graph [data-line] { cursor: pointer; }
.vega-graph [data-line]:hover > .box { stroke: var(--k); stroke-width: 2; }
"""


class _Size(Struct, frozen=True):
    width: float
    height: float


def svg(graph: WorkflowGraph) -> str:
    """The picture of a workflow, as a text that can stand alone or in a page."""
    nodes: list[Node] = [graph.start, *graph.nodes]
    size = _stack_size(nodes)
    width, height = size.width + 2 * MARGIN, size.height + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="vega-graph" width="{width:g}" '
        f'height="{height:g}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(f"The steps of {graph.name}")}">',
        f"<style>{_STYLE}</style>",
        *_stack(nodes, MARGIN + size.width / 2, MARGIN),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


# --- sizes ----------------------------------------------------------------------------------------


def _title(node: Node) -> str:
    most = MAX_CHARS * 3 // 2 if isinstance(node, Frame) else MAX_CHARS
    return _short(_SIGNS.get(node.kind, "") + node.title, most)


def _short(text: str, most: int = MAX_CHARS) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _title_width(node: Node) -> float:
    notes = sum(len(note) + 3 for note in node.notes)
    return len(_title(node)) * WIDE + notes * 6


def _size(node: Node) -> _Size:
    if isinstance(node, Frame):
        lanes = [_lane_size(lane) for lane in _shown(node)]
        inner = sum(lane.width for lane in lanes) + LANE_GAP * (len(lanes) - 1)
        words = _title_width(node) + len(_short(node.detail)) * NARROW + 2 * PAD + 12
        height = HEADER + max(lane.height for lane in lanes) + PAD
        return _Size(max(inner, words - 2 * PAD) + 2 * PAD, height)
    words = max(_title_width(node), len(_short(node.detail)) * NARROW)
    return _Size(max(110.0, words + 36), 48 if node.detail else 32)


def _shown(frame: Frame) -> list[Lane]:
    """The lanes that hold something."""
    return [lane for lane in frame.lanes if lane.nodes] or frame.lanes[:1]


def _lane_size(lane: Lane) -> _Size:
    stack = _stack_size(lane.nodes)
    label = LABEL if lane.label else 0
    return _Size(max(stack.width, len(_short(lane.label)) * NARROW, 60), stack.height + label)


def _stack_size(nodes: list[Node]) -> _Size:
    sizes = [_size(node) for node in nodes]
    height = sum(size.height for size in sizes) + GAP * max(0, len(nodes) - 1)
    return _Size(max((size.width for size in sizes), default=0), height)


# --- drawing --------------------------------------------------------------------------------------


def _stack(nodes: list[Node], middle: float, top: float) -> Iterator[str]:
    """Nodes below one another around a vertical line."""
    for index, node in enumerate(nodes):
        size = _size(node)
        yield from _node(node, middle - size.width / 2, top, size)
        top += size.height
        if index + 1 < len(nodes):
            if not (isinstance(node, Box) and node.leaves):
                yield _arrow(middle, top, top + GAP)
            top += GAP


def _arrow(x: float, top: float, bottom: float) -> str:
    head = f"M{x - 4:g} {bottom - 7:g}L{x:g} {bottom - 1:g}L{x + 4:g} {bottom - 7:g}Z"
    line = f"M{x:g} {top + 1:g}V{bottom - 6:g}"
    return f'<path class="arrow" d="{line}"/><path class="head" d="{head}"/>'


def _node(node: Node, x: float, y: float, size: _Size) -> Iterator[str]:
    place = f'data-line="{node.line}" data-file="{escape(node.file)}"'
    yield f'<g class="{node.kind}" {place}><title>{escape(_whole(node))}</title>'
    if isinstance(node, Frame):
        yield from _frame(node, x, y, size)
    else:
        yield from _box(node, x, y, size)
    yield "</g>"


def _whole(node: Node) -> str:
    """All that a node says, for whom the short form is too short."""
    lines = [node.title, node.detail, ", ".join(node.notes), f"{node.file}:{node.line}"]
    return "\n".join(line for line in lines if line)


def _rect(kind: str, x: float, y: float, size: _Size, radius: float) -> str:
    return (
        f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{size.width:g}" '
        f'height="{size.height:g}" rx="{radius:g}"/>'
    )


def _box(node: Node, x: float, y: float, size: _Size) -> Iterator[str]:
    round_ends = node.kind in ("start", "end")
    yield _rect("box", x, y, size, 16 if round_ends else 6)
    if not round_ends:
        yield _rect("bar", x, y + 5, _Size(4, size.height - 10), 2)
    middle = x + size.width / 2
    yield _words("t", middle, y + 21, _title(node), node.notes, centred=True)
    if node.detail:
        yield _words("d", middle, y + 38, _short(node.detail), [], centred=True)


def _frame(node: Frame, x: float, y: float, size: _Size) -> Iterator[str]:
    yield _rect("frame box", x, y, size, 8)
    yield _words("t k", x + PAD, y + 20, _title(node), node.notes)
    if node.detail:
        yield _words("d", x + size.width - PAD, y + 20, _short(node.detail), [], at_end=True)
    lanes = _shown(node)
    sizes = [_lane_size(lane) for lane in lanes]
    inner = sum(lane.width for lane in sizes) + LANE_GAP * (len(lanes) - 1)
    left, top = x + (size.width - inner) / 2, y + HEADER
    for index, (lane, lane_size) in enumerate(zip(lanes, sizes, strict=True)):
        middle = left + lane_size.width / 2
        if index:
            edge, bottom = left - LANE_GAP / 2, y + size.height - PAD
            yield f'<path class="arrow" stroke-opacity=".35" d="M{edge:g} {top:g}V{bottom:g}"/>'
        if lane.label:
            yield _words("d", middle, top + 11, _short(lane.label), [], centred=True)
        yield from _stack(lane.nodes, middle, top + (LABEL if lane.label else 0))
        left += lane_size.width + LANE_GAP


def _words(
    kind: str,
    x: float,
    y: float,
    text: str,
    notes: list[str],
    *,
    centred: bool = False,
    at_end: bool = False,
) -> str:
    anchor = "middle" if centred else "end" if at_end else "start"
    more = "".join(f'<tspan class="n"> · {escape(note)}</tspan>' for note in notes)
    place = f'class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(text)}{more}</text>"
