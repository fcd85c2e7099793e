"""Which workflows call which."""

from lsprotocol import types

from vega_lsp.features.navigation import symbol_at
from vega_lsp.index import Occurrence, Symbol
from vega_lsp.places import Place
from vega_lsp.session import Session, Snapshot, path_of


def prepare(
    snapshot: Snapshot, params: types.CallHierarchyPrepareParams
) -> list[types.CallHierarchyItem] | None:
    occurrence = symbol_at(snapshot, params.position)
    if occurrence is None or occurrence.symbol.kind != "workflow":
        return None
    item = _item(snapshot, occurrence.symbol)
    return [item] if item else None


def _item(snapshot: Snapshot, symbol: Symbol) -> types.CallHierarchyItem | None:
    definition = snapshot.program.index.definition(symbol)
    location = snapshot.location(definition.span) if definition else None
    if location is None:
        return None
    return types.CallHierarchyItem(
        symbol.name, types.SymbolKind.Function, location.uri, location.range, location.range
    )


def _calls(snapshot: Snapshot) -> list[tuple[str, Symbol, Place]]:
    """Each call: the workflow that makes it, the one that is called, and where."""
    return [
        (place.owner, Symbol("workflow", place.node.value), place)
        for place in snapshot.program.index.places
        if place.kind == "workflow" and place.section == "workflows"
    ]


def _snapshot(session: Session, item: types.CallHierarchyItem) -> Snapshot | None:
    return session.snapshot(session.uri(path_of(item.uri)))


def incoming(
    session: Session, params: types.CallHierarchyIncomingCallsParams
) -> list[types.CallHierarchyIncomingCall]:
    snapshot = _snapshot(session, params.item)
    if snapshot is None:
        return []
    found: dict[str, list[types.Range]] = {}
    for caller, callee, place in _calls(snapshot):
        location = snapshot.location(place.node.span)
        if callee.name == params.item.name and location is not None:
            found.setdefault(caller, []).append(location.range)
    return [
        types.CallHierarchyIncomingCall(item, ranges)
        for caller, ranges in found.items()
        if (item := _item(snapshot, Symbol("workflow", caller))) is not None
    ]


def outgoing(
    session: Session, params: types.CallHierarchyOutgoingCallsParams
) -> list[types.CallHierarchyOutgoingCall]:
    snapshot = _snapshot(session, params.item)
    if snapshot is None:
        return []
    found: dict[Symbol, list[types.Range]] = {}
    for caller, callee, place in _calls(snapshot):
        location = snapshot.location(place.node.span)
        if caller == params.item.name and location is not None:
            found.setdefault(callee, []).append(location.range)
    return [
        types.CallHierarchyOutgoingCall(item, ranges)
        for callee, ranges in found.items()
        if (item := _item(snapshot, callee)) is not None
    ]


def linked(
    snapshot: Snapshot, params: types.LinkedEditingRangeParams
) -> types.LinkedEditingRanges | None:
    """The places of a variable that change together while one of them is typed."""
    occurrence: Occurrence | None = symbol_at(snapshot, params.position)
    if occurrence is None or occurrence.symbol.kind not in ("variable", "parameter"):
        return None
    definition = snapshot.program.index.definition(occurrence.symbol)
    if definition is None or definition.role == "read":
        return None
    ranges: list[types.Range] = []
    for other in snapshot.program.index.occurrences[occurrence.symbol]:
        place = snapshot.span_range(other.span)
        if place is None:
            return None  # what is used in another file takes a renaming
        ranges.append(place)
    return types.LinkedEditingRanges(ranges, word_pattern=r"[A-Za-z_]\w*")
