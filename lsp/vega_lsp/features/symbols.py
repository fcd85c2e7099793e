"""The outline of a file, and the search for names in all programs."""

from collections.abc import Iterator

from lsprotocol import types

from vega_lsp.index import SymbolKind
from vega_lsp.program import Program
from vega_lsp.session import Session, Snapshot
from vegac.source.span import Span
from vegac.syntax.document import Step, inner_blocks
from vegac.syntax.nodes import Entry, Mapping, Node

_KINDS: dict[str, types.SymbolKind] = {
    "agents": types.SymbolKind.Class,
    "workflows": types.SymbolKind.Function,
    "tools": types.SymbolKind.Interface,
    "tests": types.SymbolKind.Event,
}
_SYMBOLS: dict[SymbolKind, types.SymbolKind] = {
    "agent": types.SymbolKind.Class,
    "workflow": types.SymbolKind.Function,
    "tool": types.SymbolKind.Interface,
}


def document_symbols(
    snapshot: Snapshot, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol]:
    del params
    root = snapshot.tree.root
    found = [_section(snapshot, entry) for entry in root.entries] if root else []
    return [symbol for symbol in found if symbol is not None]


def _symbol(
    snapshot: Snapshot,
    name: str,
    kind: types.SymbolKind,
    key: Span,
    whole: Span,
    children: list[types.DocumentSymbol] | None = None,
) -> types.DocumentSymbol | None:
    place, around = snapshot.span_range(key), snapshot.span_range(whole)
    if place is None:
        return None
    start = place.start
    # What an alias brought in stands elsewhere.
    end = around.end if around is not None else place.end
    for child in children or ():
        end = max(end, child.range.end, key=_order)
    end = max(end, place.end, key=_order)
    return types.DocumentSymbol(
        name or "(empty)", kind, types.Range(start, end), place, children=children or None
    )


def _order(place: types.Position) -> tuple[int, int]:
    return place.line, place.character


def _section(snapshot: Snapshot, entry: Entry) -> types.DocumentSymbol | None:
    name = entry.key.value
    kind = _KINDS.get(name)
    children: list[types.DocumentSymbol] = []
    if kind is not None and isinstance(entry.value, Mapping):
        for inner in entry.value.entries:
            child = _definition(snapshot, name, kind, inner)
            if child is not None:
                children.append(child)
    return _entry(snapshot, entry, types.SymbolKind.Namespace if kind else None, children)


def _entry(
    snapshot: Snapshot,
    entry: Entry,
    kind: types.SymbolKind | None = None,
    children: list[types.DocumentSymbol] | None = None,
) -> types.DocumentSymbol | None:
    shown = kind or types.SymbolKind.Property
    value = entry.value.span
    return _symbol(snapshot, entry.key.value, shown, entry.key.span, value, children)


def _definition(
    snapshot: Snapshot, section: str, kind: types.SymbolKind, entry: Entry
) -> types.DocumentSymbol | None:
    children: list[types.DocumentSymbol | None] = []
    if section == "workflows" and isinstance(entry.value, Mapping):
        inputs: Node | None = entry.value.get("inputs")
        if isinstance(inputs, Mapping):
            variable = types.SymbolKind.Variable
            children += [_entry(snapshot, declared, variable) for declared in inputs.entries]
        for step in snapshot.program.index.steps.get(entry.key.value, []):
            children.append(_step(snapshot, step))
    return _entry(snapshot, entry, kind, [child for child in children if child is not None])


def _step(snapshot: Snapshot, step: Step) -> types.DocumentSymbol | None:
    children = [_step(snapshot, inner) for block in inner_blocks(step) for inner in block]
    kind = types.SymbolKind.Method if step.kind == "send" else types.SymbolKind.Operator
    return _symbol(
        snapshot,
        step.key.value,
        kind,
        step.key.span,
        step.node.span,
        [child for child in children if child is not None],
    )


def workspace_symbols(session: Session, query: str) -> list[types.WorkspaceSymbol]:
    """The agents, workflows and tools of all programs whose names hold the query's letters."""
    return [symbol for symbols in symbols_by_program(session, query) for symbol in symbols]


def symbols_by_program(session: Session, query: str) -> Iterator[list[types.WorkspaceSymbol]]:
    """What each program adds to `workspace_symbols`."""
    told: set[tuple[str, int, str]] = set()
    letters = query.lower()
    for main in session.mains():
        symbols = session.derived(main, "symbols", lambda program: _defined(session, program))
        found: list[types.WorkspaceSymbol] = []
        for symbol in symbols or ():
            assert isinstance(symbol.location, types.Location)
            key = (symbol.location.uri, symbol.location.range.start.line, symbol.name)
            if key not in told and _matches(letters, symbol.name.lower()):
                told.add(key)
                found.append(symbol)
        yield found


def _defined(session: Session, program: Program) -> list[types.WorkspaceSymbol]:
    found: list[types.WorkspaceSymbol] = []
    for kind, shown in _SYMBOLS.items():
        for symbol in program.index.named(kind):
            definition = program.index.definition(symbol)
            location = session.location(program, definition.span) if definition else None
            if location is not None:
                found.append(types.WorkspaceSymbol(location, symbol.name, shown))
    return found


def _matches(query: str, name: str) -> bool:
    """Whether the letters of a query come in a name in this order."""
    letters = iter(name)
    return all(letter in letters for letter in query)
