"""Excerpts of source with underlines and remarks below them."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

from vegac.source.file import Location, SourceFile
from vegac.source.render.canvas import Role, Row, Style
from vegac.source.render.cells import cells, folded, visible, width

_LONGEST_LINE = 140
"""Columns of source shown where the width is not limited."""
_NARROWEST = 24
"""A remark is not squeezed into fewer columns than this."""
_LEAST = 8
"""Source and remarks always get so many columns, however narrow the terminal."""
_CUT = "..."


class Mark(Struct, frozen=True):
    """A place to underline, with a remark. Primary places have a severity as their role."""

    location: Location
    text: str
    role: Role

    @property
    def primary(self) -> bool:
        return self.role != "label"


class _Part(Struct, frozen=True):
    """A mark on one line: columns `start` to `end`, counted in characters from 0."""

    start: int
    end: int
    text: str
    role: Role
    primary: bool


class _Long(Struct, frozen=True):
    """A mark over several lines."""

    first: int
    start: int
    last: int
    end: int
    text: str
    role: Role


class _Columns(Struct, frozen=True):
    """Where the characters of a line stand when it is moved to the left by `shift` columns and cut
    off at `stop`; the last is where the line ends."""

    whole: tuple[int, ...]
    shift: int
    stop: int

    def __len__(self) -> int:
        return len(self.whole)

    def __getitem__(self, index: int) -> int:
        # A place may lie inside the line end.
        whole = self.whole[min(index, len(self.whole) - 1)]
        return min(max(whole - self.shift, 0), self.stop)


class _Shown(Struct, frozen=True):
    """A line of source, or the part of it that fits."""

    row: Row
    columns: _Columns


def excerpt(marks: Sequence[Mark], style: Style, gutter: int) -> list[str]:
    """The lines that show `marks`, all of one file, with line numbers `gutter` columns wide."""
    file = marks[0].location.file
    long: _Long | None = None
    parts: dict[int, list[_Part]] = {}
    for mark in marks:
        found = _place(mark)
        if isinstance(found, _Long) and long is None and mark.primary:
            long = found
        elif isinstance(found, _Long):
            end = len(file.line_text(found.first))
            part = _Part(found.start, end, found.text, found.role, primary=False)
            parts.setdefault(found.first, []).append(part)
        else:
            parts.setdefault(found[0], []).append(found[1])
    frame = _Frame(file, style, gutter, margin=long)
    frame.bare()
    before = 0
    for line in _lines_to_show(parts, long):
        if before and line > before + 1:
            frame.gap(line)
        frame.line(line, parts.get(line, []))
        before = line
    return frame.out


def line_numbers_width(marks: Sequence[Mark]) -> int:
    """How wide the gutter must be for the line numbers of all these marks."""
    lines = [_trimmed(mark.location).end_position.line for mark in marks]
    return max((len(str(line)) for line in lines), default=1)


def wrapped(text: str, columns: int | None) -> list[str]:
    """A remark as lines of at most `columns` (None: any), with harmless stand-ins."""
    lines: list[str] = []
    for line in visible(text).split("\n"):
        if columns is None or width(line) <= columns:
            lines.append(line)
        else:
            lines += folded(line, columns)
    return lines


def _trimmed(location: Location) -> Location:
    """Without trailing blanks, which would draw a mark into the next line."""
    text = location.file.text[location.start : location.end]
    kept = len(text.rstrip())
    return Location(location.file, location.start, location.start + kept) if kept else location


def _place(mark: Mark) -> tuple[int, _Part] | _Long:
    location = _trimmed(mark.location)
    start, end = location.position, location.end_position
    if end.line > start.line and location.file.text[location.start : location.end].strip():
        return _Long(start.line, start.column - 1, end.line, end.column - 1, mark.text, mark.role)
    stop = end.column - 1 if end.line == start.line else start.column
    return start.line, _Part(start.column - 1, stop, mark.text, mark.role, mark.primary)


def _lines_to_show(parts: dict[int, list[_Part]], long: _Long | None) -> list[int]:
    lines = set(parts)
    if long:
        lines |= {long.first, long.last}
        if long.last - long.first <= 4:
            lines |= set(range(long.first, long.last))
        else:
            lines.add(long.first + 1)
    # A gap of one line takes as much room as the line itself.
    lines |= {line + 1 for line in lines if line + 2 in lines}
    return sorted(lines)


class _Frame:
    """Draws lines behind a gutter of line numbers and, for a long mark, a margin."""

    def __init__(self, file: SourceFile, style: Style, gutter: int, margin: _Long | None) -> None:
        self.out: list[str] = []
        self._file = file
        self._style = style
        self._gutter = gutter
        self._long = margin
        self._margin = 2 if margin else 0
        room = None if style.width is None else style.width - gutter - 3 - self._margin
        self._room = room if room is None else max(room, _LEAST)

    def bare(self) -> None:
        self.out.append(self._style.paint(" " * (self._gutter + 1) + "|", "frame"))

    def gap(self, line: int) -> None:
        long = self._long
        inside = long is not None and long.first < line <= long.last
        row = Row()
        if long and inside:
            row.put(self._gutter + 3 - len(_CUT), "|", long.role)
        self._write(_CUT, row)

    def line(self, line: int, parts: list[_Part]) -> None:
        groups = self._groups(line, parts)
        for group in groups:
            shown = self._source(line, group)
            self._numbered(line, shown.row)
            for row in self._below(group, shown.columns):
                self._unnumbered(line, row)
        if self._long and line == self._long.last:
            self._finish(self._long, self._source(line, []).columns)

    def _write(self, prefix: str, row: Row) -> None:
        self.out.append((self._style.paint(prefix, "frame") + row.text(self._style)).rstrip(" "))

    def _numbered(self, line: int, source: Row) -> None:
        prefix = f"{line:>{self._gutter}} | "
        long = self._long
        if long is None:
            self._write(prefix, source)
            return
        text = self._file.line_text(line)
        opens_line = not text[: long.start].strip()
        margin = " "
        if long.first < line <= long.last:
            margin = "|"
        elif line == long.first and opens_line:
            margin = "/"
        self._write(prefix, _beside(margin, long.role, source))
        if line == long.first and not opens_line:
            column = self._source(line, []).columns[long.start]
            row = Row()
            row.put(1, "_" * (column + 1) + "^", long.role)
            self._write(" " * self._gutter + " | ", row)

    def _unnumbered(self, line: int, row: Row) -> None:
        long = self._long
        if long:
            inside = long.first <= line < long.last
            row = _beside("|" if inside else " ", long.role, row)
        self._write(" " * self._gutter + " | ", row)

    def _finish(self, long: _Long, columns: _Columns) -> None:
        """The row that closes a long mark, with its remark."""
        stop = columns[max(long.end - 1, 0)]
        line = "|" + "_" * (stop + 1) + "^"
        rest = None if self._room is None else self._room + 2 - len(line) - 1
        beside = [] if not long.text else wrapped(long.text, None)
        if rest is not None and beside and max(map(width, beside)) > rest:
            row = Row()
            row.put(0, line, long.role)
            self._write(" " * self._gutter + " | ", row)
            for text in wrapped(long.text, self._room):
                row = Row()
                row.put(2, text, long.role)
                self._write(" " * self._gutter + " | ", row)
            return
        for index, text in enumerate(beside or [""]):
            row = Row()
            row.put(0, line if index == 0 else "", long.role)
            row.put(len(line) + 1, text, long.role)
            self._write(" " * self._gutter + " | ", row)

    def _groups(self, line: int, parts: list[_Part]) -> list[list[_Part]]:
        """The marks of a line, in groups whose places can be shown at the same time."""
        ordered = sorted(parts, key=lambda part: (not part.primary, part.start))
        columns = _columns(self._file.line_text(line))
        limit = self._limit()
        if columns[-1] <= limit or len(parts) < 2:
            return [ordered]
        groups: list[list[_Part]] = []
        for part in ordered:
            if groups:
                start, end = _extent([*groups[-1], part], columns)
                if end - start <= limit - 2 * len(_CUT):
                    groups[-1].append(part)
                    continue
            groups.append([part])
        return groups

    def _limit(self) -> int:
        return _LONGEST_LINE if self._room is None else self._room

    def _source(self, line: int, parts: list[_Part]) -> _Shown:
        text = self._file.line_text(line)
        columns = _columns(text)
        row = Row()
        limit = self._limit()
        if columns[-1] <= limit:
            row.put(0, text)
            return _Shown(row, _Columns(columns, 0, columns[-1]))
        start, end = _extent(parts, columns) if parts else (0, 0)
        low, high = _window(start, end, columns[-1], limit)
        first, last = bisect_left(columns, low), bisect_right(columns, high) - 1
        # What joins itself to a character that is cut off goes with it.
        first = bisect_right(columns, columns[first]) - 1 if first else 0
        at = len(_CUT) if first else 0
        shift = columns[first] - at
        row.put(0, _CUT if first else "", "frame")
        row.put_cells(at, list(_cells(text)[first:last]))
        stop = columns[last] - shift
        if last < len(text):
            row.put(stop, _CUT, "frame")
        return _Shown(row, _Columns(columns, shift, stop))

    def _below(self, parts: list[_Part], columns: _Columns) -> list[Row]:
        """The underlines of a line and the remarks on them."""
        if not parts:
            return []
        last = columns[-1]

        def column(index: int) -> int:
            place = columns[index] if index < len(columns) else last
            # The end of a line that fills the room has none left for its mark.
            return place if self._room is None else min(place, self._room - 1)

        line = Row()
        for part in sorted(parts, key=lambda part: part.primary):
            start = column(part.start)
            length = max(column(part.end) - start, 1)
            line.put(start, ("^" if part.primary else "-") * length, part.role)
        rows = [line]
        waiting = sorted((part for part in parts if part.text), key=lambda part: part.start)
        rightmost = max(parts, key=lambda part: (part.end, part.primary))
        if waiting and waiting[-1] is rightmost:
            stop = max(column(rightmost.end), column(rightmost.start) + 1) + 1
            text = visible(rightmost.text)
            if "\n" not in text and (self._room is None or stop + width(text) <= self._room):
                line.put(stop, text, rightmost.role)
                waiting.pop()
        if len(waiting) > 1 or len(parts) > 1:
            rows += [self._connectors(waiting, columns)] if waiting else []
        while waiting:
            part = waiting.pop()
            start = column(part.start)
            if self._room is not None and self._room - start < min(width(part.text), _NARROWEST):
                start = max(0, self._room - max(_NARROWEST, min(width(part.text), self._room)))
            for text in wrapped(part.text, None if self._room is None else self._room - start):
                row = self._connectors(waiting, columns)
                row.put(start, text, part.role)
                rows.append(row)
        return rows

    def _connectors(self, parts: list[_Part], columns: _Columns) -> Row:
        row = Row()
        for part in parts:
            place = columns[min(part.start, len(columns) - 1)]
            row.put(place if self._room is None else min(place, self._room - 1), "|", part.role)
        return row


def _beside(margin: str, role: Role, row: Row) -> Row:
    beside = Row()
    beside.put(0, margin, role)
    beside.join(2, row)
    return beside


# There may be very many findings on one very long line.
@lru_cache(maxsize=8)
def _cells(text: str) -> tuple[tuple[str, int], ...]:
    return tuple(cells(text))


@lru_cache(maxsize=8)
def _columns(text: str) -> tuple[int, ...]:
    """Where each character of a line starts, and where the line ends."""
    columns = [0]
    for _, columns_taken in _cells(text):
        columns.append(columns[-1] + columns_taken)
    return tuple(columns)


def _extent(parts: Sequence[_Part], columns: Sequence[int]) -> tuple[int, int]:
    end = len(columns) - 1
    return (
        min(columns[min(part.start, end)] for part in parts),
        max(columns[min(part.end, end)] for part in parts),
    )


def _window(start: int, end: int, total: int, limit: int) -> tuple[int, int]:
    """The columns to show of a line of `total` columns so that `start` to `end` is among them."""
    cut = len(_CUT)
    if end <= limit - cut:
        return 0, limit - cut
    if total - start <= limit - cut:
        return total - (limit - cut), total
    inner = limit - 2 * cut
    low = max(0, start - max(0, inner - (end - start)) // 2)
    return low, low + inner
