"""The YAML tree: what a file says, with the exact place of every character of it.

Offsets of a node count from the start of its chunk's text. Nodes are immutable once read.
"""

from msgspec import Struct

from vegac.source.span import Span
from vegac.syntax.scalar_map import ScalarMap, ScalarStyle, scalar_map


class Chunk(Struct, frozen=True, eq=False):
    """A separately read piece of a file; `unit` names it in spans."""

    unit: str
    text: str


class Node(Struct, eq=False):
    """A node of the YAML tree: `chunk.text[start:end]` is its source, without tag and anchor.

    The source of a block collection ends with its last item; that of a block scalar reaches from
    its `|` or `>` to the end of its last line with text.
    """

    chunk: Chunk
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.chunk.unit, self.start, self.end)


class Scalar(Node, eq=False):
    """A scalar. `value` is its text; `tag` is an explicit tag (`!raw`) or empty.

    Style `hole` is a value written as `{{...}}` without quotes, which YAML would read as two
    nested mappings; its value is the source text, braces included.
    """

    value: str
    style: ScalarStyle
    tag: str = ""
    _map: ScalarMap | None = None

    @property
    def map(self) -> ScalarMap:
        """The map from offsets in `value` to offsets in the chunk's text."""
        if self._map is None:
            self._map = scalar_map(self.chunk.text, self.start, self.end, self.style, self.value)
        return self._map

    def value_span(self, start: int, end: int) -> Span:
        """The span of the source characters that made `value[start:end]`."""
        first, last = self.map.range(start, end)
        return Span(self.chunk.unit, first, last)


class Sequence(Node, eq=False):
    """A list."""

    items: list[Node]
    flow: bool = False


class Entry(Struct, eq=False):
    """One `key: value` of a mapping. `merged` entries came in through `<<: *anchor`."""

    key: Scalar
    value: Node
    merged: bool = False


class Mapping(Node, eq=False):
    """A mapping in source order; of duplicate keys the first is kept (the rest is reported)."""

    entries: list[Entry]
    flow: bool = False

    def get(self, key: str) -> Node | None:
        """The value of `key`, or None."""
        for entry in self.entries:
            if entry.key.value == key:
                return entry.value
        return None

    def entry(self, key: str) -> Entry | None:
        """The entry of `key`, or None."""
        for entry in self.entries:
            if entry.key.value == key:
                return entry
        return None


class ErrorNode(Node, eq=False):
    """A place whose text could not be read; stands for a value of type `any`."""


def is_null(node: Node) -> bool:
    """Whether `node` is YAML's null (`null`, `~` or nothing at all)."""
    return (
        isinstance(node, Scalar)
        and node.style == "plain"
        and node.value in ("", "null", "Null", "NULL", "~")
    )
