"""What stands around a place: the entries and items that hold it."""

from bisect import bisect_right

from msgspec import Struct

from vegac.source.span import Span
from vegac.syntax.nodes import Mapping, Node
from vegac.syntax.nodes import Sequence as ListNode


class Part(Struct, eq=False):
    """An entry of a map or an item of a list; offsets count in its unit."""

    start: int
    end: int
    node: Node
    key: str = ""


_Parts = dict[str, list[Part]]
"""By unit, in order."""


class Finder:
    """Finds what stands around a place, in one tree."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self._parts: dict[int, _Parts] = {}

    def around(self, span: Span) -> Part | None:
        """The innermost entry or item that holds a span."""
        return self._descend(span)[0]

    def chain(self, span: Span) -> tuple[Node | None, Node]:
        """The value of the innermost entry or item that holds a span, and what that is part of."""
        part, parent = self._descend(span)
        return (part.node if part is not None else None), parent

    def _descend(self, span: Span) -> tuple[Part | None, Node]:
        found: Part | None = None
        parent = self.root
        node: Node | None = self.root
        while node is not None:
            parts = self._parts.get(id(node))
            if parts is None:
                parts = self._parts[id(node)] = _parts(node)
            part, inside = _part_at(parts, span)
            if inside:
                found, parent = part, node
            node = part.node if part is not None else None
        return found, parent


def _part_at(parts: _Parts, span: Span) -> tuple[Part | None, bool]:
    """The part where a span lies or, of those whose own units lie elsewhere, the one above its
    unit; and whether it holds the span itself."""
    own = parts.get(span.unit)
    if own is not None:
        index = bisect_right(own, span.start, key=lambda part: part.start) - 1
        inside = index >= 0 and span.end <= own[index].end
        return (own[index], True) if inside else (None, False)
    unit = span.unit
    while unit and unit not in parts:
        unit = unit.rpartition("/")[0]
    return (parts[unit][0], False) if unit else (None, False)


def _parts(node: Node) -> _Parts:
    found: _Parts = {}
    if isinstance(node, Mapping):
        for entry in node.entries:
            key, value = entry.key, entry.value
            if key.chunk is value.chunk and not entry.merged:
                part = Part(key.start, max(key.end, value.end), value, key.value)
            else:
                part = Part(value.start, value.end, value, key.value)
            found.setdefault(value.chunk.unit, []).append(part)
    elif isinstance(node, ListNode):
        for item in node.items:
            found.setdefault(item.chunk.unit, []).append(Part(item.start, item.end, item))
    for parts in found.values():
        parts.sort(key=lambda part: part.start)
    return found
