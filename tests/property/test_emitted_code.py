"""Modules of random programs are formatted, typed, and the same in each process."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.property.compiled import Refused, compiled, source
from tests.property.programs import programs
from tests.property.strategies import CHECKS
from tests.property.test_expressions_oracle import workflow_settings

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
RUNTIME = ROOT / "runtime"
COMPILE = """
import json, sys
from tests.property.compiled import compiled
json.dump([compiled(text)[0] for text in json.load(sys.stdin)], sys.stdout)
"""
PYRIGHT = {
    "typeCheckingMode": "strict",
    "pythonVersion": "3.11",
    "extraPaths": [str(RUNTIME)],
    "reportPossiblyUnboundVariable": "error",
    "reportUnnecessaryComparison": "error",
    # What random programs say themselves: variables set twice, empty lists in a `default`.
    "reportUnusedVariable": "none",
    "reportUnknownArgumentType": "none",
}
RUFF = """
line-length = 100
target-version = "py311"
lint.extend-select = ["I"]
# What random programs say themselves: `x if c else x`, `1 < 2`, `b and not b`, `[][0]`, keys that
# stand twice, loops over their own variable, variables set to themselves.
lint.ignore = [
    "B020", "F601", "PLE0643", "PLR0124", "PLR0133", "PLR1704", "PLW0127", "RUF034", "SIM103",
    "SIM220", "SIM221", "SIM222", "SIM223",
]
"""


def sample(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """Some values of a strategy."""
    found: list[T] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=CHECKS,
        phases=(Phase.generate,),
    )
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found


def modules(count: int) -> list[tuple[str, str]]:
    """Programs with their modules: half of them steps of all kinds, half workflows that each
    evaluate an expression."""
    sources = [source(program) for program, _ in sample(programs(), count)]
    asked = sample(st.lists(workflow_settings(), min_size=4, max_size=4), count)
    for several in asked:
        workflows: dict[str, Any] = {}
        for number, setting in enumerate(several):
            try:
                compiled(source(setting.program()))
            except Refused:
                continue
            workflows[f"w{number}"] = setting.program()["workflows"]["w"]
        if workflows:
            sources.append(source({"workflows": workflows}))
    found: list[tuple[str, str]] = []
    for text in sources:
        try:
            found.append((text, compiled(text)[0]))
        except Refused:
            continue
    return found


def write(folder: Path, count: int) -> int:
    found = modules(count)
    for number, (text, module) in enumerate(found):
        (folder / f"m{number}.py").write_text(module, encoding="utf-8")
        (folder / f"m{number}.vega.yaml").write_text(text, encoding="utf-8")
    return len(found)


def ruff(folder: Path, *arguments: str) -> str:
    (folder / "ruff.toml").write_text(RUFF)
    command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", "."]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_modules_are_the_same_in_each_process(seed: str) -> None:
    found = modules(6)
    assert len(found) > 6
    again = subprocess.run(
        [sys.executable, "-c", COMPILE],
        input=json.dumps([text for text, _ in found]),
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(again.stdout) == [module for _, module in found]


def test_ruff_finds_nothing_to_change(tmp_path: Path) -> None:
    assert write(tmp_path, 12) > 12
    assert ruff(tmp_path, "check", "--output-format", "concise") == ""
    assert ruff(tmp_path, "format", "--diff") == ""


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ruff_finds_nothing_to_change_in_many(tmp_path: Path) -> None:
    assert write(tmp_path, 200) > 200
    assert ruff(tmp_path, "check", "--output-format", "concise") == ""
    assert ruff(tmp_path, "format", "--diff") == ""


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_pyright_finds_nothing(tmp_path: Path) -> None:
    count = write(tmp_path, 30)
    assert count > 30
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(PYRIGHT))
    command = [sys.executable, "-m", "pyright", "--outputjson", "-p", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    found = [
        f"{Path(item['file']).name}:{item['range']['start']['line'] + 1} {item['message']}"
        for item in report["generalDiagnostics"]
    ]
    assert found == []
    assert report["summary"]["filesAnalyzed"] == count
