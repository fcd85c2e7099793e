"""Hides values written as `{{...}}` from YAML, which would read two nested mappings.

Each is covered by as many filler characters, a plain scalar to YAML, so that no offset moves.
"""

import re

from msgspec import Struct

# A value may start after `: `, `- `, an opening bracket or a comma, or at the start of a line.
_VALUE_START = re.compile(
    r"(?:^[ \t]*|[:\-?][ \t]+|[\[,{][ \t]*)(?:[&!][^\s,\[\]{}]*[ \t]+)*\{\{", re.M
)
_SIMPLE = re.compile(r"\{\{[^{}'\"\r\n\[\](),]*\}\}")
_AFTER = re.compile(r"[ \t]*(?:$|(?=[\r\n,\]}\x85\u2028\u2029])|(?<=[ \t])#)")
# A line end after which a hole may go on: the next line is indented and no entry of its own.
_CONTINUES = re.compile(r"\r?\n?[ \t]+(?!-[ \t]|[\w \t-]+:(?:[ \t\r\n]|$))|\r?\n?(?=\}\})|\r(?=\n)")
_INDENTED = re.compile(r"\r?\n?(?:[ \t]+|(?=[)\]}]))|\r(?=\n)")
_RISKY = re.compile(r"['\"\\]|: | #")
_LINE_END = "\r\n\x85\u2028\u2029"
_WORD_BEFORE = re.compile(r"(?:[\w)\]}'\"])\s*$")
_KEYWORD_BEFORE = re.compile(r"\b(?:and|or|not|in|if|else)\s*$")
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
# Longer expressions are refused anyway.
_MAX_LENGTH = 2_000


class Mask(Struct, frozen=True):
    """A covered range; `risky` if its text means something else inside a plain or quoted scalar."""

    start: int
    end: int
    risky: bool


class Masked(Struct, frozen=True):
    """A text with covered ranges, by start."""

    source: str
    text: str
    filler: str
    masks: dict[int, Mask]

    def without(self, masks: list[Mask]) -> "Masked":
        """The same with some of the ranges uncovered."""
        gone = {mask.start for mask in masks}
        left = {start: mask for start, mask in self.masks.items() if start not in gone}
        return Masked(self.source, _cover(self.source, left, self.filler), self.filler, left)


def mask_holes(source: str) -> Masked:
    """Covers each `{{...}}` that looks like a whole value."""
    masks: dict[int, Mask] = {}
    if "{{" in source:
        last = 0
        for match in _VALUE_START.finditer(source):
            start = match.end() - 2
            end = hole_end(source, start) if start >= last else 0
            if end and _AFTER.match(source, end):
                masks[start] = Mask(start, end, _RISKY.search(source, start, end) is not None)
                last = end
    if not masks:
        return Masked(source, source, "", masks)
    filler = next(chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in source)
    return Masked(source, _cover(source, masks, filler), filler, masks)


def _cover(source: str, masks: dict[int, Mask], filler: str) -> str:
    parts: list[str] = []
    position = 0
    for mask in masks.values():
        parts.append(source[position : mask.start])
        parts.append(filler * (mask.end - mask.start))
        position = mask.end
    parts.append(source[position:])
    return "".join(parts)


def hole_end(source: str, start: int) -> int:
    """Just after the `}}` that closes the `{{` at `start`; 0 where none does.

    A hole may cross line ends only while the lines stay indented.
    """
    simple = _SIMPLE.match(source, start)
    if simple:
        return simple.end()
    position = start + 2
    limit = min(len(source), start + _MAX_LENGTH)
    stack: list[str] = []
    while position < limit:
        char = source[position]
        if char in "'\"" and _opens_string(source, start + 2, position):
            position = _string_end(source, position, limit)
            if not position:
                return 0
            continue
        if char == "}" and not stack:
            return position + 2 if source.startswith("}}", position) else 0
        if char in _CLOSERS:
            stack.append(_CLOSERS[char])
        elif char in ")]}":
            if not stack or stack.pop() != char:
                return 0
        elif char in "\r\n" and not (_INDENTED if stack else _CONTINUES).match(source, position):
            return 0
        position += 1
    return 0


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
