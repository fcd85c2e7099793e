"""Types beside the names that have them, and what can be run from where it stands."""

from lsprotocol import types

from vega_lsp.session import Snapshot
from vega_lsp.variables import type_of
from vegac.semantics.types import ANY

_WORKFLOW = (("Run", "vega.run"), ("Show Python", "vega.showPython"))
_TEST = (("Test", "vega.test"),)


def inlay_hints(snapshot: Snapshot, params: types.InlayHintParams) -> list[types.InlayHint]:
    """The inferred types of variables where they are set."""
    if not snapshot.session.settings.inlay_hints:
        return []
    found: list[types.InlayHint] = []
    for unit in dict.fromkeys(chunk.unit for chunk in snapshot.tree.chunks):
        for occurrence in snapshot.program.index.units.get(unit, ()):
            if occurrence.role != "write" or occurrence.symbol.kind != "variable":
                continue
            type_ = type_of(snapshot.program, occurrence.symbol)
            place = snapshot.program.locate(occurrence.span)
            if type_ == ANY or place is None or occurrence.what == "step":
                continue
            position = snapshot.range(place.end, place.end).end
            if params.range.start.line <= position.line <= params.range.end.line:
                found.append(types.InlayHint(position, f": {type_}", kind=types.InlayHintKind.Type))
    return found


def lenses(snapshot: Snapshot, params: types.CodeLensParams) -> list[types.CodeLens]:
    """Running workflows and tests, and showing the Python that a workflow becomes."""
    del params
    session = snapshot.session
    if not session.settings.code_lenses:
        return []
    found: list[types.CodeLens] = []
    uri = session.uri(snapshot.program.path)
    root = snapshot.tree.root
    for section in root.entries if root else []:
        if section.key.value not in ("workflows", "tests"):
            continue
        tests = section.key.value == "tests"
        for entry in getattr(section.value, "entries", []):
            place = snapshot.span_range(entry.key.span)
            if place is None:
                continue
            arguments = [uri, entry.key.value]
            for title, command in _TEST if tests else _WORKFLOW:
                shown = types.Command(title, command, arguments=arguments)
                found.append(types.CodeLens(place, shown))
    return found
