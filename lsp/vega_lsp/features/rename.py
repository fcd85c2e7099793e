"""Renaming agents, workflows, tools and variables."""

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from vega_grammar import keys as grammar
from vega_lsp.features.navigation import everywhere, programs_with, symbol_at
from vega_lsp.index import Symbol, simple_name
from vega_lsp.session import Snapshot
from vegac.semantics.literals import PUBLIC_NAME
from vegac.syntax.core_schema import resolve_plain
from vegac.syntax.expression_parser import KEYWORDS


def prepare(
    snapshot: Snapshot, params: types.PrepareRenameParams
) -> types.PrepareRenamePlaceholder | None:
    occurrence = symbol_at(snapshot, params.position)
    if occurrence is None or not _is_defined(snapshot, occurrence.symbol):
        return None
    place = snapshot.span_range(occurrence.span)
    return types.PrepareRenamePlaceholder(place, occurrence.symbol.name) if place else None


def rename(snapshot: Snapshot, params: types.RenameParams) -> types.WorkspaceEdit | None:
    """The edits of a renaming. Raises `JsonRpcInvalidParams` for a name that cannot be taken."""
    occurrence = symbol_at(snapshot, params.position)
    if occurrence is None or not _is_defined(snapshot, occurrence.symbol):
        return None
    symbol, name = occurrence.symbol, params.new_name
    if name == symbol.name:
        return types.WorkspaceEdit(changes={})
    problem = _problem(snapshot, symbol, name)
    if problem:
        raise JsonRpcInvalidParams(message=problem)
    changes: dict[str, list[types.TextEdit]] = {}
    for _, location in everywhere(snapshot, symbol):
        changes.setdefault(location.uri, []).append(types.TextEdit(location.range, name))
    return types.WorkspaceEdit(changes=changes)


def _is_defined(snapshot: Snapshot, symbol: Symbol) -> bool:
    definition = snapshot.program.index.definition(symbol)
    return definition is not None and definition.role != "read"


def _problem(snapshot: Snapshot, symbol: Symbol, name: str) -> str:
    """Why a symbol cannot have a name."""
    if symbol.kind in ("variable", "parameter"):
        if not simple_name(name):
            return f"'{name}' cannot name a variable: use letters, digits and '_'"
        if name in KEYWORDS:
            return f"'{name}' is a word of the language"
        if name in grammar.BUILT_IN_NAMES or name == "input":
            return f"'{name}' has a meaning of its own here"
    elif not PUBLIC_NAME.fullmatch(name) or not isinstance(resolve_plain(name), str):
        return f"'{name}' cannot be a name: use letters, digits, '-' and '_'"
    elif symbol.kind == "agent" and (name in grammar.STEPS or name in ("then", "else")):
        return f"'{name}' begins a step of its own, so no agent can have that name"
    taken = Symbol(symbol.kind, name, symbol.scope)
    for program in programs_with(snapshot, symbol):
        if taken in program.index.occurrences:
            return f"there is another {symbol.kind} named '{name}'"
    return ""
