"""Lines of output, and the blank ones between them."""

import re
from typing import Literal

from msgspec import Struct

# What YAML takes for a line end.
BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")

Kind = Literal["blank", "comment", "code", "inside", "kept"]


class Line(Struct):
    """A line without and with its end. `inside` lines belong to a text over several lines; `kept`
    ones to a text that keeps the blank lines behind it. `depth` is 0 for the line of a top-level
    key, 1 for that of a definition, and -1 for others."""

    text: str
    end: str
    kind: Kind
    depth: int = -1


def split(text: str) -> list[tuple[str, str]]:
    """The lines of a text with their ends; a last one without end is there even if it is empty."""
    lines: list[tuple[str, str]] = []
    position = 0
    for match in BREAK.finditer(text):
        lines.append((text[position : match.start()], match[0]))
        position = match.end()
    lines.append((text[position:], ""))
    return lines


def line_end(text: str) -> str:
    """The line end that a text uses."""
    if "\n" not in text and "\r" in text:
        return "\r"
    return "\r\n" if "\r\n" in text else "\n"


def joined(lines: list[Line], end: str) -> str:
    """The text of all lines. A lone carriage return among other line ends becomes one of these, for
    before an empty line it would be half of one."""
    return "".join(line.text + (end if line.end == "\r" else line.end) for line in lines)


def spaced(lines: list[Line], end: str) -> list[Line]:
    """With one blank line where there were more, and with one between sections and between
    definitions unless both are single lines. Single blank lines elsewhere stay."""
    lines = _collapsed(lines)
    wanted: list[int] = []
    last: dict[int, int] = {}
    for index, line in enumerate(lines):
        if line.depth < 0:
            continue
        if line.depth == 0:
            last.pop(1, None)
        before = last.get(line.depth)
        if before is not None and (_is_long(lines, before) or _is_long(lines, index)):
            wanted.append(_with_comments(lines, index))
        last[line.depth] = index
    for index in reversed(wanted):
        if lines[index - 1].kind not in ("blank", "kept"):
            lines.insert(index, Line("", end, "blank"))
    return lines


def trimmed(lines: list[Line], end: str) -> list[Line]:
    """Without blank lines at the start and the end of the file, and with a final line end.

    The last line of a text that would gain a line end by that stays as it is.
    """
    first = next((index for index, line in enumerate(lines) if line.kind != "blank"), len(lines))
    lines = lines[first:]
    while lines and lines[-1].kind == "blank":
        lines.pop()
    if lines and not lines[-1].end and lines[-1].kind != "kept":
        lines[-1].end = end
    return lines


def _collapsed(lines: list[Line]) -> list[Line]:
    return [
        line
        for index, line in enumerate(lines)
        if line.kind != "blank" or index == 0 or lines[index - 1].kind != "blank"
    ]


def _is_long(lines: list[Line], index: int) -> bool:
    """Whether the entry whose key stands there takes more than that line."""
    depth = lines[index].depth
    for line in lines[index + 1 :]:
        if 0 <= line.depth <= depth:
            return False
        if line.kind not in ("blank", "comment"):
            return True
    return False


def _with_comments(lines: list[Line], index: int) -> int:
    """Where the comments directly above a line start that belong to it."""
    column = _column(lines[index])
    while index > 0 and lines[index - 1].kind == "comment" and _column(lines[index - 1]) == column:
        index -= 1
    return index


def _column(line: Line) -> int:
    return len(line.text) - len(line.text.lstrip(" "))
