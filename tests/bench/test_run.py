"""The cost of steps and loops in emitted code, against the same written by hand."""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

from vega_runtime import RunOptions
from vega_runtime.models.scripted import ScriptedModel
from vegac.loader import load
from vegac.workspace import Workspace

STEPS = 2_000
PROGRAM = """
agents: {A: {model: scripted, system: You help.}}
workflows:
  steps:
    inputs: {n: integer, xs: "list[integer]"}
    steps:
      - for x in xs:
          - A: {send: "Do <<x>>", context: fresh}
  many:
    inputs: {xs: "list[integer]"}
    steps:
      - for x in xs:
          - A: Do <<x>>
        parallel: 100000
        save: all
    output: <<all | length>>
  pure:
    inputs: {xs: "list[integer]"}
    steps:
      - set: {total: 0, text: ""}
      - for x in xs:
          - set: {total: "<<total + x * 2>>"}
          - if: x % 3 == 0 and total > 10
            then: [{set: {text: "at <<x>>: <<total>>"}}]
    output: <<text>>
"""


def workflow(name: str) -> Any:
    tree = Workspace().read_text("bench.vega.yaml", PROGRAM.replace("n: integer, ", ""))
    compiled = Workspace().compile_tree(tree, Workspace().root)
    assert compiled.module is not None, compiled.report.diagnostics
    return load(compiled.module, "vega_bench").PROGRAM.workflows[name]


def options() -> RunOptions:
    model = ScriptedModel([{"reply": "ok", "times": "always"}])
    return RunOptions(provider=lambda name: model)


def cpu(run: Callable[[], object], rounds: int = 5) -> float:
    found: list[float] = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


async def instant(message: str) -> str:
    return message


async def by_hand(call: Callable[[str], Awaitable[str]]) -> list[tuple[str, float]]:
    trace: list[tuple[str, float]] = []
    for x in range(STEPS):
        start = time.perf_counter()
        async with asyncio.timeout(60):
            await call(f"Do {x}")
        trace.append(("step", time.perf_counter() - start))
    return trace


def test_sequential_step(benchmark: BenchmarkFixture) -> None:
    steps = workflow("steps")
    xs = list(range(STEPS))
    ours = cpu(lambda: asyncio.run(steps.execute({"xs": xs}, options()))) / STEPS
    floor = cpu(lambda: asyncio.run(by_hand(instant))) / STEPS
    print(f"\na step: {ours * 1e6:.1f} us, by hand {floor * 1e6:.1f} us: {ours / floor:.1f} times")
    benchmark.extra_info["ratio"] = round(ours / floor, 2)
    benchmark.pedantic(lambda: None, rounds=1)


def test_ten_thousand_at_once(benchmark: BenchmarkFixture) -> None:
    many = workflow("many")
    xs = list(range(10_000))
    assert asyncio.run(many.execute({"xs": xs}, options())) == 10_000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n10,000 sends at once: {peak:.0f} MB at most, the compiler and tests included")
    benchmark.extra_info["megabytes"] = round(peak)
    benchmark.pedantic(lambda: None, rounds=1)


def test_pure_loop(benchmark: BenchmarkFixture) -> None:
    pure = workflow("pure")
    xs = list(range(10_000))

    def by_hand_loop() -> str:
        total, text = 0, ""
        for x in xs:
            total = total + x * 2
            if x % 3 == 0 and total > 10:
                text = f"at {x}: {total}"
        return text

    ours = cpu(lambda: asyncio.run(pure.execute({"xs": xs}, options())))
    empty = cpu(lambda: asyncio.run(pure.execute({"xs": []}, options())))
    hand = cpu(by_hand_loop)
    print(f"\na loop of 10,000 pure rounds: {(ours - empty) / hand:.1f} times one by hand")
    benchmark.extra_info["ratio"] = round((ours - empty) / hand, 2)
    benchmark.pedantic(lambda: None, rounds=1)
