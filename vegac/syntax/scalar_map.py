"""From places in a scalar's value to places in its source.

Escapes, folded lines, indentation and line ends make a value differ from the text it was written
as. A map is a list of segments; in each, every character of the value comes from a fixed number of
source characters that stand side by side.
"""

import re
from bisect import bisect_right
from typing import Literal

ScalarStyle = Literal["plain", "single", "double", "literal", "folded", "hole"]

# What YAML 1.1 counts as line ends. LS and PS stay as they are in values; the others become LF.
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_FLOW_TOKEN = {
    "plain": _BREAK,
    "single": re.compile("(?P<escape>'')|\r\n|[\r\n\x85\u2028\u2029]"),
    "double": re.compile(
        "\\\\(?P<joined>\r\n|[\r\n\x85\u2028\u2029])"
        "|\\\\(?P<escape>x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)"
        "|\r\n|[\r\n\x85\u2028\u2029]"
    ),
}
_OTHER_BREAK = re.compile("[\r\x85\u2028\u2029]")
_BLANKS = re.compile("[ \t]*")
_SPACES = re.compile(" *")
_LINE = re.compile("( *)[^\r\n\x85\u2028\u2029]*(\r\n|[\r\n\x85\u2028\u2029]|\\Z)")


class ScalarMap:
    """The map of one scalar. Indices count characters of the value, offsets those of the chunk."""

    __slots__ = ("_end", "_sources", "_starts", "_widths", "length")

    def __init__(
        self, length: int, end: int, starts: list[int], sources: list[int], widths: list[int]
    ) -> None:
        self.length = length
        self._end = end
        self._starts = starts
        self._sources = sources
        self._widths = widths

    def offset(self, index: int) -> int:
        """Where the source of `value[index]` starts; just after the last one's for the length."""
        if index >= self.length:
            return self._end
        segment = bisect_right(self._starts, max(index, 0)) - 1
        steps = max(index, 0) - self._starts[segment]
        return self._sources[segment] + steps * self._widths[segment]

    def shift(self, start: int, end: int) -> int | None:
        """What to add to indices in `value[start:end]` for their offsets, where its characters
        stand in the source as they are; else None."""
        at = bisect_right(self._starts, start) - 1
        until = self._starts[at + 1] if at + 1 < len(self._starts) else self.length
        if self._widths[at] == 1 and 0 <= start < end <= until:
            return self._sources[at] - self._starts[at]
        return None

    def part(self, start: int, end: int) -> tuple[int, int] | None:
        """The part of the value that source from `start` to `end` made, where it stands there as it
        is, away from what is written otherwise; else None."""
        at = bisect_right(self._sources, start) - 1
        if at < 0 or self._widths[at] != 1 or (at and start == self._sources[at]):
            return None
        shift = self._starts[at] - self._sources[at]
        until = self._starts[at + 1] if at + 1 < len(self._starts) else self.length
        return (start + shift, end + shift) if start < end < until - shift else None

    def range(self, start: int, end: int) -> tuple[int, int]:
        """The source of `value[start:end]`, without what is skipped before or after it."""
        starts, sources, widths = self._starts, self._sources, self._widths
        if 0 <= start < end <= self.length:  # nearly always, and called for every expression
            at = bisect_right(starts, end - 1) - 1
            stop = sources[at] + (end - starts[at]) * widths[at]
            if start < starts[at]:
                at = bisect_right(starts, start) - 1
            first = sources[at] + (start - starts[at]) * widths[at]
            return first, max(first, stop)
        first = self.offset(start)
        last = min(end, self.length) - 1
        if end <= start or last < 0:
            return first, first
        at = bisect_right(starts, last) - 1
        return first, max(first, self.offset(last) + widths[at])


def scalar_map(chunk_text: str, start: int, end: int, style: ScalarStyle, value: str) -> ScalarMap:
    """The map of the scalar that stands at `chunk_text[start:end]` and has this value.

    Never raises: where source and value do not fit (text that was mended to be readable), places
    are clamped to the scalar.
    """
    length = len(value)
    quotes = 1 if style in ("single", "double") else 0
    # Nothing that happens to a flow scalar adds characters, so equal lengths mean equal places.
    if style in ("plain", "hole") or quotes:
        if length >= end - start - 2 * quotes:
            first = start + quotes
            length = min(length, max(end - first, 0))
            return ScalarMap(length, first + length, [0], [first], [1])
        builder = _flow(
            chunk_text, start + quotes, end, "plain" if style == "hole" else style, length
        )
    else:
        simple = _even_block(chunk_text, start, end, value)
        if simple is not None:
            return simple
        builder = _block(chunk_text, start, style == "folded", value)
    return builder.build(length, start + quotes)


class _Builder:
    """Collects segments in the order of the value."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.index = 0
        self.end = -1
        self.starts: list[int] = []
        self.sources: list[int] = []
        self.widths: list[int] = []

    def run(self, source: int, count: int, width: int = 1) -> None:
        """`count` characters, each made by `width` characters."""
        count = min(count, self.room - self.index)
        if count <= 0:
            return
        if source != self.end or width != 1 or self.widths[-1] != 1:
            self.starts.append(self.index)
            self.sources.append(source)
            self.widths.append(width)
        self.index += count
        self.end = source + count * width

    def one(self, place: tuple[int, int]) -> None:
        """One character made by all that stands in a place."""
        self.run(place[0], 1, place[1] - place[0])

    def build(self, length: int, start: int) -> ScalarMap:
        if not self.starts:
            return ScalarMap(0, start, [0], [start], [1])
        return ScalarMap(min(length, self.index), self.end, self.starts, self.sources, self.widths)


def _flow(text: str, position: int, end: int, style: str, length: int) -> _Builder:
    """A plain or quoted scalar over several lines or with escapes."""
    builder = _Builder(length)
    token = _FLOW_TOKEN[style]
    while builder.index < length:
        match = token.search(text, position, end)
        if match is None:
            builder.run(position, end - position)
            break
        kind = match.lastgroup
        if kind is not None:
            builder.run(position, match.start() - position)
        else:
            # Blanks before a line end are no part of the value.
            builder.run(position, len(text[position : match.start()].rstrip(" \t")))
        if kind == "escape":
            builder.one(match.span())
            position = match.end()
        else:
            position = _fold(builder, text, match, kind == "joined")
    return builder


def _fold(builder: _Builder, text: str, match: re.Match[str], escaped: bool) -> int:
    """A line end (with the blank lines after it); returns where the next content starts."""
    breaks: list[tuple[int, int]] = []
    position = match.end()
    while True:
        blanks = _BLANKS.match(text, position)
        content = blanks.end() if blanks else position
        further = _BREAK.match(text, content)
        if further is None:
            break
        breaks.append(further.span())
        position = further.end()
    if not escaped and (not breaks or match[0] in "\u2028\u2029"):
        builder.one(match.span())
    for place in breaks:
        builder.one(place)
    return content


def _even_block(text: str, start: int, end: int, value: str) -> ScalarMap | None:
    """The map of a block scalar whose lines all have content, which most have; else None."""
    header = text.find("\n", start, end) + 1
    if not header or not value or _OTHER_BREAK.search(text, start, end) is not None:
        return None
    indent = _block_indent(text, header, value)
    starts: list[int] = []
    sources: list[int] = []
    index, source = 0, header + indent
    for line in text[header:end].split("\n"):
        room = len(line) - indent
        if room <= 0:
            return None
        starts.append(index)
        sources.append(source)
        index += room + 1
        source += room + indent + 1
    length = len(value)
    if not starts[-1] < length <= index:
        return None
    return ScalarMap(length, sources[-1] + length - starts[-1], starts, sources, [1] * len(starts))


def _block(text: str, start: int, folded: bool, value: str) -> _Builder:
    """A literal or folded scalar whose header (`|` or `>`) is at `start`."""
    builder = _Builder(len(value))
    header = _BREAK.search(text, start)
    if header is None or not value:
        return builder
    position = header.end()
    indent = _block_indent(text, position, value)
    # The pending first line end of a gap, and the further ones (of blank lines) after it.
    leading: tuple[int, int] | None = None
    trailing: list[tuple[int, int]] = []
    after_blank = False
    while builder.index < builder.room and (line := _LINE.match(text, position)) is not None:
        line_end, next_line = line.span(2)
        content = min(line.end(1), position + indent)
        if content == line_end < next_line:
            trailing.append((line_end, next_line))
            position = next_line
            continue
        if content == line_end or content - position < indent:
            break
        blank = text[content] in " \t"
        if leading is not None:
            is_lf = text[leading[0]] not in "\u2028\u2029"
            if not folded or not is_lf or after_blank or blank or not trailing:
                builder.one(leading)
        for place in trailing:
            builder.one(place)
        trailing.clear()
        builder.run(content, line_end - content)
        leading = (line_end, next_line) if line_end < next_line else None
        after_blank = blank
        position = next_line
    for place in trailing if leading is None else (leading, *trailing):
        builder.one(place)
    return builder


def _block_indent(text: str, position: int, value: str) -> int:
    """The indentation of a block scalar's content, told by the first line that has any."""
    index = 0
    while index < len(value) and value[index] in "\n\u2028\u2029":
        match = _BREAK.search(text, position)
        if match is None:
            return 0
        position = match.end()
        index += 1
    in_source = _SPACES.match(text, position)
    in_value = _SPACES.match(value, index)
    if in_source is None or in_value is None or index == len(value):
        # Nothing but line ends: every line of it is blank, so any indentation will do.
        return len(text)
    return len(in_source[0]) - len(in_value[0])
