"""Formats the text of one file."""

from msgspec import Struct

from vegac.formatting.holes import Delimiters, respelt
from vegac.formatting.layout import laid_out
from vegac.formatting.lines import joined, line_end, spaced, trimmed
from vegac.formatting.meaning import same
from vegac.formatting.texts import holders
from vegac.source.file import SourceFile
from vegac.source.span import Span
from vegac.syntax.chunks import Piece, cut
from vegac.syntax.compose import Composed, compose
from vegac.syntax.nodes import Chunk, Mapping, Scalar
from vegac.syntax.reader import FileTree, Reader, legible


class Note(Struct, frozen=True):
    """Something that stays as it is, though it was to be changed; `line` counts from 1, or is 0
    for the whole file."""

    line: int
    message: str


class Formatted(Struct):
    """The text of a file as it should be, byte-order mark included."""

    text: str
    notes: list[Note]


def format_text(text: str, delimiters: Delimiters | None = None) -> Formatted:
    """Format a file's text; with `delimiters`, holes get these where they can.

    What does not parse stays as it is. The result means the same as `text` and formatting it again
    changes nothing.
    """
    file = SourceFile("", text)
    tree = Reader().read(file)
    if any(found.code == "limit-exceeded" for found in tree.diagnostics):
        return Formatted(text, [])
    notes = _restrictions(tree, delimiters)
    spelt = _if_same(tree, _spelt(tree, None if notes else delimiters, notes))
    laid = _if_same(spelt, _laid_out(spelt.file.text))
    if any(found.code == "yaml-syntax" for found in tree.diagnostics):
        notes.append(Note(0, "there are mistakes in it; what does not parse is left as it is"))
    return Formatted(("\ufeff" if file.bom else "") + laid.file.text, notes)


def _if_same(before: FileTree, text: str) -> FileTree:
    """The reading of a text, unless it says something else than the one before."""
    if text == before.file.text:
        return before
    after = Reader().read(SourceFile("", text))
    return after if same(before, after) else before


def _restrictions(tree: FileTree, delimiters: Delimiters | None) -> list[Note]:
    """Why a file cannot have these delimiters, if it says so itself."""
    settings = tree.root.get("settings") if tree.root is not None else None
    allowed = settings.get("delimiters") if isinstance(settings, Mapping) else None
    if delimiters is None or not isinstance(allowed, Scalar) or allowed.value == delimiters:
        return []
    if allowed.value not in ("angle", "brace"):
        return []
    line = tree.placements.locate(allowed.span).position.line
    message = f"`settings.delimiters` is '{allowed.value}', so holes stay as they are"
    return [Note(line, message)]


def _spelt(tree: FileTree, delimiters: Delimiters | None, notes: list[Note]) -> str:
    """The text of a file with its holes respelt."""
    broken = {found.span.unit for found in tree.diagnostics if found.code == "yaml-syntax"}
    commented = [found.span for found in tree.diagnostics if found.code == "comment-in-text"]
    text = tree.file.text
    changes: list[tuple[int, int, str]] = []
    seen: set[int] = set()
    for holder in holders(tree.root):
        scalar = holder.place.scalar
        if scalar.chunk.unit in broken or id(scalar) in seen:
            continue
        seen.add(id(scalar))
        # Quotes would hide that the end of a text is lost.
        spelling = respelt(holder, None if _is_cut(scalar, commented) else delimiters)
        for edit in spelling.edits:
            place = tree.placements.locate(edit.span)
            changes.append((place.start, place.end, edit.text))
        if spelling.left:
            line = tree.placements.locate(scalar.span).position.line
            notes.append(Note(line, f"left as it is: {spelling.left}"))
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _is_cut(scalar: Scalar, comments: list[Span]) -> bool:
    """Whether one of the comments follows directly."""
    text = scalar.chunk.text
    return any(
        span.unit == scalar.chunk.unit
        and scalar.end <= span.start
        and not text[scalar.end : span.start].strip(" \t")
        for span in comments
    )


def _laid_out(text: str) -> str:
    """The text of a file with its spaces and blank lines in order."""
    end = line_end(text)
    if not _is_yaml(text):
        return _laid_out_in_pieces(text, end)
    lines = laid_out(text)
    return text if lines is None else joined(trimmed(spaced(lines, end), end), end)


def _laid_out_in_pieces(text: str, end: str) -> str:
    """The text of a file that is no YAML as a whole, with those definitions in order that are."""
    result: list[str] = []
    position = 0
    for part in cut("", text, lenient=True) or []:
        if part.stray:
            continue
        for piece in part.members or (part.piece,):
            result.append(text[position : piece.start])
            source = text[piece.start : piece.end]
            lines = laid_out(source, None) if _is_sound(piece, source) else None
            result.append(source if lines is None else joined(spaced(lines, end), end))
            position = piece.end
    result.append(text[position:])
    return "".join(result)


def _is_yaml(text: str) -> bool:
    return legible(text, "")[0] == text and isinstance(compose(Chunk("", text)), Composed)


def _is_sound(piece: Piece, source: str) -> bool:
    if legible(source, "")[0] != source:
        return False
    composed = compose(Chunk("", source), piece.depth)
    return (
        isinstance(composed, Composed)
        and not composed.diagnostics
        and isinstance(composed.root, Mapping)
        and composed.root.start == piece.column
        and len(composed.root.entries) == 1
    )
