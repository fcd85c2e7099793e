"""What is remembered between edits changes nothing but the time that a check takes."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from lsp_edits import TEAM, sessions

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
