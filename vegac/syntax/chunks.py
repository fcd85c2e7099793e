"""Cuts a file into pieces that can be read one by one.

A piece is a top-level key, or in the sections that hold definitions a second-level key. The cut
only looks at lines; whether it was right shows when the pieces are composed: each must be a mapping
with one key. Where that fails, the reader takes the file as a whole.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

SECTIONS = ("agents", "workflows", "tools", "settings")

# What starts an entry: no blank, comment, list item or closing bracket.
_ENTRY = r"(?=[^\s#\]}-]|-[^ \t\r\n])"
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
_ODD = r"(?=%|---(?:\s|$)|\.\.\.(?:\s|$)|\?(?:\s|$))"
# A section's key after other text, or indented.
_STRAY = re.compile(r"(?:(?<=[\w)}\].>])|^[ \t]+)(agents|workflows):[ \t]*(?:[ \t]#.*)?$", re.M)
_CONTENT = re.compile(r"^([ \t]*)(?:[\[{:\"']([ \t]+))?+((?![\s#\]}]|-(?:[ \t\r\n]|$)).+)", re.M)
_BLOCK = re.compile(
    r"^([ \t]*(?:-[ \t]+)*)([^\s#-][^\r\n]*?:[ \t]+)?(?<=[ \t])"
    r"[|>]([-+\d]{0,2})[ \t]*(?:[ \t]#.*)?\r?\n",
    re.M,
)
_LINE = re.compile(r"([ \t]*)([^\s]?)[^\n]*(?:\n|\Z)")
# A character that slipped in before the blanks of a deeper line.
_SLIP = re.compile(r"[\[{:\"'][ \t]")
# A line that is no key, before one that is indented.
_INTRUDER = re.compile(
    r"((?!.*:(?:[ \t]|\r?$))[^\r\n]+|:[ \t]*)\r?\n(?:[ \t]*(?:#.*)?\r?\n)*+[ \t]+[^\s#]", re.M
)
_SIGN = re.compile(r"[^\w:]++(?:\w++[^\w:]*+)?$")
_KEYS = ("vega", "name", "description", *SECTIONS, "include", "tests", "channels", "company")
_OPENS = re.compile(r"^[ \t]*[\w\"'.-][^:#]*:[ \t]*(?:[{#].*)?\r?$")


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
    """A top-level key. With `members`, `piece` is only its first line, up to the first member.

    `stray` marks a key that does not stand at the start of its line.
    """

    piece: Piece
    members: tuple[Piece, ...] = ()
    stray: bool = False


def cut(path: str, text: str, lenient: bool = False) -> list[Part] | None:
    """The parts of a file in order; None where it cannot be cut with certainty.

    `lenient` is for files that are known to be broken: it also cuts at lines that look like
    definitions and stand a little off, so that a mistake stays in the definition that holds it.
    """
    preamble = _PREAMBLE.match(text)
    begin = preamble.end() if preamble else 0
    if not lenient and next(_lines(_ODD, text, begin, len(text)), None) is not None:
        return None
    starts = list(_lines(_ENTRY, text, begin, len(text)))
    strays: set[int] = set()
    intruders: set[int] = set()
    if lenient:
        strays = set(_stray_sections(text, begin))
        starts = sorted({*(place for place in starts if not _SLIP.match(text, place)), *strays})
        intruders = _intruders(text, starts)
        starts = [place for place in starts if place not in intruders]
    if not starts or text[starts[0]] in "[{":
        return None
    blank = _BLANK.match(text, begin)
    if not lenient and blank is not None and blank.end() < starts[0]:
        return None
    if lenient and text[begin : starts[0]].strip():
        starts.insert(0, begin)
    names = _Names()
    parts: list[Part] = []
    for start, end in pairwise([*starts, len(text)]):
        if end in strays:
            # Blanks before it would be taken for a line of their own.
            end = len(text[:end].rstrip(" \t"))
        header = _HEADER.match(text, start, end)
        unit = names.unit(f"{path}#{_name(text, start)}")
        members: tuple[Piece, ...] = ()
        if header and unit == f"{path}#{header[1]}":
            column, places = (
                _stray_members(text, header.end(), end, intruders)
                if lenient
                else _members(text, header.end(), end)
            )
            members = tuple(
                Piece(names.unit(f"{unit}/{_name(text, place)}"), place, stop, 1, column)
                for place, stop in pairwise([*places, end])
            )
        stop = members[0].start if members else end
        parts.append(Part(Piece(unit, start, stop, 0, 0), members, start in strays))
    return parts


def _members(text: str, start: int, end: int) -> tuple[int, list[int]]:
    """The column of a section's entries and where their lines start."""
    first = _FIRST.match(text, start, end)
    if first is None:
        return 0, []
    column = len(first[2])
    return column, list(_lines(" " * column + _ENTRY, text, first.end(1), end))


def _stray_sections(text: str, begin: int) -> list[int]:
    """Where `agents:` or `workflows:` stands, though not at the start of a line."""
    found = [
        match.start(1) for match in _STRAY.finditer(text, begin) if not _has_key(text, match[1])
    ]
    ranges = list(_block_texts(text)) if found else []
    return [
        place
        for place in found
        if not (at := bisect_left(ranges, (place,))) or ranges[at - 1][1] <= place
    ]


def _block_texts(text: str) -> Iterator[tuple[int, int]]:
    """Where the lines below `|` and `>` begin and end, as far as they are indented: there is text,
    such as the program of a test."""
    end = 0
    for match in _BLOCK.finditer(text):
        if match.start() < end:
            continue
        least = 1 + (len(match[1]) if match[2] else len(match[1].rstrip()) - 1)
        told = not re.search(r"\d", match[3])
        start = end = match.end()
        while end < len(text):
            line = _LINE.match(text, end)
            if line is None or (line[2] and len(line[1]) < least):
                break
            if line[2] and told:  # the first line tells how far the text is indented
                least, told = len(line[1]), False
            end = line.end()
        if end > start:
            yield start, end


def _intruders(text: str, starts: list[int]) -> set[int]:
    """Lines that somebody has begun to write at the wrong column, among members of a section."""
    found: set[int] = set()
    in_section = False
    for start in starts:
        match = _INTRUDER.match(text, start) if in_section else None
        if match is not None and match[1].rstrip() not in _KEYS:
            found.add(start)
        else:
            in_section = _HEADER.match(text, start) is not None
    return found


def _has_key(text: str, name: str) -> bool:
    return text.startswith(f"{name}:") or f"\n{name}:" in text


def _stray_members(text: str, start: int, end: int, intruders: set[int]) -> tuple[int, list[int]]:
    """Like `_members`, but taking in lines that are indented by less or with tabs."""
    lines = [
        (match.start(), len(match[1]) - match[1].count("\t") + len(match[2] or ""), match[3])
        for match in _CONTENT.finditer(text, start, end)
        if match.start() not in intruders
    ]
    if not lines or not lines[0][1]:
        return 0, []
    opening = [indent for _, indent, line in lines if indent and _OPENS.search(line)]
    opening = opening or [lines[0][1]]
    if not _OPENS.search(lines[0][2]):
        opening.append(lines[0][1])
    column = min(opening)
    if _lacks_a_space(lines, column):
        column += 1
    below = [indent for _, indent, _ in lines[1:]] + [0]
    places = [
        place
        for (place, indent, line), next_indent in zip(lines, below, strict=True)
        if (indent == column and not (next_indent > column and _SIGN.match(line)))
        or (0 < indent < column and _OPENS.search(line))
    ]
    if places and any(place < places[0] for place, _, _ in lines):
        places.insert(0, lines[0][0])
    # One before a deeper line stands in the middle of a member.
    own: set[int] = set()
    for place in intruders:
        index = bisect_left(lines, (place,))
        if places and start <= place < end and index < len(lines) and lines[index][1] <= column:
            own.add(place)
    return column, sorted({*places, *own})


def _lacks_a_space(lines: list[tuple[int, int, str]], column: int) -> bool:
    """Whether the one line at a column belongs to those one further to the right.

    Most files indent by equal steps, so the lines below it tell where it should stand.
    """
    at = [index for index, (_, indent, _) in enumerate(lines) if indent == column]
    if len(at) != 1 or not any(indent == column + 1 for _, indent, _ in lines):
        return False
    index = at[0]
    if index and any(indent == column + 1 for _, indent, _ in lines[:index]):
        return True
    if index + 1 == len(lines):
        return False
    below = lines[index + 1][1]
    opens = lines[index][2].rstrip().endswith(":")
    return below == 2 * column + 2 if opens else below == column + 1


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
    name = (match[1] or match[2] or match[3]) if match else ""
    return name or "?"


def _lines(pattern: str, text: str, begin: int, end: int) -> Iterator[int]:
    """Where the lines start that begin with a pattern, within a range."""
    if begin == 0 and _compiled(pattern).match(text, 0, end):
        yield 0
    # Going from one line end to the next is far faster than looking for `^` everywhere.
    for match in _compiled("\n" + pattern).finditer(text, max(begin - 1, 0), end):
        yield match.start() + 1


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.M)
