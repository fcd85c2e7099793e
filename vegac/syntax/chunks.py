"""Cuts a file into pieces that can be read one by one.

A piece is a top-level key, or in the sections that hold definitions a second-level key. The cut
only looks at lines; whether it was right shows when the pieces are composed: each must be a mapping
with one key. Where that fails, the reader takes the file as a whole.
"""

import re
from functools import lru_cache

from msgspec import Struct

SECTIONS = ("agents", "workflows", "tools", "settings")

# A line at column 0 that starts an entry: no blank, comment, list item or closing bracket.
_TOP = re.compile(r"^(?![\s#\]}]|-(?:[ \t\r\n]|$))(?=.)", re.M)
_PREAMBLE = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?\r?\n)*(?:---[ \t]*(?:#[^\r\n]*)?\r?\n)?")
_BLANK = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r?\n|$))*")
_HEADER = re.compile(
    r"(agents|workflows|tools|settings)[ \t]*:[ \t]*(?:[ \t]#[^\r\n]*)?(?:\r?\n|$)"
)
_FIRST = re.compile(r"((?:[ \t]*(?:#[^\r\n]*)?\r?\n)*)( +)(?![\s#]|-(?:[ \t\r\n]|$))(?=.)")
_NAME = re.compile(
    r"""[ \t]*(?:"((?:[^"\\\r\n]|\\.)*)"|'([^'\r\n]*)'|([^\r\n]{0,200}?))"""
    r"""[ \t]{0,20}(?::(?=\s|$)|$)""",
    re.M,
)
# What the line scanner does not understand: directives, further documents, explicit keys.
_ODD = re.compile(r"^(?:%|---(?:\s|$)|\.\.\.(?:\s|$)|\?(?:\s|$))", re.M)


class Piece(Struct, frozen=True):
    """A range of a file, the unit it makes, and how many collections it stands in.

    `column` is where its key should stand.
    """

    unit: str
    start: int
    end: int
    depth: int
    column: int


class Part(Struct, frozen=True):
    """A top-level key. With `members`, `piece` is only its first line, up to the first member."""

    piece: Piece
    members: tuple[Piece, ...] = ()


def cut(path: str, text: str, lenient: bool = False) -> list[Part] | None:
    """The parts of a file in order; None where it cannot be cut with certainty."""
    preamble = _PREAMBLE.match(text)
    begin = preamble.end() if preamble else 0
    if _ODD.search(text, begin):
        return None
    starts = [match.start() for match in _TOP.finditer(text, begin)]
    if not starts or text[starts[0]] in "[{":
        return None
    blank = _BLANK.match(text, begin)
    if blank is not None and blank.end() < starts[0]:
        return None
    names = _Names()
    parts: list[Part] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        header = _HEADER.match(text, start, end)
        name = _name(text, start)
        unit = names.unit(f"{path}#{name}")
        first_of_name = unit == f"{path}#{name}"
        members = _members(path, text, header, end, names) if header and first_of_name else ()
        stop = members[0].start if members else end
        parts.append(Part(Piece(unit, start, stop, 0, 0), members))
    return parts


def _members(
    path: str, text: str, header: re.Match[str], end: int, names: "_Names"
) -> tuple[Piece, ...]:
    first = _FIRST.match(text, header.end(), end)
    if first is None:
        return ()
    column = len(first[2])
    starts = [match.start() for match in _at_column(column).finditer(text, first.end(1), end)]
    return tuple(
        Piece(names.unit(f"{path}#{header[1]}/{_name(text, start)}"), start, stop, 1, column)
        for start, stop in zip(starts, [*starts[1:], end], strict=True)
    )


class _Names:
    """Makes units unlike each other by counting repeats."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def unit(self, unit: str) -> str:
        count = self.counts[unit] = self.counts.get(unit, 0) + 1
        return unit if count == 1 else f"{unit}@{count}"


def _name(text: str, start: int) -> str:
    """How the entry whose line starts at `start` calls itself."""
    match = _NAME.match(text, start)
    if match is None:
        return ""
    return match[1] or match[2] or match[3] or ""


@lru_cache(maxsize=64)
def _at_column(column: int) -> re.Pattern[str]:
    return re.compile(rf"^ {{{column}}}(?![\s#\]}}]|-(?:[ \t\r\n]|$))(?=.)", re.M)
