"""Lines of a text as YAML's block style sees them."""

import re

from msgspec import Struct

_LINE = re.compile(
    r"(?P<indent>[ \t]*)(?P<dashes>(?:-[ \t]+)*)"
    r"(?:(?P<key>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^\s#\"'\[\]{},&*!|>%@`][^#]*?|[^\s].*?[^\s#]#.*?)"
    r"[ \t]*(?P<colon>:)(?=[ \t]|$))?[ \t]*(?P<value>.*)"
)
_LONG = 4_000
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#.*$")


class Line(Struct, frozen=True):
    """A line: where it starts and ends, its indentation, and the parts of `- key: value`.

    `content` is where the text after the indentation starts, `key_start` where it does after the
    dashes too; `colon` is None without a key; `value` is where the value starts and `stop` where
    the line's text ends, trailing blanks and a comment left out.
    """

    start: int
    end: int
    content: int
    key_start: int
    key: str
    colon: int | None
    value: int
    stop: int

    @property
    def indent(self) -> int:
        return self.content - self.start

    @property
    def blank(self) -> bool:
        """Whether there is nothing but blanks and a comment."""
        return self.stop <= self.content


def split_lines(text: str) -> list[Line]:
    """The lines of a text; a last empty one is left out."""
    lines: list[Line] = []
    position = 0
    for raw in text.splitlines(keepends=True):
        bare = raw.rstrip("\r\n\x85\u2028\u2029")
        lines.append(_line(bare, position))
        position += len(raw)
    return lines


def _line(bare: str, start: int) -> Line:
    # Nobody writes such a line by hand; the pattern would take its time over it.
    match = _LINE.match(bare if len(bare) <= _LONG else bare[:0])
    assert match is not None  # each part of it may be empty
    content = match.end("indent")
    value = match.start("value")
    comment = _COMMENT.search(bare, max(value - 1, content))
    stop = max(content, len((bare[: comment.start()] if comment else bare).rstrip()))
    return Line(
        start,
        start + len(bare),
        start + content,
        start + match.end("dashes"),
        match["key"] or "",
        start + match.start("colon") if match["colon"] else None,
        start + min(value, stop),
        start + stop,
    )
