"""Checking many programs: in one process or several, with one outcome."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from vegac.cli.check import work as work_module
from vegac.cli.check.crew import check_in_processes
from vegac.cli.check.result import Checked, Sources
from vegac.cli.check.work import Work, check_all, settled
from vegac.source.render.text import render
from vegac.workspace import Workspace

AGENTS = "agents:\n  Coder: {model: claude-haiku-4-5, system: You code., temprature: 1}\n"
PROGRAM = """\
include: [../agents.vega.yaml]
workflows:
  w{number}:
    inputs: {{task: string}}
    steps:
      - Cder: "<<task>>"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "agents.vega.yaml").write_text(AGENTS)
    (tmp_path / "many").mkdir()
    for number in range(20):
        text = PROGRAM.format(number=number)
        (tmp_path / "many" / f"p{number:02}.vega.yaml").write_text(text)
    return tmp_path


def outcomes(workspace: Workspace, paths: list[Path], jobs: int) -> dict[Path, Checked]:
    works = check_all(workspace, paths, None, jobs)
    return {path: work.outcome for path, work in works.items()}


def test_several_processes_find_what_one_finds(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_module, "_PART_BYTES", 300)
    workspace = Workspace(project)
    paths = [*workspace.discover([project]), project / "gone.vega.yaml"]
    alone, together = outcomes(workspace, paths, 1), outcomes(workspace, paths, 3)
    assert list(together) == paths
    assert together == alone
    assert alone[paths[-1]].unread == f"cannot read '{paths[-1]}': No such file or directory"
    codes = [finding.code for finding in alone[paths[1]].findings]
    assert codes == ["unknown-key", "unknown-agent"]


def test_findings_point_into_the_files_that_hold_them(project: Path) -> None:
    workspace = Workspace(project)
    path = project / "many" / "p03.vega.yaml"
    outcome = outcomes(workspace, [path], 1)[path]
    sources = Sources(workspace)
    sources.need(outcome.findings)
    text = render(outcome.findings, sources.placements)
    assert text == render((report := Workspace(project).check(path)).diagnostics, report.placements)
    assert " --> agents.vega.yaml:2:" in text
    assert " --> many/p03.vega.yaml:6:9\n" in text


def test_what_changes_during_a_check_is_checked_again(project: Path) -> None:
    workspace = Workspace(project)
    paths = [project / "many" / f"p{number:02}.vega.yaml" for number in range(3)]
    before = check_all(workspace, paths, None, 1)
    paths[0].write_text("\n" + paths[0].read_text())
    paths[1].unlink()
    after = settled(workspace, before)
    assert after[paths[2]] is before[paths[2]]
    assert after[paths[1]].outcome.unread.startswith("cannot read")
    found = [item for item in after[paths[0]].outcome.findings if item.code == "unknown-agent"]
    assert [item.span.start for item in found] == [PROGRAM.format(number=0).index("Cder") + 1]


def test_what_a_process_cannot_tell_is_checked_here(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(project)
    paths = workspace.discover([project])
    expected = outcomes(workspace, paths, 1)

    monkeypatch.setattr(work_module, "_PART_BYTES", 10**6)
    monkeypatch.setattr("vegac.cli.check.crew.check_in_processes", _forgetful)
    assert outcomes(workspace, paths, 2) == expected


def _forgetful(
    root: Path, parts: list[list[Path]], jobs: int
) -> Iterator[tuple[int, list[Work | None]]]:
    """Processes that have nothing to tell about every other program."""
    for number, part in enumerate(parts):
        works = check_all(Workspace(root), part, None, 1)
        yield number, [work if at % 2 else None for at, work in enumerate(works.values())]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed with SIGKILL")
def test_processes_that_die_leave_nothing_hanging(project: Path) -> None:
    paths = Workspace(project).discover([project])
    parts = [[path] for path in paths]
    found: dict[int, list[Work | None]] = {}
    for number, answer in check_in_processes(project, parts, 2):
        found[number] = answer
        for child in children():
            os.kill(child, signal.SIGKILL)
    assert found.keys() == set(range(len(parts)))
    assert any(answer == [None] for answer in found.values())


def test_closing_early_ends_the_processes(project: Path) -> None:
    parts = [[path] for path in Workspace(project).discover([project])]
    before = children()
    checking = check_in_processes(project, parts, 2)
    next(checking)
    assert len(children()) > len(before)
    checking.close()
    assert children() == before


def children() -> list[int]:
    import multiprocessing

    return [process.pid or 0 for process in multiprocessing.active_children()]
