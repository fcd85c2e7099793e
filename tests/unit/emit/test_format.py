"""Emitted modules are as `ruff format` would leave them, and `ruff check` finds nothing."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.unit.emit.build import locate
from tests.unit.emit.generate import StatementGenerator
from tests.unit.emit.test_hostile import TEXTS, hostile_module, saying
from tests.unit.emit.test_types import PROGRAMS
from vegac.emit.module import emit_module
from vegac.workspace import Workspace

CONFIG = """
line-length = 100
target-version = "py311"
lint.extend-select = ["I"]
# What the random programs themselves say: `x if c else x`, `1 < 2`, `s in s`, `b and not b`.
lint.ignore = ["PLR0124", "PLR0133", "RUF034", "SIM220", "SIM221", "SIM222"]
"""


def ruff(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("emitted")
    (folder / "ruff.toml").write_text(CONFIG)
    for seed in range(150):
        program = StatementGenerator(Random(seed)).program()
        module = emit_module(program, digest="0" * 64, locate=locate)
        (folder / f"m{seed}.py").write_text(module.text, encoding="utf-8")
    for path in sorted(path for place in PROGRAMS for path in place.glob("*.vega.yaml")):
        compiled = Workspace(path.parent).compile(path)
        if compiled.module is not None:
            name = f"sample_{path.name.split('.')[0]}.py"
            (folder / name).write_text(compiled.module.text, encoding="utf-8")
    (folder / "hostile.py").write_text(hostile_module().text, encoding="utf-8")
    for number, value in enumerate(TEXTS):
        (folder / f"says{number}.py").write_text(saying(value).text, encoding="utf-8")
    return folder


def test_ruff_formats_nothing_anew(modules: Path) -> None:
    assert ruff(modules, "format", "--diff") == ""


def test_no_comma_is_there_only_because_it_is_there(modules: Path) -> None:
    assert (
        ruff(
            modules,
            "format",
            "--diff",
            "--config",
            "format.skip-magic-trailing-comma=true",
            "--config",
            "lint.isort.split-on-trailing-comma=false",
        )
        == ""
    )


def test_ruff_finds_nothing(modules: Path) -> None:
    assert ruff(modules, "check", "--output-format", "concise") == ""
