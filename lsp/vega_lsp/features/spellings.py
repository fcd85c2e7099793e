"""Writing holes with the other delimiters."""

from collections.abc import Iterator

from lsprotocol import types

from vega_lsp.session import Snapshot
from vegac.formatting.holes import Delimiters, respelt
from vegac.formatting.texts import Holder, holders
from vegac.syntax.text import parse_text

SHOWN: dict[Delimiters, str] = {"angle": "<<...>>", "brace": "{{...}}"}
_OTHERS: dict[str, Delimiters] = {"<<": "brace", "{{": "angle"}


def conversions(
    snapshot: Snapshot, first: int, last: int
) -> Iterator[tuple[Delimiters, list[types.TextEdit]]]:
    """The delimiters that the texts around a place could have, with the edits."""
    if not ("<<" in snapshot.file.text or "{{" in snapshot.file.text):
        return
    found = holders(snapshot.tree.root)
    here = [holder for holder in found if _meets(snapshot, holder, first, last)]
    kinds = {hole.delimiter for one in here for hole in parse_text(one.place.scalar.value).holes}
    for sign, delimiters in _OTHERS.items():
        edits = _edits(snapshot, here, delimiters) if sign in kinds else []
        if edits:
            yield delimiters, edits


def converted(snapshot: Snapshot, delimiters: str) -> list[types.TextEdit]:
    """The edits that give all holes of a file these delimiters (`angle` or `brace`)."""
    if delimiters not in SHOWN:
        return []
    return _edits(snapshot, list(holders(snapshot.tree.root)), delimiters)


def _meets(snapshot: Snapshot, holder: Holder, first: int, last: int) -> bool:
    place = snapshot.program.locate(holder.place.scalar.span)
    return (
        place is not None
        and place.file.path == snapshot.file.path
        and place.start <= last
        and first <= place.end
    )


def _edits(snapshot: Snapshot, found: list[Holder], delimiters: Delimiters) -> list[types.TextEdit]:
    edits: list[types.TextEdit] = []
    seen: set[int] = set()
    for holder in found:
        scalar = holder.place.scalar
        if id(scalar) in seen:
            continue
        seen.add(id(scalar))
        for edit in respelt(holder, delimiters).edits:
            place = snapshot.span_range(edit.span)
            if place is not None:
                edits.append(types.TextEdit(place, edit.text))
    return edits
