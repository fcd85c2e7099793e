"""Places in source text that survive edits elsewhere in the file."""

from msgspec import Struct


class Span(Struct, frozen=True, gc=False):
    """A half-open range of characters inside one *unit*.

    A unit is a separately read piece of a file (usually one agent, workflow or tool). Offsets count
    characters (code points) from the unit's start, so an edit above the unit changes no span in it.
    `Placements` turns a span into a place in a file.
    """

    unit: str
    start: int
    end: int
