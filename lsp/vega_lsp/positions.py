"""Between offsets in a text and the positions of the protocol, whose columns count code units."""

from typing import Literal

from lsprotocol import types

from vegac.source.file import SourceFile

Encoding = Literal["utf-8", "utf-16", "utf-32"]
_BOM = "\ufeff"


def encoding_of(name: object) -> Encoding:
    """The encoding that was agreed on; UTF-16 where that is unknown."""
    text = str(getattr(name, "value", name))
    return text if text in ("utf-8", "utf-16", "utf-32") else "utf-16"


def width(text: str, encoding: Encoding) -> int:
    """How many code units a text has."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(char > "\uffff" for char in text)


def position(file: SourceFile, offset: int, encoding: Encoding) -> types.Position:
    """The position of an offset in the text of a file."""
    place = file.position(offset)
    start = file.line_starts[place.line - 1]
    before = file.text[start : start + place.column - 1]
    if file.bom and place.line == 1:
        before = _BOM + before
    return types.Position(place.line - 1, width(before, encoding))


def offset(file: SourceFile, place: types.Position, encoding: Encoding) -> int:
    """The offset of a position; one outside of the text is moved to the nearest place in it."""
    if place.line >= len(file.line_starts):
        return len(file.text)
    start = file.line_starts[max(place.line, 0)]
    line = file.line_text(max(place.line, 0) + 1)
    units = place.character
    if file.bom and place.line == 0:
        units = max(0, units - width(_BOM, encoding))
    if encoding == "utf-32" or line.isascii():
        return start + min(units, len(line))
    for index, char in enumerate(line):
        units -= width(char, encoding)
        if units < 0:
            return start + index
    return start + len(line)


def range_of(file: SourceFile, start: int, end: int, encoding: Encoding) -> types.Range:
    """The range of `text[start:end]`."""
    return types.Range(position(file, start, encoding), position(file, end, encoding))


def changed(
    file: SourceFile, change: types.TextDocumentContentChangeEvent, encoding: Encoding
) -> SourceFile:
    """The file after an edit of the client."""
    if isinstance(change, types.TextDocumentContentChangeWholeDocument):
        return SourceFile(file.path, change.text)
    start = offset(file, change.range.start, encoding)
    end = max(start, offset(file, change.range.end, encoding))
    # A place behind a carriage return may be the middle of a line end.
    mark = _BOM if file.bom else ""
    return SourceFile(file.path, mark + file.text[:start] + change.text + file.text[end:])
