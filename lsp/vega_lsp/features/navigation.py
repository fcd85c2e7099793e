"""Where things are defined and used."""

from collections.abc import Iterator

from lsprotocol import types

from vega_lsp.index import Occurrence, Symbol
from vega_lsp.origins import field_place, type_place
from vega_lsp.program import Program
from vega_lsp.session import Snapshot
from vega_lsp.test_program import tests_of
from vegac.source.span import Span


def symbol_at(snapshot: Snapshot, position: types.Position) -> Occurrence | None:
    """What is named at a position."""
    return snapshot.program.index.at(*snapshot.place(snapshot.offset(position)))


def programs_with(snapshot: Snapshot, symbol: Symbol) -> list[Program]:
    """Every program that has the file in which a symbol is defined, with the tests of each."""
    definition = snapshot.program.index.definition(symbol)
    place = snapshot.program.locate(definition.span) if definition else None
    path = snapshot.program.files.get(place.file.path) if place else None
    if path is None:
        return [snapshot.program]
    session = snapshot.session
    found = session.programs_of(path)
    return [*found, *(tests for program in found for tests in tests_of(session, program))]


def everywhere(snapshot: Snapshot, symbol: Symbol) -> Iterator[tuple[Occurrence, types.Location]]:
    """Each occurrence of a symbol in all programs that share it, once."""
    seen: set[tuple[str, int, int]] = set()
    for program in programs_with(snapshot, symbol):
        for occurrence in program.index.occurrences.get(symbol, ()):
            location = snapshot.session.location(program, occurrence.span)
            if location is None:
                continue
            start = location.range.start
            key = (location.uri, start.line, start.character)
            if key not in seen:
                seen.add(key)
                yield occurrence, location


def definition(snapshot: Snapshot, params: types.DefinitionParams) -> list[types.Location] | None:
    occurrence = symbol_at(snapshot, params.position)
    if occurrence is None:
        place = snapshot.place(snapshot.offset(params.position))
        field = field_place(snapshot.program, *place)
        return _at(snapshot, field) if field else _file(snapshot, params.position)
    found = snapshot.program.index.definition(occurrence.symbol)
    return _at(snapshot, found.span) if found and found.role != "read" else None


def type_definition(
    snapshot: Snapshot, params: types.TypeDefinitionParams
) -> list[types.Location] | None:
    """Where it is written what a value looks like: a schema, a format, the type of an input."""
    program = snapshot.program
    occurrence = symbol_at(snapshot, params.position)
    if occurrence is not None:
        found = type_place(program, occurrence.symbol)
    else:
        found = field_place(program, *snapshot.place(snapshot.offset(params.position)))
    return _at(snapshot, found) if found else None


def _at(snapshot: Snapshot, span: Span) -> list[types.Location] | None:
    location = snapshot.location(span)
    return [location] if location else None


def _file(snapshot: Snapshot, position: types.Position) -> list[types.Location] | None:
    """The files that a value names."""
    from vega_lsp.features.links import targets

    place = snapshot.program.index.place_at(*snapshot.place(snapshot.offset(position)))
    if place is None or place.kind != "file":
        return None
    start = types.Position(0, 0)
    return [
        types.Location(snapshot.session.uri(path), types.Range(start, start))
        for path in targets(snapshot, place)
    ]


def references(snapshot: Snapshot, params: types.ReferenceParams) -> list[types.Location] | None:
    occurrence = symbol_at(snapshot, params.position)
    if occurrence is None:
        return None
    declared = params.context.include_declaration
    return [
        location
        for found, location in everywhere(snapshot, occurrence.symbol)
        if declared or found.role != "definition"
    ]


def highlights(
    snapshot: Snapshot, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight] | None:
    occurrence = symbol_at(snapshot, params.position)
    if occurrence is None:
        return None
    found: list[types.DocumentHighlight] = []
    for other in snapshot.program.index.occurrences[occurrence.symbol]:
        place = snapshot.span_range(other.span)
        if place is not None:
            kind = (
                types.DocumentHighlightKind.Read
                if other.role == "read"
                else types.DocumentHighlightKind.Write
            )
            found.append(types.DocumentHighlight(place, kind))
    return found
