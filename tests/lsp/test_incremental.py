"""What is remembered between edits changes nothing but the time that a check takes."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from lsp_edits import TEAM, sessions

from vega_lsp.index import Occurrence
from vega_lsp.program import Memory, Program
from vegac.ir.text import program_text
from vegac.workspace import Report, Workspace

NAME = "team.vega.yaml"


def shown(report: Report) -> list[Any]:
    """What a check found, with the places in the file, and the IR."""
    places = [report.placements.locate(item.span) for item in report.diagnostics]
    return [
        report.diagnostics,
        [(place.file.path, place.start, place.end) for place in places],
        report.silenced,
        program_text(report.program) if report.program else None,
    ]


def compare(texts: list[str], folder: Path) -> None:
    workspace = Workspace(folder, remembering=True)
    for text in texts:
        remembered = shown(workspace.check_text(text, NAME))
        assert remembered == shown(Workspace(folder).check_text(text, NAME))


NOWHERE = Path(__file__).parent / "no-such-folder"
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large]


@given(sessions())
@settings(max_examples=25, deadline=None, suppress_health_check=CHECKS)
def test_an_edited_program_is_checked_like_a_new_one(texts: list[str]) -> None:
    compare(texts, NOWHERE)


@pytest.mark.slow
@pytest.mark.timeout(900)
@given(sessions(size=30))
@settings(max_examples=250, deadline=None, suppress_health_check=CHECKS)
def test_thousands_of_edits(texts: list[str]) -> None:
    compare(texts, NOWHERE)


# --- what the editor asks for ---------------------------------------------------------------------


def known_of(program: Program) -> list[Any]:
    """All names and types of a program, in comparable form."""
    index, types = program.index, program.types

    def named(item: Occurrence) -> tuple[Any, ...]:
        return item.symbol, item.span, item.role, item.what

    return [
        {symbol: list(map(named, found)) for symbol, found in index.occurrences.items()},
        {unit: list(map(named, found)) for unit, found in index.units.items()},
        {
            unit: [(item.parsed.text, item.span(0, 0), item.place.owner) for item in found]
            for unit, found in index.expressions.items()
        },
        [(place.kind, place.node.span, place.section, place.owner) for place in index.places],
        {unit: len(found) for unit, found in index.unit_places.items()},
        {name: len(steps) for name, steps in index.steps.items()},
        {
            unit: [(part.span, part.type, type(part)) for part in found]
            for unit, found in types.units.items()
        },
        types.variables,
    ]


@given(sessions())
@settings(max_examples=15, deadline=None, suppress_health_check=CHECKS)
def test_names_and_types_are_those_of_a_new_program(texts: list[str]) -> None:
    workspace, memory = Workspace(NOWHERE, remembering=True), Memory()
    for text in texts:
        program = Program(NOWHERE / NAME, workspace.check_text(text, NAME), {}, memory)
        fresh = Program(NOWHERE / NAME, Workspace(NOWHERE).check_text(text, NAME), {})
        assert known_of(program) == known_of(fresh)
