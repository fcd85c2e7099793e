"""Realistic programs in which there is nothing to find: they check clean, compile and run."""

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from vega_runtime.errors import VegaError
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.options import RunOptions
from vegac.ir import nodes as ir
from vegac.ir.verify import verify
from vegac.loader import load
from vegac.source.render.canvas import Style
from vegac.source.render.text import render
from vegac.testing.clock import now, run_test
from vegac.testing.reading import read_tests
from vegac.testing.running import Runner
from vegac.workspace import Compiled, Workspace

CORPUS = Path(__file__).parents[2] / "corpus"
PROGRAMS = sorted(CORPUS.glob("*.vega.yaml"))
REPLIES: tuple[dict[str, Any], ...] = (
    {"reply": "echo"},
    {"reply": "7"},
    {"reply": "true"},
    {"reply": '["a", "b"]'},
)
"""What models say: a run fails in order where a reply has not the form that is asked for."""


def _name(path: Path) -> str:
    return path.name.split(".")[0]


def _compiled(path: Path) -> Compiled:
    return Workspace(CORPUS).compile(path)


def test_there_are_many() -> None:
    assert len(PROGRAMS) >= 30


@pytest.mark.parametrize("path", PROGRAMS, ids=_name)
def test_nothing_is_found(path: Path) -> None:
    compiled = _compiled(path)
    report = compiled.report
    assert report.diagnostics == [], render(report.diagnostics, report.placements)
    assert compiled.module is not None
    assert report.program is not None
    assert verify(report.program) == []


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs in a folder that runs may write to."""
    return shutil.copytree(CORPUS, tmp_path_factory.mktemp("corpus") / "programs")


@pytest.mark.parametrize("path", PROGRAMS, ids=_name)
def test_runs_end_in_order(path: Path, tmp_path: Path, root: Path) -> None:
    compiled = _compiled(path)
    assert compiled.module is not None
    assert compiled.program is not None
    workflows = load(compiled.module, f"corpus_{_name(path)}").PROGRAM.workflows
    for workflow in compiled.program.workflows:
        for number, entry in enumerate(REPLIES):
            model = ScriptedModel([entry | {"times": "always"}])
            options = RunOptions(
                provider=lambda _, model=model: model,
                answers=["yes"] * 50,
                env=_environment(path),
                root=root,
                telemetry=False,
                sandbox=tmp_path / f"{workflow.name}{number}",
                memory=tmp_path / f"{workflow.name}{number}.db",
                wall_clock=now,
            )
            inputs = dict(_inputs(workflow.inputs))
            try:
                json.dumps(run_test(workflows[workflow.name].execute(inputs, options)))
            except VegaError as error:
                assert error.message  # noqa: PT017 - what may happen, not what must


def _inputs(declared: Iterable[ir.Input]) -> Iterable[tuple[str, Any]]:
    for one in declared:
        if one.required:
            yield one.name, one.enum[0] if one.enum else _value(one.type_text, one.min)


def _value(type_text: str, least: float | None) -> Any:
    generic = re.fullmatch(r"(list|map)\[(.*)\]", type_text)
    if generic is not None:
        inner = _value(generic[2], None)
        return [inner] * int(least or 2) if generic[1] == "list" else {"a": inner, "b": inner}
    match type_text:
        case "integer" | "number":
            return int(least or 2)
        case "boolean":
            return True
        case "array" | "list":
            return ["one", "two"]
        case "object" | "map" | "any":
            return {"name": "Ann", "title": "Tea", "text": "It rains.", "children": []}
        case _:
            return "tea and rain"


def _environment(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    return dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), "x") | {"VEGA_MODEL": ""}


@pytest.mark.parametrize(
    "path", [path for path in PROGRAMS if "\ntests:" in path.read_text("utf-8")], ids=_name
)
def test_tests_of_programs_pass(path: Path, tmp_path: Path) -> None:
    workspace = Workspace(CORPUS)
    tests = read_tests(path, workspace.read(path))
    assert not tests.broken, render(tests.findings, tests.placements)
    runner = Runner(workspace, Style(), tmp_path)
    for case in tests.cases:
        result = runner.run(tests, case)
        assert result.passed, (result.name, result.problems, result.mismatches)
