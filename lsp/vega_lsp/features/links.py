"""Files that a program names, as links."""

import os
from pathlib import Path

from lsprotocol import types

from vega_lsp.places import Place
from vega_lsp.session import Snapshot
from vegac.workspace import names_of


def targets(snapshot: Snapshot, place: Place) -> list[Path]:
    """The files that a value names, relative to the file that holds it."""
    location = snapshot.program.locate(place.node.span)
    holder = snapshot.program.files.get(location.file.path) if location else None
    name = place.node.value
    if holder is None or not name or "${" in name or "\0" in name:
        return []
    paths = [holder.parent / found for found in names_of(name, holder.parent)]
    return [Path(os.path.abspath(path)) for path in paths if path.is_file()]  # noqa: PTH100


def links(snapshot: Snapshot, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
    del params
    found: list[types.DocumentLink] = []
    for place in snapshot.program.index.places:
        if place.kind != "file":
            continue
        node = place.node
        span = node.value_span(0, len(node.value)) if node.value else node.span
        shown = snapshot.span_range(span)
        paths = targets(snapshot, place) if shown is not None else []
        if shown is not None and len(paths) == 1:
            uri = snapshot.session.uri(paths[0])
            found.append(types.DocumentLink(shown, uri, tooltip=paths[0].name))
    return found
