"""What is remembered between edits changes nothing but the time that a check takes."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from lsp_edits import sessions

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
@settings(max_examples=120, deadline=None, suppress_health_check=CHECKS)
def test_thousands_of_edits(texts: list[str]) -> None:
    compare(texts, NOWHERE)


# --- how much is done again -----------------------------------------------------------------------


def many(count: int = 40) -> str:
    """Workflows that use one agent, three of which use another and one of which calls the next."""
    lines = [
        "settings: {default_model: claude-haiku-4-5}",
        "agents:",
        "  Coder:",
        "    system: You write.",
        "  Critic:",
        "    system: You judge.",
        "workflows:",
    ]
    for number in range(count):
        lines += [
            f"  part{number}:",
            "    inputs:",
            "      task: string",
            "    steps:",
            f"      - Coder: Write <<task>>, part {number}",
            "        save: text",
        ]
        if number < 3:
            lines += ["      - Critic: Judge <<text>>", "        save: text"]
        if number == 5:
            lines += [
                "      - workflow: part6",
                "        with: {task: <<text>>}",
                "        save: text",
            ]
        lines += ["    output: text"]
    return "\n".join(lines) + "\n"


class Counting:
    """A workspace that says how many workflows each edit lowered and judged again, and of how many
    pieces the names were found again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.workspace = Workspace(NOWHERE, remembering=True)
        self.memory = Memory()
        self.done = [0, 0, 0]
        self.edit("", "")

    def edit(self, old: str, new: str) -> list[int]:
        assert old in self.text
        self.text = self.text.replace(old, new, 1)
        report = self.workspace.check_text(self.text, NAME)
        Program(NOWHERE / NAME, report, {}, self.memory).index.named("agent")
        memory = self.workspace.memory(NAME)
        assert memory.judgements is not None
        done = [memory.lowering.count, memory.judgements.count, self.memory.index.count]
        more = [now - before for now, before in zip(done, self.done, strict=True)]
        self.done = done
        assert shown(report) == shown(Workspace(NOWHERE).check_text(self.text, NAME))
        return more


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("part 20", "chapter 20", [1, 1, 1]),
        ("  part9:\n", "  # A remark\n  part9:\n", [0, 0, 0]),
        ("  part9:\n", "\n\n  part9:\n", [0, 0, 0]),
        ("You write.", "You write well.", [0, 0, 1]),
        ("  Critic:\n", "  Judge:\n", [3, 3, 4]),
        ("  Critic:\n", "  Tester:\n    system: You test.\n  Critic:\n", [0, 0, 1]),
        ("settings: {", "settings: {budget: $3, ", [0, 40, 1]),
    ],
)
def test_an_edit_does_again_what_it_touches(old: str, new: str, again: list[int]) -> None:
    assert Counting(many()).edit(old, new) == again


def test_an_input_of_a_workflow_matters_to_those_that_call_it() -> None:
    counting = Counting(many())
    place = "      - Coder: Write <<task>>, part 6\n"
    inputs = f"      task: string\n    steps:\n{place}"
    assert counting.edit(inputs, inputs.replace("string", "integer")) == [2, 2, 1]
    # Where it stands does not.
    described = "    description: The sixth\n    inputs:\n      task: integer\n"
    assert counting.edit("    inputs:\n      task: integer\n", described) == [1, 1, 1]


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
