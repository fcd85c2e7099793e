"""Documents: text with places where it may break, and the printer that breaks it.

The algebra of Wadler and Prettier, as Python formatters use it: a group stays on one line if it
fits, else its line breaks become new lines.
"""

import re
import unicodedata
from collections.abc import Iterable

from msgspec import Struct

from vegac.source.span import Span

WIDTH = 100
_STRING = re.compile(r" *f?(\"[^\"]*\"|'[^']*')")
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
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
        elif isinstance(item, tuple):
            stack.extend(reversed(item))
        elif isinstance(item, Group | Indented):
            stack.append(item.content)
        elif isinstance(item, Break | Either):
            stack.append(item.flat)
        elif isinstance(item, Quoted):
            parts.append(_requoted(item.value, quote) if quote else item.text)
    return "".join(parts)


def first_origin(doc: Doc) -> Span | None:
    """The first origin in the document."""
    stack: list[Doc] = [doc]
    while stack:
        item = stack.pop()
        if isinstance(item, Origin):
            return item.span
        if isinstance(item, tuple):
            stack.extend(reversed(item))
        elif isinstance(item, Group | Indented):
            stack.append(item.content)
        elif isinstance(item, Either):
            stack.append(item.flat)
    return None


def _requoted(value: str | None, quote: str) -> str:
    if value is None or not value.isprintable() or any(char in value for char in "'\"\\#"):
        raise Unquotable
    return f"{quote}{value}{quote}"


_Command = tuple[int, bool, Doc]
"""Columns of indentation, whether line breaks stay on the line, and what to print."""


def print_lines(doc: Doc, indent: int, expand: bool = False) -> list[Line]:
    """The document as lines, begun at column `indent`; `expand` breaks every group."""
    lines = [Line(" " * indent)]
    column = indent
    stack: list[_Command] = [(indent, False, doc)]
    while stack:
        level, flat, item = stack.pop()
        if isinstance(item, Quoted):
            item = item.text
        if isinstance(item, str):
            lines[-1].text += item
            column += text_width(item)
        elif isinstance(item, tuple):
            stack.extend([(level, flat, part) for part in reversed(item)])
        elif isinstance(item, Group):
            first = (level, True, item.content)
            fits = flat or (not expand and _fits(first, stack, WIDTH - column))
            stack.append(first if fits else (level, False, item.content))
        elif isinstance(item, Break):
            if flat:
                lines[-1].text += item.flat
                column += len(item.flat)
            else:
                lines.append(Line(" " * level))
                column = level
        elif isinstance(item, Indented):
            stack.append((level + INDENT, flat, item.content))
        elif isinstance(item, Either):
            stack.append((level, flat, item.flat if flat else item.broken))
        elif lines[-1].origin is None:
            lines[-1].origin = item.span
    return lines


def _fits(first: _Command, rest: list[_Command], room: int) -> bool:
    """Whether the text up to the next possible line end after `first` fits in `room` columns."""
    below = len(rest)
    stack = [first]
    while room >= 0:
        if not stack:
            if below == 0:
                return True
            below -= 1
            stack.append(rest[below])
        level, flat, item = stack.pop()
        if isinstance(item, Quoted):
            item = item.text
        if isinstance(item, str):
            room -= text_width(item)
        elif isinstance(item, tuple):
            stack.extend([(level, flat, part) for part in reversed(item)])
        elif isinstance(item, Break):
            if not flat:
                return True
            room -= len(item.flat)
        elif isinstance(item, Group | Indented):
            stack.append((level, flat, item.content))
        elif isinstance(item, Either):
            stack.append((level, flat, item.flat if flat else item.broken))
    return False


def fits_on_lines(doc: Doc, indent: int) -> bool:
    """Whether no line is too long when every group is broken; lines that are but a string do not
    count, as no layout makes them shorter."""
    return all(
        text_width(line.text) <= WIDTH or _STRING.fullmatch(line.text)
        for line in print_lines(doc, indent, expand=True)
    )
