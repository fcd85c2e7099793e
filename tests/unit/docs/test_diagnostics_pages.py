"""The pages about findings: one for each, with examples that do what they say."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from textwrap import indent
from types import ModuleType

import pytest

from vegac.cli.explaining import catalogue, page
from vegac.source.registry import CODES
from vegac.source.render.canvas import Style
from vegac.source.render.text import render
from vegac.testing.reading import read_tests
from vegac.testing.running import Runner
from vegac.workspace import Workspace

DOCS = Path(__file__).resolve().parents[3] / "docs"
SCRIPT = DOCS / "generate_diagnostics.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[SCRIPT.stem] = module
    spec.loader.exec_module(module)
    return module


generator = _load()
PAGES: list[Path] = generator.pages()
REPORTED = sorted(name for name, code in CODES.items() if not code.planned)
PLANNED = sorted(name for name, code in CODES.items() if code.planned)


def _by_name(path: Path) -> str:
    return path.stem


def test_each_finding_has_a_page_and_each_page_a_finding() -> None:
    assert [path.stem for path in PAGES] == REPORTED


@pytest.mark.parametrize("path", PAGES, ids=_by_name)
def test_the_wrong_example_has_this_finding_alone(path: Path, tmp_path: Path) -> None:
    wrong, _ = generator.examples(path.read_text(encoding="utf-8"))
    report = wrong.check(tmp_path)
    shown = render(report.diagnostics, report.placements)
    assert [finding.code for finding in report.diagnostics] == [path.stem], shown


@pytest.mark.parametrize("path", PAGES, ids=_by_name)
def test_the_right_example_is_clean(path: Path, tmp_path: Path) -> None:
    _, right = generator.examples(path.read_text(encoding="utf-8"))
    report = right.check(tmp_path)
    assert report.diagnostics == [], render(report.diagnostics, report.placements)
    assert Workspace(tmp_path).compile(right.write(tmp_path)).module is not None


def test_generated_parts_are_current() -> None:
    command = [sys.executable, SCRIPT, "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "path", [path for path in PAGES if "<!-- tests" in path.read_text("utf-8")], ids=_by_name
)
def test_the_wrong_example_goes_wrong_in_a_run(path: Path, tmp_path: Path) -> None:
    wrong, _ = generator.examples(path.read_text(encoding="utf-8"))
    program = wrong.write(tmp_path)
    script = program.with_name(program.name.replace(".vega.yaml", ".vega.test.yaml"))
    script.write_text("tests:\n" + indent(wrong.tests, "  "), encoding="utf-8")
    workspace = Workspace(tmp_path)
    tests = read_tests(script, workspace.read(script))
    assert not tests.broken, render(tests.findings, tests.placements)
    assert tests.cases
    sandboxes = tmp_path / "sandboxes"
    sandboxes.mkdir()
    runner = Runner(workspace, Style(), sandboxes)
    for case in tests.cases:
        result = runner.run(tests, case)
        assert result.passed, (result.name, result.problems, result.mismatches)


@pytest.mark.parametrize("name", REPORTED)
def test_explain_shows_the_page_without_its_tests(name: str) -> None:
    text = page(name)
    assert text.startswith(f"# {name}\n")
    assert CODES[name].summary in text
    assert "## Right" in text
    assert "<!--" not in text


@pytest.mark.parametrize("name", PLANNED)
def test_explain_says_that_a_planned_finding_is_never_reported(name: str) -> None:
    assert "This version never reports it" in page(name)
    assert name not in catalogue()
