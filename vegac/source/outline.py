"""Lines of a file in blocks: what stands below a line by its indentation, and which lines some
blocks cover. Nothing here looks at every line again for every question."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property

from msgspec import Struct

from vegac.source.file import Location, SourceFile

_WORD = re.compile(r"[\w-]+")


class Block(Struct, frozen=True):
    """Some lines of a file, the first and the last, counted from 0."""

    path: str
    first: int
    last: int


class Outline:
    """The lines of a file."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        ends = [*file.line_starts[1:], len(file.text)]
        self.lines = [
            file.text[start:end].rstrip("\r\n")
            for start, end in zip(file.line_starts, ends, strict=True)
        ]
        self._indents = [len(line) - len(line.lstrip(" \t")) for line in self.lines]
        self._tops: dict[tuple[int, int], int] = {}

    def line(self, offset: int) -> int:
        """The number of the line at an offset of the text, counted from 0."""
        return bisect_right(self._file.line_starts, offset) - 1

    def below(self, place: Location) -> Block:
        """The line of a place, and those that are indented more below it."""
        here = self.line(place.start)
        return Block(self._file.path, here, self._last(here, here))

    def around(self, place: Location) -> Block:
        """The lines that stand with that of a place below one line, and that line."""
        here = self.line(place.start)
        indent = self._indents[here]
        first = self._top(here, indent) if indent else here
        return Block(self._file.path, first, self._last(first, here))

    def _top(self, here: int, indent: int) -> int:
        """The next line above that is indented less and under which lines may stand."""
        passed: list[tuple[int, int]] = []
        at = here
        while at > 0 and (
            not self.lines[at].strip()
            or self._indents[at] >= indent
            or not self.lines[at].rstrip().endswith((":", "|", ">", "-", "+", "[", "{"))
        ):
            known = self._tops.get((at, indent))
            if known is not None:
                at = known
                break
            passed.append((at, indent))
            at -= 1
        self._tops.update(dict.fromkeys(passed, at))
        return at

    def _last(self, first: int, here: int) -> int:
        """The last line from `here` on before one that is not indented more than `first`."""
        column, end = self._indents[first], len(self.lines)
        if column > self._indents[here]:
            return here
        stop = self._next[here]
        while stop < end and self._indents[stop] > column:
            stop = self._next[stop]
        return max(here, self._filled[stop])

    @cached_property
    def _next(self) -> list[int]:
        """For each line the next one that is not empty and not indented more."""
        found = [len(self.lines)] * len(self.lines)
        waiting: list[int] = []
        for at in reversed(range(len(self.lines))):
            indent = self._indents[at]
            if self.lines[at].strip():
                while waiting and self._indents[waiting[-1]] > indent:
                    waiting.pop()
                found[at] = waiting[-1] if waiting else len(self.lines)
                waiting.append(at)
            else:
                fit = (other for other in reversed(waiting) if self._indents[other] <= indent)
                found[at] = next(fit, len(self.lines))
        return found

    @cached_property
    def _filled(self) -> list[int]:
        """For each line, and for the end, the last line before it that is not empty."""
        found = [-1]
        for at, line in enumerate(self.lines):
            found.append(at if line.strip() else found[-1])
        return found

    @cached_property
    def _words(self) -> dict[str, list[int]]:
        words: dict[str, list[int]] = {}
        for match in _WORD.finditer(self._file.text):
            words.setdefault(match[0], []).append(match.start())
        return words

    def places(self, name: str) -> list[int]:
        """Where a name stands in the text, apart from longer words."""
        if _WORD.fullmatch(name):
            return self._words.get(name, [])
        pattern = rf"{re.escape(name)}(?![\w-])"
        return [match.start() for match in re.finditer(pattern, self._file.text)]

    def before(self, offset: int, length: int = 100) -> str:
        """What stands before an offset on its line; of much, the end, after a space."""
        start = self._file.line_starts[self.line(offset)]
        near = max(start, offset - length)
        return ("" if near == start else "\0") + self._file.text[near:offset]


class Outlines:
    """The outlines of files that places lie in."""

    def __init__(self) -> None:
        self.by_path: dict[str, Outline] = {}

    def of(self, place: Location) -> Outline:
        known = self.by_path.get(place.file.path)
        if known is None:
            known = self.by_path[place.file.path] = Outline(place.file)
        return known


class Cover:
    """The lines that blocks cover."""

    def __init__(self, blocks: Iterable[Block], outlines: Outlines) -> None:
        self._outlines = outlines
        self._covered: dict[str, bytearray] = {}
        until: dict[str, int] = {}
        for block in sorted(set(blocks), key=lambda one: (one.path, one.first)):
            covered = self._covered.get(block.path)
            if covered is None:
                count = len(outlines.by_path[block.path].lines)
                covered = self._covered[block.path] = bytearray(count)
            start = max(block.first, until.get(block.path, 0))
            if start <= block.last:
                covered[start : block.last + 1] = b"\1" * (block.last + 1 - start)
                until[block.path] = block.last + 1

    def holds(self, path: str, line: int) -> bool:
        covered = self._covered.get(path)
        return covered is not None and 0 <= line < len(covered) and bool(covered[line])

    def matches(self, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern is found in one of the lines."""
        return any(
            covered[number] and pattern.search(line)
            for path, covered in self._covered.items()
            for number, line in enumerate(self._outlines.by_path[path].lines)
        )

    def lines(self, name: str, before: re.Pattern[str]) -> set[tuple[str, int]]:
        """The lines that hold a name after something that matches to its end."""
        found: set[tuple[str, int]] = set()
        for path in self._covered:
            outline = self._outlines.by_path[path]
            for at in outline.places(name):
                line = outline.line(at)
                if self.holds(path, line) and before.search(outline.before(at)):
                    found.add((path, line))
        return found
