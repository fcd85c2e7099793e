"""Documents: text with places where it may break, and the printer that breaks it.

The algebra of Wadler and Prettier, as Python formatters use it: a group stays on one line if it
fits, else its line breaks become new lines.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from vegac.source.span import Span

WIDTH = 100
INDENT = 4


class Break(Struct, frozen=True, eq=False):
    """A place where a line may end; on one line it is `flat`."""

    flat: str


class Group(Struct, frozen=True, eq=False):
    content: "Doc"


class Indented(Struct, frozen=True, eq=False):
    content: "Doc"


class Either(Struct, frozen=True, eq=False):
    """`broken` where the group around it breaks, else `flat`."""

    broken: "Doc"
    flat: "Doc"


class Origin(Struct, frozen=True, eq=False):
    """Marks the line as coming from `span`, unless it has an origin already."""

    span: Span


class Quoted(Struct, frozen=True, eq=False):
    """A string literal; `value` is what it says, unless it has holes."""

    text: str
    value: str | None


class Unquotable(Exception):
    """A string that cannot stand inside an f-string."""


Doc = str | Quoted | Break | Group | Indented | Either | Origin | tuple["Doc", ...]

SPACE = Break(" ")
NOTHING = Break("")


class Line(Struct):
    """A finished line without its line end."""

    text: str
    origin: Span | None = None


def joined(docs: Iterable[Doc], separator: Doc) -> Doc:
    """The documents with the separator between them."""
    parts: list[Doc] = []
    for doc in docs:
        if parts:
            parts.append(separator)
        parts.append(doc)
    return tuple(parts)


def bracketed(opening: str, content: Doc, closing: str) -> Doc:
    """Content that goes on lines of its own between its brackets when it does not fit."""
    return Group((opening, Indented((NOTHING, content)), NOTHING, closing))


def text_width(text: str) -> int:
    """The columns that a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    return 0 if unicodedata.combining(char) else 1


def flat_text(doc: Doc, quote: str = "") -> str:
    """The document on one line. With `quote`, strings are put in that quote without any escape;
    raises Unquotable for one that needs escapes."""
    parts: list[str] = []
    stack: list[Doc] = [doc]
    while stack:
        match stack.pop():
            case str(text):
                parts.append(text)
            case Break(flat=text):
                parts.append(text)
            case Quoted(text=text, value=value):
                parts.append(_requoted(value, quote) if quote else text)
            case Group(content=content) | Indented(content=content):
                stack.append(content)
            case Either(flat=content):
                stack.append(content)
            case Origin():
                pass
            case items:
                stack.extend(reversed(items))
    return "".join(parts)


def _requoted(value: str | None, quote: str) -> str:
    if value is None or not value.isprintable() or any(char in value for char in "'\"\\#"):
        raise Unquotable
    return f"{quote}{value}{quote}"


_STRING = re.compile(r" *f?(\"[^\"]*\"|'[^']*')")

_Mode = Literal["flat", "broken"]
_Command = tuple[int, _Mode, Doc]


def print_lines(doc: Doc, indent: int, expand: bool = False) -> list[Line]:
    """The document as lines, begun at column `indent`; `expand` breaks every group."""
    lines = [Line(" " * indent)]
    column = indent
    stack: list[_Command] = [(indent, "broken", doc)]
    while stack:
        level, mode, item = stack.pop()
        match item:
            case str(text) | Quoted(text=text):
                lines[-1].text += text
                column += text_width(text)
            case Break(flat=text):
                if mode == "flat":
                    lines[-1].text += text
                    column += len(text)
                else:
                    lines.append(Line(" " * level))
                    column = level
            case Group(content=content):
                if mode == "flat" or (
                    not expand and _fits((level, "flat", content), stack, WIDTH - column)
                ):
                    stack.append((level, "flat", content))
                else:
                    stack.append((level, "broken", content))
            case Indented(content=content):
                stack.append((level + INDENT, mode, content))
            case Either(broken=broken, flat=flat):
                stack.append((level, mode, flat if mode == "flat" else broken))
            case Origin(span=span):
                if lines[-1].origin is None:
                    lines[-1].origin = span
            case items:
                stack.extend((level, mode, part) for part in reversed(items))
    return lines


def _fits(first: _Command, rest: list[_Command], room: int) -> bool:
    """Whether the text up to the next possible line end after `first` fits in `room` columns."""
    below = len(rest)
    stack = [first]
    while True:
        if room < 0:
            return False
        if not stack:
            if below == 0:
                return True
            below -= 1
            stack.append(rest[below])
        level, mode, item = stack.pop()
        match item:
            case str(text) | Quoted(text=text):
                room -= text_width(text)
            case Break(flat=text):
                if mode == "broken":
                    return True
                room -= len(text)
            case Group(content=content) | Indented(content=content):
                stack.append((level, mode, content))
            case Either(broken=broken, flat=flat):
                stack.append((level, mode, flat if mode == "flat" else broken))
            case Origin():
                pass
            case items:
                stack.extend((level, mode, part) for part in reversed(items))


def fits_on_lines(doc: Doc, indent: int) -> bool:
    """Whether no line is too long when every group is broken; lines that are but a string do not
    count, as no layout makes them shorter."""
    return all(
        text_width(line.text) <= WIDTH or _STRING.fullmatch(line.text)
        for line in print_lines(doc, indent, expand=True)
    )
