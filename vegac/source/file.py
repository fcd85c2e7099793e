"""Source text with an index of its lines."""

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate, count, islice
from operator import add

from msgspec import Struct

from vegac.source.span import Span


class Position(Struct, frozen=True, gc=False, order=True):
    """A place in a file; line and column count from 1, columns in characters."""

    line: int
    column: int


class SourceFile:
    """The text of one file as the compiler sees it.

    `text` has no byte-order mark (`bom` remembers it) and keeps the file's own line ends.
    `path` is how messages name the file.
    """

    def __init__(self, path: str, text: str) -> None:
        self.bom = text.startswith("\ufeff")
        self.path = path
        self.text = text[1:] if self.bom else text
        self._latest = 0, ""

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line's first character. Lines end at LF, CRLF or a lone CR."""
        text = self.text
        if "\r" not in text:
            ends = map(add, accumulate(map(len, text.split("\n"))), count(1))
            return [0, *islice(ends, text.count("\n"))]
        starts = [0]
        for index, char in enumerate(text):
            if char == "\n" or (char == "\r" and text[index + 1 : index + 2] != "\n"):
                starts.append(index + 1)
        return starts

    def position(self, offset: int) -> Position:
        """The line and column of a character offset (clamped to the text)."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line_text(self, line: int) -> str:
        """The text of a line (counted from 1) without its line end."""
        # There may be very many findings on one very long line.
        if self._latest[0] == line:
            return self._latest[1]
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        self._latest = line, self.text[start:end].rstrip("\r\n")
        return self._latest[1]


class Location(Struct, frozen=True):
    """A range of characters in a file, counted from the start of its text."""

    file: SourceFile
    start: int
    end: int

    @property
    def position(self) -> Position:
        return self.file.position(self.start)

    @property
    def end_position(self) -> Position:
        return self.file.position(self.end)


class Placements:
    """Where each unit lies: the table that turns spans into locations."""

    def __init__(self) -> None:
        self._units: dict[str, tuple[SourceFile, int]] = {}

    def add(self, unit: str, file: SourceFile, base: int) -> None:
        self._units[unit] = (file, base)

    def update(self, other: "Placements", file: SourceFile | None = None) -> None:
        """Take in other places; with `file` they are places of it instead."""
        if file is None:
            self._units.update(other._units)
        else:
            self._units.update({unit: (file, base) for unit, (_, base) in other._units.items()})

    def locate(self, span: Span) -> Location:
        """The location of `span`. Raises `KeyError` for a unit that was never placed."""
        file, base = self._units[span.unit]
        return Location(file, base + span.start, base + span.end)
