"""The speed of the checker, as a ratio to libyaml's composing of the same file."""

import gc
import time
from collections.abc import Callable

import pytest
import yaml
from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench.programs import program
from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.text import parse_text
from vegac.workspace import Report, Workspace

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def best(run: Callable[[], object], rounds: int = 5) -> float:
    """The least CPU seconds of several rounds, the garbage collector resting."""
    seconds: list[float] = []
    for _ in range(rounds):
        gc.collect()
        gc.disable()
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
        gc.enable()
    return min(seconds)


def cold_check(text: str) -> Report:
    parse_text.cache_clear()
    parse_expression.cache_clear()
    return Workspace().check_text(text)


@pytest.mark.parametrize("lines", [10_000, 100_000])
def test_check(benchmark: BenchmarkFixture, lines: int) -> None:
    text = program(lines, width=100 if lines < 50_000 else 30)
    assert cold_check(text).diagnostics == []
    compose = best(lambda: yaml.compose(text, Loader=LOADER), 3)
    check = best(lambda: cold_check(text), 5 if lines < 50_000 else 2)
    benchmark.extra_info.update(lines=lines, ratio=round(check / compose, 2))
    print(f"\ncheck of {lines} lines: {check / compose:.1f} times its libyaml compose")
    benchmark.pedantic(cold_check, args=(text,), rounds=1)
