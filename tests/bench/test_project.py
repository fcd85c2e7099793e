"""The speed of checking a project of many files, as ratios.

Cold: the wall clock of `vegac check`, from its start to its end, to the sum of libyaml's composing
of all files (which stays in one process). Warm: the second run to the first.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench.programs import project
from tests.bench.test_check import LOADER, best

PYTHON = os.environ.get("VEGA_WHEEL_PYTHON", sys.executable)
ROUNDS = 3


def seconds(folder: Path, *options: str) -> float:
    """The wall clock of a check of a folder, which must be clean."""
    start = time.perf_counter()
    done = subprocess.run(
        [PYTHON, "-m", "vegac", "check", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - start
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return took


@pytest.mark.timeout(900)
@pytest.mark.parametrize("programs", [1_000])
def test_project(benchmark: BenchmarkFixture, tmp_path: Path, programs: int) -> None:
    texts = [path.read_text() for path in project(tmp_path, programs)]
    seconds(tmp_path)

    def compose_all() -> None:
        for text in texts:
            yaml.compose(text, Loader=LOADER)

    composes: list[float] = []
    colds: list[float] = []
    warms: list[float] = []
    for _ in range(ROUNDS):
        shutil.rmtree(tmp_path / ".vega")
        composes.append(best(compose_all, 1))
        colds.append(seconds(tmp_path))
        warms.append(seconds(tmp_path))
    cold, warm = min(colds) / min(composes), min(warms) / min(colds)
    alone = seconds(tmp_path, "--no-cache", "-j1") / min(composes)
    print(
        f"\ncheck of {programs} files of 100 lines: {cold:.1f} times their libyaml composes "
        f"({alone:.1f} in one process); again from the cache: {warm:.0%} of that"
    )
    benchmark.extra_info.update(
        files=programs, cold=round(cold, 2), alone=round(alone, 2), warm=round(warm, 3)
    )
    benchmark.pedantic(lambda: None, rounds=1)
