"""What makes a watching check look at a program again."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from vegac.cli.check import watch as watch_module
from vegac.cli.check.watch import Watch, next_change
from vegac.cli.check.work import check_all
from vegac.workspace import Workspace

AGENTS = "agents:\n  Coder: {model: claude-haiku-4-5, system: Hi., knowledge: [style.md]}\n"
MAIN = """\
include: [agents.vega.yaml, "tools/*.yaml", later.vega.yaml]
workflows: {w: {inputs: {task: string}, steps: [{Coder: "<<task>>"}]}}
"""


class Project:
    """A project of two programs that is watched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tools").mkdir()
        (folder / "agents.vega.yaml").write_text(AGENTS)
        (folder / "main.vega.yaml").write_text(MAIN)
        (folder / "other.vega.yaml").write_text("workflows: {v: {steps: [set: {a: 1}]}}\n")
        self.watch = Watch()
        self.programs = self.discover()
        self.check(self.programs)

    def discover(self) -> list[Path]:
        return [path for path in Workspace(self.folder).discover([self.folder]) if path.exists()]

    def check(self, programs: Sequence[Path]) -> None:
        works = check_all(Workspace(self.folder), programs, None, 1)
        self.watch.update(works, self.programs)

    def changed(self) -> list[str]:
        return sorted(path.name for path in self.watch.changed())

    def wait(self) -> list[str]:
        """Wait for the next change, and check what it touches."""
        todo, self.programs = next_change(self.watch, self.discover, self.programs)
        self.check(todo)
        return [path.name for path in todo]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(watch_module, "INTERVAL", 0.001)
    monkeypatch.setattr(watch_module, "SETTLED", 0.001)
    monkeypatch.setattr(watch_module, "_LEAST_PAUSE", 0.0)
    return Project(tmp_path)


def test_nothing_happens_while_nothing_changes(project: Project) -> None:
    assert project.changed() == []
    assert project.changed() == []


def test_a_change_concerns_the_programs_that_read_the_file(project: Project) -> None:
    (project.folder / "other.vega.yaml").write_text("workflows: {}\n")
    assert project.changed() == ["other.vega.yaml"]
    (project.folder / "agents.vega.yaml").write_text(AGENTS + "# more\n")
    assert project.changed() == ["agents.vega.yaml", "main.vega.yaml"]
    assert project.changed() == []


def test_files_that_are_looked_for_count(project: Project) -> None:
    (project.folder / "style.md").write_text("Be brief.")
    assert project.changed() == ["agents.vega.yaml", "main.vega.yaml"]
    (project.folder / "later.vega.yaml").write_text("agents: {}\n")
    assert project.changed() == ["main.vega.yaml"]
    (project.folder / "unrelated.md").write_text("x")
    assert project.changed() == []


def test_a_configuration_concerns_all_programs_below_it(project: Project) -> None:
    (project.folder / "pyproject.toml").write_text("[tool.vega]\n")
    assert project.changed() == ["agents.vega.yaml", "main.vega.yaml", "other.vega.yaml"]


def test_a_file_that_was_replaced_counts(project: Project) -> None:
    new = project.folder / "new"
    new.write_text("workflows: {v: {steps: [set: {a: 2}]}}\n")
    new.replace(project.folder / "other.vega.yaml")
    assert project.changed() == ["other.vega.yaml"]


def test_changes_during_a_check_are_seen_after_it(project: Project) -> None:
    works = check_all(Workspace(project.folder), project.programs, None, 1)
    (project.folder / "other.vega.yaml").write_text("workflows: {}\n")
    project.watch.update(works, project.programs)
    assert project.changed() == ["other.vega.yaml"]
    assert project.changed() == []


def test_programs_come_and_go(project: Project) -> None:
    (project.folder / "more.vega.yaml").write_text(AGENTS)
    assert project.wait() == ["more.vega.yaml"]
    (project.folder / "more.vega.yaml").write_text(AGENTS + "# more\n")
    assert project.wait() == ["more.vega.yaml"]
    (project.folder / "more.vega.yaml").unlink()
    assert project.wait() == []
    assert [path.name for path in project.programs] == [
        "agents.vega.yaml",
        "main.vega.yaml",
        "other.vega.yaml",
    ]


def test_patterns_of_includes_find_new_files(project: Project) -> None:
    tool = "name: t\ndescription: T\nimplementation: {type: exec, command: ls}\n"
    (project.folder / "tools" / "t.yaml").write_text(tool)
    assert project.wait() == ["main.vega.yaml"]
    (project.folder / "tools" / "t.yaml").unlink()
    assert project.wait() == ["main.vega.yaml"]
