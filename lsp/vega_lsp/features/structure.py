"""The shape of a file: what folds, and what a growing selection takes in."""

from collections.abc import Iterator
from itertools import pairwise

from lsprotocol import types

from vega_lsp.session import Snapshot
from vegac.source.span import Span
from vegac.syntax.expression_walk import walk
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence


def folding(snapshot: Snapshot, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    del params
    found: dict[int, types.FoldingRange] = {}
    for first, last in _blocks(snapshot.tree.root, set()):
        start, end = snapshot.program.locate(first), snapshot.program.locate(last)
        if start is None or end is None or {start.file.path, end.file.path} != {snapshot.file.path}:
            continue
        line, end_line = start.position.line - 1, end.end_position.line - 1
        known = found.get(line)
        if end_line > line and (known is None or (known.end_line or 0) < end_line):
            found[line] = types.FoldingRange(line, end_line)
    for start, end in _comments(snapshot.file.text):
        found.setdefault(start, types.FoldingRange(start, end, kind=types.FoldingRangeKind.Comment))
    return sorted(found.values(), key=lambda item: item.start_line)


def _blocks(node: Node | None, seen: set[int]) -> Iterator[tuple[Span, Span]]:
    """Each key with the last thing in its value."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, Mapping):
        for entry in node.entries:
            unit, end = _end(entry.value)
            yield entry.key.span, Span(unit, end, end)
            yield from _blocks(entry.value, seen)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _blocks(item, seen)


def _end(node: Node) -> tuple[str, int]:
    """The unit and offset at which the source of a node ends."""
    if isinstance(node, Mapping) and node.entries:
        last = node.entries[-1]
        return _end(last.value)
    return node.chunk.unit, node.end


def _comments(text: str) -> Iterator[tuple[int, int]]:
    """Runs of two and more lines of comments."""
    start = -1
    lines = [*text.split("\n"), ""]
    for number, line in enumerate(lines):
        if line.lstrip().startswith("#"):
            start = number if start < 0 else start
        else:
            if 0 <= start < number - 1:
                yield start, number - 1
            start = -1


def selections(
    snapshot: Snapshot, params: types.SelectionRangeParams
) -> list[types.SelectionRange]:
    return [_selection(snapshot, position) for position in params.positions]


def _selection(snapshot: Snapshot, position: types.Position) -> types.SelectionRange:
    offset = snapshot.offset(position)
    unit, inner = snapshot.place(offset)
    spans = {(span.start, span.end) for span in _around(snapshot, unit, inner)}
    base = offset - inner
    ranges = [(base + start, base + end) for start, end in spans]
    ranges += [(start, end) for start, end in _sections(snapshot, offset)]
    ranges.append((0, len(snapshot.file.text)))
    found: types.SelectionRange | None = None
    last: tuple[int, int] | None = None
    for start, end in sorted(set(ranges), key=lambda item: item[0] - item[1]):
        # Each range must lie in the one before it.
        if last is None or (last[0] <= start and end <= last[1]):
            found = types.SelectionRange(snapshot.range(start, end), found)
            last = start, end
    assert found is not None
    return found


def _around(snapshot: Snapshot, unit: str, offset: int) -> Iterator[Span]:
    for span in _nodes(snapshot.tree.root, unit, set()):
        if span.start <= offset <= span.end:
            yield span
    expression = snapshot.program.index.expression_at(unit, offset)
    if expression is not None:
        for part in walk(expression.parsed.expr):
            span = expression.span(part.start, part.end)
            if span.start <= offset <= span.end:
                yield span


def _nodes(node: Node | None, unit: str, seen: set[int]) -> Iterator[Span]:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if node.chunk.unit == unit:
        yield node.span
    if isinstance(node, Scalar):
        if node.chunk.unit == unit and node.value:
            yield node.value_span(0, len(node.value))
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _nodes(item, unit, seen)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            end = _end(entry.value)
            if entry.key.chunk.unit == unit:
                yield entry.key.span
                if end[0] == unit:
                    yield Span(unit, entry.key.start, end[1])
            yield from _nodes(entry.value, unit, seen)


def _sections(snapshot: Snapshot, offset: int) -> Iterator[tuple[int, int]]:
    """The top-level sections around an offset, told by the keys that follow."""
    root = snapshot.tree.root
    starts: list[int] = []
    for entry in root.entries if root else []:
        place = snapshot.program.locate(entry.key.span)
        if place is not None and place.file.path == snapshot.file.path:
            starts.append(place.start)
    for start, end in pairwise([*starts, len(snapshot.file.text)]):
        if start <= offset < end:
            yield start, start + len(snapshot.file.text[start:end].rstrip())
