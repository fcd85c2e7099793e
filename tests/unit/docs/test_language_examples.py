"""Every example of the documentation does what the page says."""

import json
import re
import subprocess
import sys
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import yaml

from tests.unit.docs.markdown import Block, Table, code, read_page
from vega_runtime.errors import VegaError
from vegac.cli.app import COMMANDS
from vegac.evaluate import evaluate
from vegac.loader import load
from vegac.source.registry import CODES
from vegac.source.render.canvas import Style
from vegac.source.render.text import render
from vegac.testing.reading import read_tests
from vegac.testing.running import Runner
from vegac.workspace import Report, Workspace

ROOT = Path(__file__).resolve().parents[3]
DOCS, VEGAC = ROOT / "docs", ROOT / "vegac"
PAGES = ("language.md", "testing.md", "decisions.md", "tools.md")
CAST = "cast.vega.yaml"
TEST_KEYS = {"tests", "file", "program"}
"""What is at the top of a file of tests."""

READ = {page: read_page(DOCS / page) for page in PAGES}


def _blocks(page: str) -> list[Block]:
    return [item for item in READ[page] if isinstance(item, Block)]


def _keys(block: Block) -> set[str]:
    """The keys at the top of a block of YAML."""
    return set(re.findall(r"^([\w-]+):", block.text, re.MULTILINE))


def _is_vega(block: Block) -> bool:
    return block.language == "yaml" and not {"vars", "file", "not vega"} & block.notes.keys()


def _is_program(block: Block) -> bool:
    return _is_vega(block) and bool(_keys(block) - TEST_KEYS)


PROGRAMS = [block for page in PAGES for block in _blocks(page) if _is_program(block)]
TESTED = [
    block
    for page in PAGES
    for block in _blocks(page)
    if _is_vega(block) and ("tests" in block.notes or "tests" in _keys(block))
]


def _write(block: Block, folder: Path) -> Path:
    """The program of a block in a folder, beside the files that its page names."""
    for other in _blocks(block.page):
        if "cast" in other.notes:
            (folder / CAST).write_text(other.text, encoding="utf-8")
        if "file" in other.notes:
            path = folder / other.notes["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(other.text, encoding="utf-8")
    text, keys = block.text, _keys(block)
    if "workflows" in keys and not keys & {"agents", "include"}:
        text += f"include: [{CAST}]\n"
    path = folder / ("example.vega.yaml" if _is_program(block) else "example.vega.test.yaml")
    path.write_text(text, encoding="utf-8")
    return path


def _check(block: Block, folder: Path) -> tuple[Path, Report]:
    path = _write(block, folder)
    return path, Workspace(folder).check(path)


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: block.id)
def test_programs_have_the_findings_that_the_page_names(block: Block, tmp_path: Path) -> None:
    _, report = _check(block, tmp_path)
    expected = [name for name in block.notes.get("finds", "").split(", ") if name]
    found = [
        finding
        for finding in report.diagnostics
        if finding.severity != "info" or finding.code in expected
    ]
    shown = render(report.diagnostics, report.placements)
    assert [finding.code for finding in found] == expected, shown
    lines = block.text.splitlines()
    for finding in found:
        line = lines[report.placements.locate(finding.span).position.line - 1]
        assert finding.code in line.rpartition("  # ")[2], "a comment on the line names the finding"


@pytest.mark.parametrize(
    "block", [block for block in PROGRAMS if "finds" not in block.notes], ids=lambda block: block.id
)
def test_programs_become_modules(block: Block, tmp_path: Path) -> None:
    compiled = Workspace(tmp_path).compile(_write(block, tmp_path))
    assert compiled.module is not None
    program = load(compiled.module, "documented").PROGRAM
    assert compiled.program is not None
    assert list(program.workflows) == [workflow.name for workflow in compiled.program.workflows]


@pytest.mark.parametrize("block", TESTED, ids=lambda block: block.id)
def test_programs_do_what_the_page_says(block: Block, tmp_path: Path) -> None:
    path = _write(block, tmp_path)
    files = [path] if "tests" in _keys(block) else []
    if "tests" in block.notes:
        hidden = path.with_name(path.name.replace(".vega.yaml", ".vega.test.yaml"))
        hidden.write_text("tests:\n" + indent(block.notes["tests"], "  "), encoding="utf-8")
        files.append(hidden)
    workspace = Workspace(tmp_path)
    runner = Runner(workspace, Style(), tmp_path)
    for file in files:
        tests = read_tests(file, workspace.read(file))
        assert not tests.broken, render(tests.findings, tests.placements)
        assert tests.cases
        for result in [runner.run(tests, case) for case in tests.cases]:
            assert result.passed, (result.name, result.problems, result.mismatches)


SHOWN = [
    (before, block)
    for page in PAGES
    for before, block in zip(_blocks(page), _blocks(page)[1:], strict=False)
    if "shows" in block.notes
]


@pytest.mark.parametrize(("program", "shown"), SHOWN, ids=lambda block: block.id)
def test_messages_are_those_of_the_checker(program: Block, shown: Block, tmp_path: Path) -> None:
    _, report = _check(program, tmp_path)
    assert render(report.diagnostics, report.placements) == shown.text


EXPRESSION, VALUE = ("expression", "example"), ("value", "gives")
"""Headers of the columns with expressions, and of the columns after them with values."""


def _expressions() -> list[tuple[str, dict[str, Any], str, str, str]]:
    found: list[tuple[str, dict[str, Any], str, str, str]] = []
    for page in PAGES:
        variables: dict[str, Any] = {}
        for item in READ[page]:
            if isinstance(item, Block) and "vars" in item.notes:
                variables = yaml.safe_load(item.text)
            if isinstance(item, Table):
                column = next((i for i, name in enumerate(item.header) if name in EXPRESSION), None)
                if column is not None:
                    for line, row in item.rows:
                        kind, expected = item.header[column + 1], row[column + 1]
                        found.append((f"{page}:{line}", variables, kind, row[column], expected))
    return found


@pytest.mark.parametrize(
    ("place", "variables", "kind", "expression", "expected"),
    _expressions(),
    ids=lambda value: value if isinstance(value, str) and value.partition(":")[0] in PAGES else "",
)
def test_expressions_have_the_values_of_the_page(
    place: str, variables: dict[str, Any], kind: str, expression: str, expected: str
) -> None:
    if kind == "fails with":
        with pytest.raises(VegaError) as failure:
            evaluate(code(expression), variables)
        assert failure.value.type == code(expected)
        return
    evaluation = evaluate(code(expression), variables)
    codes = [finding.code for finding in evaluation.diagnostics]
    if kind == "finding":
        assert codes == [code(expected)]
        return
    assert kind in VALUE
    assert codes == []
    wanted = json.loads(code(expected))
    assert (evaluation.value, type(evaluation.value)) == (wanted, type(wanted))


def test_generated_tables_are_up_to_date() -> None:
    command = [sys.executable, DOCS / "generate.py", "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_what_the_page_says_is_missing_is_missing() -> None:
    _, _, chapter = (DOCS / "language.md").read_text(encoding="utf-8").partition("## 18.")
    promised = set(re.findall(r"`vegac (\w+)`", chapter))
    assert promised
    assert not promised & set(COMMANDS)
    silent = re.search(r"nothing reports them:\n\n(.*?)\n\n", chapter, re.DOTALL)
    assert silent is not None
    codes = re.findall(r"`([\w-]+)`", silent[1])
    sources = [path for path in VEGAC.rglob("*.py") if path.name != "registry.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    assert codes
    assert [code for code in CODES if f'"{code}"' not in text] == [
        code for code in CODES if code in codes
    ]


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        if "://" in name:
            continue
        linked = page if not name else page.parent / name
        assert linked.exists(), target
        if anchor:
            assert anchor in _anchors(linked), target


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
