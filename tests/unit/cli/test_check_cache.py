"""Outcomes of checks that are kept on disk."""

import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

import vegac
from vegac.cli.check import cache as cache_module
from vegac.cli.check.cache import KEPT_FILES, Cache, cache_for
from vegac.cli.check.work import Work, check_all
from vegac.workspace import Workspace

AGENTS = "agents:\n  Coder: {model: claude-haiku-4-5, system: You code., knowledge: [style.md]}\n"
MAIN = """\
include: [agents.vega.yaml, "tools/*.yaml"]
workflows:
  w:
    inputs: {task: string}
    steps:
      - Coder: "<<task>>"
"""
TOOL = """\
name: notify
description: Tells someone
implementation: {type: exec, command: "true"}
"""
NAMES = ["agents.vega.yaml", "main.vega.yaml", "other.vega.yaml"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache_module, "MIN_SOURCE_BYTES", 1)
    (tmp_path / "pyproject.toml").write_text("[tool.vega]\n")
    (tmp_path / "agents.vega.yaml").write_text(AGENTS)
    (tmp_path / "main.vega.yaml").write_text(MAIN)
    (tmp_path / "other.vega.yaml").write_text(AGENTS + "workflows: {v: {steps: [Cder: hi]}}\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "style.md").write_text("Be brief.")
    return tmp_path


def check(project: Path, workspace: Workspace | None = None) -> dict[str, Work]:
    workspace = workspace or Workspace(project)
    paths = workspace.discover([project])
    works = check_all(workspace, paths, cache_for(workspace, paths), jobs=1)
    return {path.name: work for path, work in works.items()}


def fresh(works: dict[str, Work]) -> list[str]:
    """The programs that were checked anew."""
    return [name for name, work in works.items() if work.seconds > 0]


def codes(work: Work) -> list[str]:
    return [finding.code for finding in work.outcome.findings]


def stored(project: Path) -> list[Path]:
    return sorted((project / ".vega" / "cache").iterdir())


def test_what_has_not_changed_is_not_checked_again(project: Path) -> None:
    first = check(project)
    assert fresh(first) == NAMES
    assert codes(first["other.vega.yaml"]) == ["unknown-agent"]
    second = check(project)
    assert fresh(second) == []
    assert {name: work.outcome for name, work in second.items()} == {
        name: work.outcome for name, work in first.items()
    }
    assert {name: work.inputs for name, work in second.items()} == {
        name: work.inputs for name, work in first.items()
    }


def test_only_what_has_changed_is_checked_again(project: Path) -> None:
    check(project)
    with (project / "main.vega.yaml").open("a") as file:
        file.write("# more\n")
    assert fresh(check(project)) == ["main.vega.yaml"]
    (project / "agents.vega.yaml").write_text(AGENTS.replace("Coder", "Reader"))
    again = check(project)
    assert fresh(again) == ["agents.vega.yaml", "main.vega.yaml"]
    assert "unknown-agent" in codes(again["main.vega.yaml"])


def test_files_that_come_and_go_count(project: Path) -> None:
    check(project)
    (project / "tools" / "notify.yaml").write_text(TOOL)
    again = check(project)
    assert fresh(again) == ["main.vega.yaml"]
    assert "tools/notify.yaml" in again["main.vega.yaml"].outcome.files
    (project / "style.md").unlink()
    again = check(project)
    assert fresh(again) == NAMES
    assert all("missing-file" in codes(work) for work in again.values())
    (project / "style.md").write_text("Be kind.")
    assert fresh(check(project)) == NAMES
    (project / "style.md").write_text("Only that it is there counts.")
    assert fresh(check(project)) == []


def test_another_day_configuration_or_compiler_starts_afresh(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(project)
    tomorrow = Workspace(project)
    tomorrow.today += timedelta(days=1)
    assert fresh(check(project, tomorrow)) == NAMES
    (project / "pyproject.toml").write_text("[tool.vega.lints]\nunknown-agent = 'warning'\n")
    again = check(project)
    assert fresh(again) == NAMES
    assert again["other.vega.yaml"].outcome.findings[0].severity == "warning"
    monkeypatch.setattr(vegac, "__version__", "99.0")
    assert fresh(check(project)) == NAMES
    assert fresh(check(project)) == []
    assert len(stored(project)) == 4


def test_old_files_are_removed(project: Path) -> None:
    for day in range(KEPT_FILES + 3):
        workspace = Workspace(project)
        workspace.today += timedelta(days=day)
        check(project, workspace)
        for path in stored(project):
            # Files that are written within one tick of the clock are equally old.
            os.utime(path, ns=(0, path.stat().st_mtime_ns - 10**9))
    assert len(stored(project)) == KEPT_FILES
    assert fresh(check(project, workspace)) == []


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "other"])
def test_a_damaged_file_is_no_failure(project: Path, damage: str) -> None:
    first = check(project)
    (path,) = stored(project)
    data = path.read_bytes()
    path.write_bytes(
        {
            "empty": b"",
            "cut": data[: len(data) // 2],
            "flipped": data[:200] + bytes([data[200] ^ 1]) + data[201:],
            "other": b"\x80" * 100,
        }[damage]
    )
    again = check(project)
    assert fresh(again) == NAMES
    assert codes(again["other.vega.yaml"]) == codes(first["other.vega.yaml"])
    assert fresh(check(project)) == []


def test_runs_at_the_same_time_keep_what_both_found(project: Path) -> None:
    works = check(project)
    (path,) = stored(project)
    path.unlink()
    one, two = Cache(path), Cache(path)
    for cache, name in ((one, "main.vega.yaml"), (two, "other.vega.yaml")):
        work = works[name]
        assert work.inputs is not None
        cache.put(name, work.outcome, work.inputs)
    one.save()
    two.save()
    assert fresh(check(project)) == ["agents.vega.yaml"]
    assert stored(project) == [path]


def test_a_folder_of_its_own_that_git_does_not_see(project: Path) -> None:
    check(project)
    assert (project / ".vega" / ".gitignore").read_text() == "*\n"
    (project / ".vega" / ".gitignore").write_text("mine\n")
    (project / "main.vega.yaml").write_text(MAIN + "# more\n")
    check(project)
    assert (project / ".vega" / ".gitignore").read_text() == "mine\n"


def test_where_nothing_can_be_written_checks_go_on(project: Path) -> None:
    (project / ".vega").write_text("in the way")
    assert fresh(check(project)) == NAMES
    assert fresh(check(project)) == NAMES
    assert (project / ".vega").read_text() == "in the way"


def test_the_folder_is_that_of_the_project(project: Path) -> None:
    inner = project / "inner"
    inner.mkdir()
    (inner / "p.vega.yaml").write_text(AGENTS)
    check(inner, Workspace(inner))
    assert stored(project)
    assert not (inner / ".vega").exists()


def test_programs_of_other_projects_are_not_kept(project: Path) -> None:
    elsewhere = project / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pyproject.toml").write_text("")
    workspace = Workspace(elsewhere)
    assert cache_for(workspace, [project / "main.vega.yaml"]) is None
    assert cache_for(workspace, []) is None


def test_small_checks_keep_nothing(tmp_path: Path) -> None:
    (tmp_path / "p.vega.yaml").write_text(MAIN)
    workspace = Workspace(tmp_path)
    assert cache_for(workspace, [tmp_path / "p.vega.yaml"]) is None


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of Unix")
def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(project: Path) -> None:
    path = project / "check-x"
    os.mkfifo(path)
    assert Cache(path).get("a.vega.yaml") is None


def test_names_that_are_no_text(project: Path) -> None:
    odd = os.fsdecode(b"odd\xff.vega.yaml")
    (project / odd).write_text(MAIN)
    assert odd in fresh(check(project))
    again = check(project)
    assert fresh(again) == [odd]


def test_a_file_that_is_no_utf8_is_checked_each_time(project: Path) -> None:
    (project / "bad.vega.yaml").write_bytes(b"agents: {A: {system: \xff}}\n")
    assert "bad.vega.yaml" in fresh(check(project))
    again = check(project)
    assert fresh(again) == ["bad.vega.yaml"]
    assert "unreadable-file" in codes(again["bad.vega.yaml"])
