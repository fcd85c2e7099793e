"""Indentation and spaces: the lines of a YAML text as they should be, its tokens unchanged."""

import re
from bisect import bisect_right
from typing import Literal

from msgspec import Struct

from vegac.formatting.lines import BREAK, Line, split
from vegac.formatting.scalars import block_scalar, flow_scalar
from vegac.formatting.tokens import Token, scan

STEP = 2
"""By how much a collection is indented against the one that holds it."""

SECTIONS = frozenset({"agents", "workflows", "tools"})
"""The top-level keys that hold definitions."""

_COMMENT = re.compile(r"[ \t]+#.*")


class _Level(Struct):
    """A block collection that is open: its column before and after. A `bare` one is a list that
    stands at the column of the key above it."""

    kind: Literal["map", "seq", "bare"]
    old: int
    new: int | None


class _Unknown(Exception):
    """Raised inside for a text that must stay as it is."""


def laid_out(text: str, base: int | None = 0) -> list[Line] | None:
    """The lines of `text`, a mapping or a list, starting at column `base` (None: where it starts).

    None where the text is not understood well enough to be touched.
    """
    tokens = scan(text)
    if tokens is None:
        return None
    try:
        lines = _Layout(text, base).lines_of(tokens)
    except _Unknown:
        return None
    written = "".join(line.text for line in lines)
    return lines if "".join(written.split()) == "".join(text.split()) else None


class _Layout:
    """One walk over the tokens, which writes line after line."""

    def __init__(self, text: str, base: int | None) -> None:
        self.text = text
        self.base = base
        self.starts = [0, *(match.end() for match in BREAK.finditer(text))]
        self.lines: list[Line] = []
        self.levels: list[_Level] = []
        self.closed: list[_Level] = []  # since the last token, innermost first
        self.line: list[str] | None = None  # the parts of the line that is being written
        self.depth = -1  # of that line
        self.flow = 0  # how many brackets are open
        self.key = False  # whether the next token starts a key
        self.section = ""
        self.previous: Token | None = None
        self.position = 0  # everything before it is written

    def lines_of(self, tokens: list[Token]) -> list[Line]:
        for token in tokens:
            match token.kind:
                case "map" | "seq":
                    self.open(token, token.kind)
                case "close":
                    self.close()
                case "key":
                    self.key = True
                    if not self.flow and self.levels and self.levels[-1].kind == "bare":
                        self.closed.append(self.levels.pop())
                case _:
                    self.place(token)
        return self.lines

    # --- structure -----------------------------------------------------------------------------

    def open(self, token: Token, kind: Literal["map", "seq"]) -> None:
        new = self.inner(token) if self.starts_line(token) else None
        self.levels.append(_Level(kind, self.column(token), new))

    def close(self) -> None:
        if self.levels[-1].kind == "bare":
            self.closed.append(self.levels.pop())
        self.closed.append(self.levels.pop())

    def inner(self, token: Token) -> int:
        """The column of what stands in the innermost collection on a line of its own."""
        if self.levels:
            return _now(self.levels[-1]) + STEP
        return self.column(token) if self.base is None else self.base

    def column(self, token: Token) -> int:
        return token.start - self.line_start(token)

    def line_start(self, token: Token) -> int:
        return self.starts[bisect_right(self.starts, token.start) - 1]

    def starts_line(self, token: Token) -> bool:
        return not self.text[self.line_start(token) : token.start].strip(" \t")

    # --- tokens --------------------------------------------------------------------------------

    def place(self, token: Token) -> None:
        """Writes a token and what stands before it."""
        if token.kind == "-" and self.levels and self.levels[-1].kind == "map":
            above = self.levels[-1]
            self.levels.append(_Level("bare", above.old, _now(above) + STEP))
        gap = split(self.text[self.position : token.start])
        if len(gap) == 1 and self.line is not None and token.kind != "end":
            self.line.append(self.separator(token, gap[0][0]))
        else:
            target = self.target(token)
            self.between(gap, token, target)
            if token.kind == "end":
                return
            self.line = [" " * target]
            self.depth = self.key_depth(token)
        if self.levels and self.levels[-1].new is None:
            self.levels[-1].new = sum(map(len, self.line))
        self.write(token)
        self.closed.clear()
        self.key = False
        self.previous = token

    def target(self, token: Token) -> int:
        """The column of a token that starts a line."""
        if token.kind in ("---", "end"):
            return 0
        if self.flow:
            return self.flow_column(self.column(token), token.kind)
        if self.levels and (self.key or token.kind == "-"):
            return _now(self.levels[-1])
        return self.inner(token)

    def flow_column(self, column: int, kind: str) -> int:
        """The column of a line inside of brackets: it moves with the collection around them."""
        if not self.levels:
            return column
        level = self.levels[-1]
        if column > level.old:
            return column + _now(level) - level.old
        return _now(level) + (0 if kind in ("}", "]") else STEP)

    def between(self, gap: list[tuple[str, str]], token: Token, target: int) -> None:
        """Ends the line that is being written, and writes comments and blank lines."""
        first = 0
        if self.line is not None:
            rest, end = gap[0]
            comment = _COMMENT.fullmatch(rest)
            if rest.strip(" \t") and not comment:
                raise _Unknown
            self.finish(rest.rstrip(" \t") if comment else "", end)
            first = 1
        for text, end in gap[first:]:
            bare = text.strip(" \t")
            if bare.startswith("#"):
                if not end and token.kind != "end":
                    raise _Unknown
                column = self.comment_column(text, token, target)
                self.lines.append(Line(" " * column + bare, end, "comment"))
            elif bare:
                raise _Unknown
            elif end:
                self.lines.append(Line("", end, "blank"))

    def finish(self, rest: str, end: str) -> None:
        assert self.line is not None
        self.lines.append(Line("".join((*self.line, rest)), end, "code", self.depth))
        self.line = None
        self.depth = -1

    def comment_column(self, text: str, token: Token, target: int) -> int:
        """Where a comment on a line of its own goes: to what it stood level with, else to the
        innermost collection that is indented by less."""
        column = len(text) - len(text.lstrip(" \t"))
        if self.flow:
            return self.flow_column(column, token.kind)
        levels = [(level.old, _now(level)) for level in (*self.closed, *reversed(self.levels))]
        if token.kind != "end":
            levels.insert(0, (self.column(token), target))
        fitting = [level for level in levels if level[0] <= column]
        return max(fitting, key=lambda level: level[0])[1] if fitting else target

    def key_depth(self, token: Token) -> int:
        """0 for a top-level key, 1 for a definition, else -1."""
        if not self.key or self.flow:
            return -1
        if len(self.levels) == 1:
            self.section = self.text[token.start : token.end]
            return 0
        return 1 if len(self.levels) == 2 and self.section in SECTIONS else -1

    def separator(self, token: Token, gap: str) -> str:
        """What stands between two tokens on one line."""
        if gap.strip(" \t") or self.previous is None:
            raise _Unknown
        before, after = self.previous.kind, token.kind
        if before in ("anchor", "tag", ":", "-"):
            return " "
        hole = "hole" in (self.previous.style, token.style)
        if (hole and (before == "{" or after == "}")) or before == after == "{":
            return " " if gap else ""  # braces that meet could begin or end a hole
        if before == "alias" and after == ":":
            return " "
        if before in "[{" or after in ":,]}":
            return ""
        return " "

    def write(self, token: Token) -> None:
        assert self.line is not None
        source = self.text[token.start : token.end]
        self.position = token.end
        if token.kind in ("{", "["):
            self.flow += 1
        elif token.kind in ("}", "]"):
            self.flow -= 1
        if token.style in ("|", ">"):
            if not self.levels:
                raise _Unknown
            level = self.levels[-1]
            lines, length = block_scalar(source, level.old, _now(level))
            self.position = token.start + length
            self.line.append(lines[0].text)
            self.finish("", lines[0].end)
            self.lines += lines[1:]
            return
        if BREAK.search(source) is None:
            self.line.append(source)
            return
        if token.style == "hole":
            lines = [Line(text, end, "inside") for text, end in split(source)]
        elif self.levels:
            level = self.levels[-1]
            lines = flow_scalar(source, token.style, level.old, _now(level))
        else:
            lines = flow_scalar(source, token.style, 0, 0)
        self.line.append(lines[0].text)
        self.finish("", lines[0].end)
        self.lines += lines[1:-1]
        self.line = [lines[-1].text]


def _now(level: _Level) -> int:
    if level.new is None:
        raise _Unknown
    return level.new
