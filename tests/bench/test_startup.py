"""Start-up from an installed wheel (`VEGA_WHEEL_PYTHON` names its interpreter), as ratios."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

PYTHON = os.environ.get("VEGA_WHEEL_PYTHON", sys.executable)
VEGAC = str(Path(PYTHON).with_name("vegac"))
TYPER_APP = """
import typer
app = typer.Typer()
@app.command()
def one(name: str) -> None:
    "Do one thing."
@app.command()
def two(name: str) -> None:
    "Do another."
app()
"""
PROGRAM = """
agents: {A: {model: claude-haiku-4-5, system: You help.}}
workflows: {w: {inputs: {t: string}, steps: [{A: "Do <<t | upper>> or <<t + '!'>>"}]}}
"""


def ratio(command: list[str], base: list[str], folder: Path, rounds: int = 15) -> float:
    """Median wall time of `command` over that of `base`, measured in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for round_ in range(rounds + 2):
        for which, words in enumerate((command, base)):
            start = time.perf_counter()
            subprocess.run(words, check=True, capture_output=True, cwd=folder)
            if round_ >= 2:
                times[which].append(time.perf_counter() - start)
    return statistics.median(times[0]) / statistics.median(times[1])


def report(benchmark: BenchmarkFixture, what: str, figure: float) -> None:
    print(f"\n{what}: {figure:.2f} times")
    benchmark.extra_info["ratio"] = round(figure, 2)
    benchmark.pedantic(lambda: None, rounds=1)


def test_help(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.write_text(TYPER_APP)
    figure = ratio([VEGAC, "--help"], [PYTHON, str(app), "--help"], tmp_path)
    report(benchmark, "vegac --help against a typer app of two commands", figure)


def test_check(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    (tmp_path / "small.vega.yaml").write_text(PROGRAM)
    base = [PYTHON, "-c", "import typer, yaml, lark"]
    figure = ratio([VEGAC, "check", "small.vega.yaml"], base, tmp_path)
    report(benchmark, "vegac check against importing typer, yaml and lark", figure)


def test_runtime_import(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    base = [PYTHON, "-c", "import asyncio, dataclasses"]
    figure = ratio([PYTHON, "-c", "import vega_runtime"], base, tmp_path)
    report(benchmark, "import vega_runtime against asyncio and dataclasses", figure)
