"""Laying a file out, or a part of it."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import accumulate

from lsprotocol import types

from vega_lsp.session import Snapshot
from vegac.formatting.holes import Delimiters, respelt
from vegac.formatting.texts import holders
from vegac.source.diagnostic import Edit

_MANY = 250_000
"""Of how many pairs of lines the least difference is looked for."""


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
    """The holes of one line in their usual spelling: of the line that was ended, or in which a hole
    was closed just now. Nothing else moves under the user's hands."""
    line = params.position.line - (params.ch == "\n")
    if line < 0 or (params.ch != "\n" and not _closes(snapshot, params.position)):
        return []
    found: list[types.TextEdit] = []
    for holder in holders(snapshot.tree.root):
        scalar = holder.place.scalar
        place = snapshot.program.locate(scalar.span)
        if (
            place is not None
            and place.file.path == snapshot.file.path
            and place.position.line <= line + 1 <= place.end_position.line
        ):
            found += _of_line(snapshot, respelt(holder, _delimiters(snapshot)).edits, line)
    return found


def _closes(snapshot: Snapshot, place: types.Position) -> bool:
    end = snapshot.offset(place)
    return snapshot.file.text[max(end - 2, 0) : end] in (">>", "}}")


def _of_line(snapshot: Snapshot, edits: tuple[Edit, ...], line: int) -> Iterator[types.TextEdit]:
    for edit in edits:
        place = snapshot.span_range(edit.span)
        if place is not None and place.start.line == line == place.end.line:
            yield types.TextEdit(place, edit.text)


def _delimiters(snapshot: Snapshot) -> Delimiters | None:
    wanted = snapshot.session.settings.delimiters
    return wanted if wanted in ("angle", "brace") else None


def _edits(snapshot: Snapshot) -> list[types.TextEdit]:
    from vegac.formatting.document import format_text

    text = snapshot.file.text
    formatted = format_text(text, _delimiters(snapshot)).text
    before, after = text.splitlines(keepends=True), formatted.splitlines(keepends=True)
    starts = [0, *accumulate(len(line) for line in before)]
    return [
        types.TextEdit(snapshot.range(starts[a], starts[b]), "".join(after[c:d]))
        for a, b, c, d in _differences(before, after)
    ]


def _differences(before: list[str], after: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Which lines become which others."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    end, new_end = len(before) - tail, len(after) - tail
    if len(before) == len(after):
        yield from ((n, n + 1, n, n + 1) for n in range(head, end) if before[n] != after[n])
    elif (end - head) * (new_end - head) > _MANY:
        yield head, end, head, new_end
    else:
        matcher = SequenceMatcher(None, before[head:end], after[head:new_end], autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag != "equal":
                yield a + head, b + head, c + head, d + head
