"""Writing holes with the other delimiters."""

from collections.abc import Iterator

from lsprotocol import types

from vega_lsp.session import Snapshot
from vegac.formatting.holes import Delimiters, respelt
from vegac.formatting.texts import Holder, holders
from vegac.syntax.text import parse_text

_SHOWN: dict[Delimiters, str] = {"angle": "<<...>>", "brace": "{{...}}"}


def conversions(
    snapshot: Snapshot, first: int, last: int
) -> Iterator[tuple[str, list[types.TextEdit]]]:
    """Titles and edits: of the text around a place, and of the whole file."""
    if not snapshot.file.text or not ("<<" in snapshot.file.text or "{{" in snapshot.file.text):
        return
    found = list(holders(snapshot.tree.root))
    here = [holder for holder in found if _meets(snapshot, holder, first, last)]
    kinds = {hole.delimiter for one in here for hole in parse_text(one.place.scalar.value).holes}
    wanted: list[Delimiters] = []
    if "<<" in kinds:
        wanted.append("brace")
    if "{{" in kinds:
        wanted.append("angle")
    for delimiters in wanted:
        edits = _edits(snapshot, here, delimiters)
        if edits:
            yield f"Write {_SHOWN[delimiters]} in this text", edits
        everywhere = _edits(snapshot, found, delimiters)
        if len(everywhere) > len(edits):
            yield f"Write {_SHOWN[delimiters]} in the whole file", everywhere


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
