"""Showing two values side by side, with the words marked in which they differ."""

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from re import findall
from typing import Any, Literal, cast

from msgspec import Struct

from vega_runtime import values
from vegac.source.render.canvas import Role, Style
from vegac.source.render.cells import cells, visible, width

_WIDTH = 100
_NARROWEST = 20
_ONE_LINE = 72
_CONTEXT = 2
_LONGEST = 40
"""Rows of a comparison that are shown."""
_LONGEST_TEXT = 2000
"""Characters of a line that are compared word by word."""
_MOST_PAIRS = 400
"""Pairs of lines that are compared with each other."""
_WORDS = r"\w+|\s+|[^\w\s]"

_PARTS = 10
_ABSENT = object()

Piece = tuple[str, bool]
"""A part of a line, and whether it differs."""


class _Row(Struct):
    """A line of either side; None where that side has none."""

    left: list[Piece] | None
    right: list[Piece] | None
    sign: Literal[" ", "|", "<", ">"]


def plain(value: Any) -> str:
    """A value as text: a text as it is, all else as JSON, on one line if it is short."""
    if isinstance(value, str):
        return value
    short = json.dumps(value, ensure_ascii=False, default=str)
    if len(short) <= _ONE_LINE:
        return short
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def side_by_side(expected: Any, got: Any, style: Style) -> list[str]:
    """Both values, `expected` first: below each other where they are short, else in columns. Of
    long maps and lists the parts that differ are shown, each behind its path."""
    left, right = _texts(expected, _in_order(got, expected))
    if "\n" not in left + right and max(width(left), width(right)) <= _ONE_LINE:
        return _stacked(left, right, style)
    parts = list(_parts("", expected, got))
    if len(parts) == 1 and not parts[0][0]:
        return _columns(left.split("\n"), right.split("\n"), style)
    lines: list[str] = []
    for path, before, after in parts[:_PARTS]:
        if before is _ABSENT:
            lines += _labelled(f"{path} is too much", _cut(visible(plain(after)).split("\n")))
        elif after is _ABSENT:
            lines += _labelled(f"{path} is missing", _cut(visible(plain(before)).split("\n")))
        else:
            lines += [f"at {path}:", *(f"  {line}" for line in side_by_side(before, after, style))]
    if len(parts) > _PARTS:
        lines.append(f"... and {len(parts) - _PARTS} more differences")
    return lines


def _parts(path: str, expected: Any, got: Any) -> Iterator[tuple[str, Any, Any]]:
    """The innermost parts that differ, with the path to each."""
    if isinstance(expected, dict) and isinstance(got, dict):
        before, after = cast("dict[str, Any]", expected), cast("dict[str, Any]", got)
        for name in [*before, *(name for name in after if name not in before)]:
            inner = f"{path}.{name}" if path else name
            yield from _parts(inner, before.get(name, _ABSENT), after.get(name, _ABSENT))
    elif (
        isinstance(expected, list)
        and isinstance(got, list)
        and len(cast("list[Any]", expected)) == len(cast("list[Any]", got))
    ):
        pairs = zip(cast("list[Any]", expected), cast("list[Any]", got), strict=True)
        for index, (one, other) in enumerate(pairs):
            yield from _parts(f"{path}[{index}]", one, other)
    elif expected is _ABSENT or got is _ABSENT or not values.equal(expected, got):
        yield path, expected, got


def _in_order(value: Any, like: Any) -> Any:
    """A value with the keys of its maps in the order of another one's."""
    if isinstance(value, dict) and isinstance(like, dict):
        entries, order = cast("dict[str, Any]", value), cast("dict[str, Any]", like)
        names = [name for name in order if name in entries]
        names += [name for name in entries if name not in order]
        return {name: _in_order(entries[name], order.get(name)) for name in names}
    if isinstance(value, list) and isinstance(like, list):
        items, others = cast("list[Any]", value), cast("list[Any]", like)
        return [
            _in_order(item, others[at] if at < len(others) else None)
            for at, item in enumerate(items)
        ]
    return cast("Any", value)


def stated(label: str, value: Any) -> list[str]:
    """A value below its label, cut where it is long."""
    return _labelled(label, _cut(visible(plain(value)).split("\n")))


def _texts(expected: Any, got: Any) -> tuple[str, str]:
    left, right = plain(expected), plain(got)
    if isinstance(expected, str) is not isinstance(got, str) or left.split() == right.split():
        # Quotes and escapes show what would look the same.
        left = json.dumps(expected, ensure_ascii=False, default=str)
        right = json.dumps(got, ensure_ascii=False, default=str)
    return left, right


def _labelled(label: str, lines: Sequence[str]) -> list[str]:
    if len(lines) == 1:
        return [f"{label}: {lines[0]}"]
    return [f"{label}:", *(f"    {line}".rstrip() for line in lines)]


def _cut(lines: list[str]) -> list[str]:
    shown = [line if len(line) <= 400 else line[:397] + "..." for line in lines]
    if len(shown) <= _LONGEST:
        return shown
    half = _LONGEST // 2
    return [*shown[:half], f"... ({len(shown) - 2 * half} lines)", *shown[-half:]]


# --- below each other ----------------------------------------------------------------------------


def _stacked(left: str, right: str, style: Style) -> list[str]:
    first, second = _words(left, right)
    lines: list[str] = []
    sides: tuple[tuple[str, list[Piece], Role], ...] = (
        ("expected", first, "good"),
        ("     got", second, "error"),
    )
    for label, pieces, role in sides:
        lines.append(f"{label}: {_painted(pieces, style, role)}")
        marks = _marks(pieces)
        if marks and not style.color:
            lines.append(" " * (len(label) + 2) + marks)
    return lines


def _words(left: str, right: str) -> tuple[list[Piece], list[Piece]]:
    """Both lines in pieces, those that differ marked."""
    if max(len(left), len(right)) > _LONGEST_TEXT:
        return [(left, left != right)], [(right, left != right)]
    before: list[str] = findall(_WORDS, left)
    after: list[str] = findall(_WORDS, right)
    first: list[Piece] = []
    second: list[Piece] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, start, end, begin, stop in matcher.get_opcodes():
        if end > start:
            first.append(("".join(before[start:end]), tag != "equal"))
        if stop > begin:
            second.append(("".join(after[begin:stop]), tag != "equal"))
    return first, second


def _painted(pieces: list[Piece], style: Style, role: Role) -> str:
    return "".join(
        style.paint(visible(text), role) if differs else visible(text) for text, differs in pieces
    )


def _marks(pieces: list[Piece]) -> str:
    return "".join(
        ("^" if differs else " ") * width(visible(text)) for text, differs in pieces
    ).rstrip()


# --- in columns ----------------------------------------------------------------------------------


def _columns(left: list[str], right: list[str], style: Style) -> list[str]:
    room = max(((style.width or _WIDTH) - 11) // 2, _NARROWEST)
    head = f"{'expected':<{room}}   got"
    lines = [style.paint(head, "strong")]
    shown = 0
    for item in _shortened(list(_rows(left, right))):
        if shown >= _LONGEST:
            lines.append("...")
            break
        if isinstance(item, str):
            lines.append(style.paint(item, "frame"))
            shown += 1
            continue
        drawn = _drawn(item, room, style)
        lines += drawn
        shown += len(drawn)
    return lines


def _rows(left: list[str], right: list[str]) -> Iterator[_Row]:
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for tag, start, end, begin, stop in matcher.get_opcodes():
        if tag == "equal":
            for line in left[start:end]:
                yield _Row([(line, False)], [(line, False)], " ")
            continue
        for before, after in _paired(left[start:end], right[begin:stop]):
            if before is not None and after is not None:
                first, second = _words(before, after)
                yield _Row(first, second, "|")
            elif before is not None:
                yield _Row([(before, True)], None, "<")
            else:
                yield _Row(None, [(after or "", True)], ">")


def _paired(left: list[str], right: list[str]) -> list[tuple[str | None, str | None]]:
    """Lines that were replaced by others, each with the one that it is most like, in order."""
    if len(left) == len(right) or len(left) * len(right) > _MOST_PAIRS:
        return list(zip_longest(left, right))
    likeness = [[_likeness(one, other) for other in right] for one in left]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for row in range(len(left) - 1, -1, -1):
        for column in range(len(right) - 1, -1, -1):
            best[row][column] = max(
                best[row + 1][column],
                best[row][column + 1],
                best[row + 1][column + 1] + likeness[row][column],
            )
    pairs: list[tuple[str | None, str | None]] = []
    row = column = 0
    while row < len(left) and column < len(right):
        if best[row][column] == best[row + 1][column]:
            pairs.append((left[row], None))
            row += 1
        elif best[row][column] == best[row][column + 1]:
            pairs.append((None, right[column]))
            column += 1
        else:
            pairs.append((left[row], right[column]))
            row, column = row + 1, column + 1
    pairs += [(line, None) for line in left[row:]]
    pairs += [(None, line) for line in right[column:]]
    return pairs


def _likeness(one: str, other: str) -> float:
    """From 0 (for lines that have less than a third in common) to 1."""
    found = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return found if found > 1 / 3 else 0.0


def _shortened(rows: list[_Row]) -> Iterator[_Row | str]:
    """The rows with long stretches of equal ones left out."""
    near: set[int] = set()
    for at, row in enumerate(rows):
        if row.sign != " ":
            near.update(range(at - _CONTEXT, at + _CONTEXT + 1))
    left_out = 0
    for at, row in enumerate(rows):
        if at in near:
            if left_out:
                yield _gap(left_out)
            left_out = 0
            yield row
        else:
            left_out += 1
    if left_out:
        yield _gap(left_out)


def _gap(lines: int) -> str:
    return f"... ({lines} equal line{'s' if lines > 1 else ''})"


def _drawn(row: _Row, room: int, style: Style) -> list[str]:
    """The lines of a row: long ones are wrapped, and marked below where there are no colours."""
    left = _wrapped(row.left or [], room)
    right = _wrapped(row.right or [], room)
    lines: list[str] = []
    nothing: list[Piece] = []
    for number, (before, after) in enumerate(zip_longest(left, right, fillvalue=nothing)):
        if number == 6:
            lines.append("...")
            break
        pad = " " * (room - sum(width(visible(text)) for text, _ in before))
        first = _painted(before, style, "good") + pad
        second = _painted(after, style, "error")
        lines.append(f"{first} {row.sign if number == 0 else ' '} {second}".rstrip())
        if row.sign == "|" and not style.color:
            marks = f"{_marks(before):<{room}}   {_marks(after)}".rstrip()
            if marks:
                lines.append(marks)
    return lines


def _wrapped(pieces: list[Piece], room: int) -> list[list[Piece]]:
    """Pieces in lines of at most `room` columns."""
    lines: list[list[Piece]] = [[]]
    used = 0
    for text, differs in pieces:
        part: list[str] = []
        for shown, columns in cells(text):
            if used + columns > room:
                lines[-1].append(("".join(part), differs))
                lines.append([])
                part, used = [], 0
            part.append(shown)
            used += columns
        lines[-1].append(("".join(part), differs))
    return lines
