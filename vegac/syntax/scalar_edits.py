"""Changes of a scalar's value, written as edits of the source that fit the scalar's style."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct

from vegac.source.diagnostic import Edit
from vegac.source.span import Span
from vegac.syntax.compose import Composed, compose
from vegac.syntax.core_schema import resolve_plain
from vegac.syntax.nodes import Chunk, Mapping, Node, Scalar
from vegac.syntax.nodes import Sequence as List
from vegac.syntax.yaml_findings import quoted


class Place(Struct, frozen=True):
    """A scalar and where it stands: inside of `{}` or `[]`, as the key of a mapping."""

    scalar: Scalar
    flow: bool = False
    key: bool = False


class ValueChange(Struct, frozen=True):
    """Replace `value[start:end]` by `text`."""

    start: int
    end: int
    text: str


def places(root: Node) -> Iterator[Place]:
    """Every scalar of a tree once, in source order of its parts."""
    seen: set[int] = set()
    stack: list[tuple[Node, bool, bool]] = [(root, False, False)]
    while stack:
        node, flow, key = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scalar):
            yield Place(node, flow, key)
        elif isinstance(node, Mapping):
            for entry in reversed(node.entries):
                stack.append((entry.value, flow or node.flow, False))
                stack.append((entry.key, flow or node.flow, True))
        elif isinstance(node, List):
            stack.extend((item, flow or node.flow, False) for item in reversed(node.items))


class PlaceIndex:
    """Finds the scalar that stands at a place of a tree."""

    def __init__(self, root: Node | None) -> None:
        self._units: dict[str, list[Place]] = {}
        for place in places(root) if root is not None else ():
            self._units.setdefault(place.scalar.chunk.unit, []).append(place)
        for found in self._units.values():
            found.sort(key=_start)

    def at(self, span: Span) -> Place | None:
        """The scalar whose source holds all of `span`, if any."""
        found = self._units.get(span.unit, [])
        index = bisect_right(found, span.start, key=_start) - 1
        # A scalar without text may stand where another one starts.
        for place in reversed(found[max(index - 1, 0) : index + 1]):
            if place.scalar.start <= span.start and span.end <= place.scalar.end:
                return place
        return None


def _start(place: Place) -> int:
    return place.scalar.start


def value_range(scalar: Scalar, span: Span) -> tuple[int, int] | None:
    """The part of a scalar's value that a span of its source made; None where it cuts through an
    escape. The whole source, quotes included, made the whole value."""
    length = len(scalar.value)
    if (span.start, span.end) == (scalar.start, scalar.end):
        return 0, length
    places = scalar.map
    found = places.part(span.start, span.end)
    if found is not None:
        return found
    first = bisect_left(range(length), span.start, key=places.offset)
    if places.offset(first) != span.start:
        return None
    if span.start == span.end:
        return first, first
    last = bisect_left(
        range(length), span.end, lo=first, key=lambda at: places.range(first, at + 1)[1]
    )
    end = last + 1
    return (first, end) if end <= length and places.range(first, end)[1] == span.end else None


def edits_of(
    place: Place, changes: Sequence[ValueChange], *, quote: bool = False
) -> tuple[Edit, ...] | None:
    """The edits that make these changes (which do not overlap) to a scalar's value.

    A plain scalar that cannot hold its new value gets quotes, with `quote` any plain one. None
    where the style has no way to write the new value.
    """
    scalar = place.scalar
    edits = [_edit(scalar, change) for change in changes]
    if any("\n" in change.text or "\r" in change.text for change in changes):
        return None
    if scalar.style not in ("plain", "hole"):
        return tuple(edits)
    value = _changed(scalar.value, [(c.start, c.end, c.text) for c in changes])
    source = _changed(
        scalar.chunk.text[scalar.start : scalar.end],
        [(e.span.start - scalar.start, e.span.end - scalar.start, e.text) for e in edits],
    )
    words = not scalar.tag and isinstance(resolve_plain(scalar.value), str)
    plain = not quote and (not words or isinstance(resolve_plain(value), str))
    if plain and _reads_as(place, source, value):
        return tuple(edits)
    quotes = quoted(source)
    if not _reads_as(place, quotes, value):
        return None
    return (Edit(Span(scalar.chunk.unit, scalar.start, scalar.end), quotes),)


def _edit(scalar: Scalar, change: ValueChange) -> Edit:
    start, end = scalar.map.range(change.start, change.end)
    return Edit(Span(scalar.chunk.unit, start, end), _written(change.text, scalar.style))


def _written(text: str, style: str) -> str:
    if style == "single":
        return text.replace("'", "''")
    if style == "double":
        return "".join(_escape(char) for char in text)
    return text


def _escape(char: str) -> str:
    if char in '\\"':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def _changed(text: str, changes: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _reads_as(place: Place, source: str, value: str) -> bool:
    """Whether `source` in that place is a scalar of this value."""
    opening, close = ("{k: [", "]}") if place.flow else ("k: ", "")
    if place.key:
        opening, close = ("{", ": v}") if place.flow else ("", ": v")
    composed = compose(Chunk("", f"{opening}{source}{close}\n"))
    if not isinstance(composed, Composed) or composed.diagnostics:
        return False
    node = composed.root
    if not isinstance(node, Mapping) or len(node.entries) != 1:
        return False
    entry = node.entries[0]
    found: Node = entry.key if place.key else entry.value
    if place.flow and not place.key:
        if not isinstance(found, List) or len(found.items) != 1:
            return False
        found = found.items[0]
    same = isinstance(found, Scalar) and found.value == value
    return same and found.end - found.start == len(source)
