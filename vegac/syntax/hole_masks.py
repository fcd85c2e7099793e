"""Hides values written as `{{...}}` from YAML, which would read two nested mappings.

Each is covered by as many filler characters, a plain scalar to YAML, so that no offset moves.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

# A value may start after `: `, `- `, an opening bracket or a comma, or at the start of a line.
_VALUE_START = re.compile(
    r"(?:^[ \t]*|[:\-?][ \t]+|[\[,{][ \t]*)(?:[&!][^\s,\[\]{}]*[ \t]+)*\{\{", re.M
)
_SIMPLE = re.compile(r"\{\{[^{}'\"\r\n\[\](),]*\}\}")
_AFTER = re.compile(r"[ \t]*(?:$|(?=[\r\n,\]}\x85\u2028\u2029])|(?<=[ \t])#)")
# A line end after which a hole may go on: the next line is indented and no entry of its own.
_CONTINUES = re.compile(r"\r?\n?[ \t]+(?!-[ \t]|[\w \t-]+:(?:[ \t\r\n]|$))|\r?\n?(?=\}\})|\r(?=\n)")
_INDENTED = re.compile(r"\r?\n?(?:[ \t]+(?!-[ \t])|(?=[)\]}]))|\r(?=\n)")
_RISKY = re.compile(r"['\"\\]|: | #")
_LINE_END = "\r\n\x85\u2028\u2029"
_WORD_BEFORE = re.compile(r"(?:[\w)\]}'\"])\s*$")
_KEYWORD_BEFORE = re.compile(r"\b(?:and|or|not|in|if|else)\s*$")
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
# Longer expressions are refused anyway.
_MAX_LENGTH = 2_000
_MAX_DEPTH = 64
# Characters that may be looked at in search of ends that are not plain to see, so that a text full
# of open holes does not take for ever.
_EFFORT = 100_000


class Mask(Struct, frozen=True):
    """A covered range; `risky` if its text means something else inside a plain or quoted scalar."""

    start: int
    end: int
    risky: bool


class Masked(Struct, frozen=True, dict=True):
    """A text with covered ranges, by start. `looked` is how many characters were looked at in
    search of ends that are not plain to see."""

    source: str
    text: str
    filler: str
    masks: dict[int, Mask]
    looked: int = 0

    @cached_property
    def starts(self) -> list[int]:
        """Where the covered ranges start, in order."""
        return list(self.masks)

    def inside(self, start: int, end: int) -> list[Mask]:
        """The covered ranges that start in a range."""
        first = bisect_left(self.starts, start)
        return [self.masks[place] for place in self.starts[first : bisect_left(self.starts, end)]]

    def without(self, masks: list[Mask]) -> "Masked":
        """The same with some of the ranges uncovered."""
        gone = {mask.start for mask in masks}
        left = {start: mask for start, mask in self.masks.items() if start not in gone}
        return Masked(self.source, _cover(self.source, left, self.filler), self.filler, left)


def mask_holes(source: str) -> Masked:
    """Covers each `{{...}}` that looks like a whole value."""
    masks: dict[int, Mask] = {}
    effort = _EFFORT
    if "{{" in source:
        last = 0
        for start in _value_starts(source):
            if start < last:
                continue
            simple = _SIMPLE.match(source, start)
            end = simple.end() if simple else 0
            if not end and effort > 0:
                end, reached = hole_end(source, start)
                effort -= reached - start
            if end and _AFTER.match(source, end):
                masks[start] = Mask(start, end, _RISKY.search(source, start, end) is not None)
                last = end
    filler = ""
    if masks:
        filler = next((chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in source), "")
    if not filler:
        return Masked(source, source, "", {}, _EFFORT - effort)
    return Masked(source, _cover(source, masks, filler), filler, masks, _EFFORT - effort)


def _value_starts(source: str) -> Iterator[int]:
    """The places of `{{` at which a value may start."""
    line_end = -1
    while (found := source.find("{{", line_end + 1)) >= 0:
        # Only lines that hold a hole are worth the pattern.
        line_start = source.rfind("\n", 0, found) + 1
        line_end = source.find("\n", found)
        if line_end < 0:
            line_end = len(source)
        for match in _VALUE_START.finditer(source, line_start, line_end):
            yield match.end() - 2


def _cover(source: str, masks: dict[int, Mask], filler: str) -> str:
    parts: list[str] = []
    position = 0
    for mask in masks.values():
        parts.append(source[position : mask.start])
        parts.append(filler * (mask.end - mask.start))
        position = mask.end
    parts.append(source[position:])
    return "".join(parts)


def hole_end(source: str, start: int) -> tuple[int, int]:
    """Just after the `}}` that closes the `{{` at `start` (0: none does), and how far it looked.

    A hole may cross line ends only while the lines stay indented.
    """
    position = start + 2
    limit = min(len(source), start + _MAX_LENGTH)
    stack: list[str] = []
    while position < limit:
        char = source[position]
        if char in "'\"" and _opens_string(source, start + 2, position):
            end = _string_end(source, position, limit)
            if not end:
                break
            position = end
            continue
        if char == "}" and not stack:
            return (position + 2 if source.startswith("}}", position) else 0), position
        if char in _CLOSERS:
            stack.append(_CLOSERS[char])
            if len(stack) > _MAX_DEPTH:
                break
        elif char in ")]}":
            if not stack or stack.pop() != char:
                break
        elif char in "\r\n" and not (_INDENTED if stack else _CONTINUES).match(source, position):
            break
        position += 1
    return 0, position


def _opens_string(source: str, start: int, position: int) -> bool:
    """Whether a quote stands where an operand may start."""
    before = source[max(start, position - 20) : position]
    return not _WORD_BEFORE.search(before) or bool(_KEYWORD_BEFORE.search(before))


def _string_end(source: str, start: int, limit: int) -> int:
    quote = source[start]
    position = start + 1
    while position < limit:
        char = source[position]
        if char == "\\":
            position += 1
        elif char == quote:
            return position + 1
        elif char in _LINE_END:
            return 0
        position += 1
    return 0
