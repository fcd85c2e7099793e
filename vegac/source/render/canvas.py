"""Rows of styled characters, and their colours on a terminal."""

import os
from collections.abc import Iterable
from shutil import get_terminal_size
from typing import IO, Literal

from msgspec import Struct

from vegac.source.render.cells import cells

Role = Literal["", "error", "warning", "info", "label", "frame", "strong", "good"]

_COLOURS: dict[Role, str] = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "label": "1;34",
    "frame": "34",
    "strong": "1",
    "good": "32",
}


class Style(Struct, frozen=True):
    """How to present text: with ANSI colours or without, and in how many columns (None: any)."""

    color: bool = False
    width: int | None = None

    def paint(self, text: str, role: Role) -> str:
        if not self.color or not role or not text.strip():
            return text
        return f"\x1b[{_COLOURS[role]}m{text}\x1b[0m"


def style_of(stream: IO[str]) -> Style:
    """The style that suits a stream: colours and a limited width on a terminal, else plain.

    `NO_COLOR` and `FORCE_COLOR` (any text but the empty one) overrule the guess, in this order;
    `CLICOLOR_FORCE` (any but 0) is another word for the second, and `CLICOLOR=0` a weak no.
    """
    terminal = stream.isatty()
    if os.environ.get("NO_COLOR"):
        color = False
    elif os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        color = True
    else:
        color = terminal and os.environ.get("TERM") != "dumb" and os.environ.get("CLICOLOR") != "0"
    return Style(color, get_terminal_size().columns if terminal else None)


class Row:
    """A line of text that is written column by column, each with a role."""

    def __init__(self) -> None:
        self._chars: list[str] = []
        self._roles: list[Role] = []

    def put(self, column: int, text: str, role: Role = "") -> None:
        """Write `text` at a column, over what is there."""
        if text.isascii() and text.isprintable():
            chars, roles = self._chars, self._roles
            missing = column - len(chars)
            if missing > 0:
                chars += " " * missing
                blank: list[Role] = [""] * missing
                roles += blank
            stop = column + len(text)
            same: list[Role] = [role] * len(text)
            chars[column:stop], roles[column:stop] = text, same
        else:
            self.put_cells(column, cells(text), role)

    def put_cells(self, column: int, text: Iterable[tuple[str, int]], role: Role = "") -> None:
        """As `put`, for text whose characters are already measured."""
        while len(self._chars) < column:
            self._chars.append(" ")
            self._roles.append("")
        for shown, width in text:
            if width == 0:
                if column:
                    self._chars[column - 1] += shown
                continue
            # A wide character is kept in its first column, the rest of its columns stay empty.
            for place, char in enumerate([shown] + [""] * (width - 1), column):
                if place < len(self._chars):
                    self._chars[place], self._roles[place] = char, role
                else:
                    self._chars.append(char)
                    self._roles.append(role)
            column += width

    def join(self, column: int, other: "Row") -> None:
        """Write what another row holds, from a column at or behind this row's end."""
        self.put(column, "")
        self._chars += other._chars
        self._roles += other._roles

    def text(self, style: Style) -> str:
        if not style.color:
            return "".join(self._chars).rstrip(" ")
        out: list[str] = []
        run: list[str] = []
        current: Role = ""
        for char, role in zip(self._chars, self._roles, strict=True):
            if role != current:
                out.append(style.paint("".join(run), current))
                run, current = [], role
            run.append(char)
        out.append(style.paint("".join(run), current))
        return "".join(out).rstrip(" ")
