"""Laying a file out, or a part of it."""

from difflib import SequenceMatcher

from lsprotocol import types

from vega_lsp.session import Snapshot


def format_document(
    snapshot: Snapshot, params: types.DocumentFormattingParams
) -> list[types.TextEdit]:
    del params
    return _edits(snapshot)


def format_range(
    snapshot: Snapshot, params: types.DocumentRangeFormattingParams
) -> list[types.TextEdit]:
    """The changes of a whole formatting that lie in the lines of a range."""
    first, last = params.range.start.line, params.range.end.line
    return [
        edit
        for edit in _edits(snapshot)
        if first <= edit.range.start.line and edit.range.end.line <= last + 1
    ]


def format_on_type(
    snapshot: Snapshot, params: types.DocumentOnTypeFormattingParams
) -> list[types.TextEdit]:
    """The changes of one line: the one that was ended, or in which a hole was closed just now.

    What stands right of the place stays, and so does a line that begins or ends a block.
    """
    line = params.position.line - (params.ch == "\n")
    if line < 0 or (params.ch != "\n" and not _closes(snapshot, params.position)):
        return []
    return [edit for edit in _edits(snapshot) if _is_of_line(edit, line)]


def _closes(snapshot: Snapshot, place: types.Position) -> bool:
    end = snapshot.offset(place)
    return snapshot.file.text[max(end - 2, 0) : end] in (">>", "}}")


def _is_of_line(edit: types.TextEdit, line: int) -> bool:
    place = edit.range
    one_line = place.start.line == line and (place.end.line, place.end.character) == (line + 1, 0)
    return one_line and edit.new_text.count("\n") == 1


def _edits(snapshot: Snapshot) -> list[types.TextEdit]:
    from vegac.formatting.document import format_text

    text = snapshot.file.text
    wanted = snapshot.session.settings.delimiters
    delimiters = wanted if wanted in ("angle", "brace") else None
    formatted = format_text(text, delimiters).text
    before, after = text.splitlines(keepends=True), formatted.splitlines(keepends=True)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        types.TextEdit(snapshot.range(starts[a], starts[b]), "".join(after[c:d]))
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]
