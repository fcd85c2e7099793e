"""The speed of the language server as an editor sees it: from a key stroke to the answer."""

import asyncio
import os
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench.programs import program, project
from tests.lsp.wire import Wire, start

STROKES = 100
MARK = "Task: <<ta"


def resident(pid: int) -> float:
    """The memory of a process that is in use, in MB."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * 4096 / 1e6


def busy(pid: int) -> float:
    """The processor time that a process has taken, in seconds: other programs do not count."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)] * 1e3


class Typist:
    """Types in the middle of a file, one character after the other; some are taken back."""

    def __init__(self, wire: Wire, uri: str, text: str) -> None:
        self.wire = wire
        self.uri = uri
        place = text.index(MARK, len(text) // 2) + len(MARK)
        self.line = text.count("\n", 0, place)
        self.column = place - text.rfind("\n", 0, place) - 1
        self.typed = 0
        self.version = 1

    async def stroke(self) -> tuple[float, float]:
        """How long completion and diagnostics take after one key stroke, in seconds."""
        back = self.typed >= 8
        start = {"line": self.line, "character": self.column + self.typed - back}
        end = {"line": self.line, "character": self.column + self.typed}
        self.typed += -1 if back else 1
        self.version += 1
        change = {"range": {"start": start, "end": end}, "text": "" if back else "x"}
        began = time.perf_counter()
        self.wire.change(self.uri, self.version, change)
        place = {"line": self.line, "character": self.column + self.typed}
        params = {"textDocument": {"uri": self.uri}, "position": place}
        _, answer = self.wire.request("textDocument/completion", params)
        found = await asyncio.wait_for(answer, 60)
        completed = time.perf_counter() - began
        assert found["result"], found
        assert await self.wire.diagnostics(self.uri, self.version)
        return completed, time.perf_counter() - began


async def typing(folder: Path, lines: int) -> dict[str, float]:
    text = program(lines)
    (folder / "p.vega.yaml").write_text(text)
    uri = (folder / "p.vega.yaml").as_uri()
    began = time.perf_counter()
    process, wire = await start(folder)
    await wire.initialize([folder])
    wire.open(uri, text)
    await wire.diagnostics(uri, 1)
    first = time.perf_counter() - began
    typist = Typist(wire, uri, text)
    for _ in range(5):
        await typist.stroke()
    before = busy(process.pid)
    times = [await typist.stroke() for _ in range(STROKES)]
    work = (busy(process.pid) - before) / STROKES
    completions, findings = zip(*times, strict=True)
    memory = resident(process.pid)
    await wire.close()
    await process.wait()
    return {
        "start": first * 1e3,
        "completion_median": statistics.median(completions) * 1e3,
        "completion_p95": percentile(list(completions), 0.95),
        "diagnostics_median": statistics.median(findings) * 1e3,
        "diagnostics_p95": percentile(list(findings), 0.95),
        "work": work * 1e3,
        "memory": memory,
    }


@pytest.mark.timeout(900)
@pytest.mark.parametrize("lines", [100, 2_000, 10_000])
def test_typing(benchmark: BenchmarkFixture, tmp_path: Path, lines: int) -> None:
    found = asyncio.run(typing(tmp_path, lines))
    print(
        f"\n{lines} lines: from a key stroke to completion {found['completion_median']:.0f} ms "
        f"(95 %: {found['completion_p95']:.0f}), to findings {found['diagnostics_median']:.0f} ms "
        f"(95 %: {found['diagnostics_p95']:.0f}), {found['work']:.0f} ms of the processor; from "
        f"the start to findings "
        f"{found['start']:.0f} ms; {found['memory']:.0f} MB"
    )
    benchmark.extra_info.update({name: round(value, 1) for name, value in found.items()})
    benchmark.pedantic(lambda: None, rounds=1)


async def large(folder: Path, programs: int) -> dict[str, float]:
    paths = project(folder, programs)
    process, wire = await start(folder)
    await wire.initialize([folder])
    uri = paths[0].as_uri()
    wire.open(uri, paths[0].read_text())
    await wire.diagnostics(uri, 1)
    began = time.perf_counter()
    report: Any = await wire.ask("workspace/diagnostic", {"previousResultIds": []})
    took = time.perf_counter() - began
    assert len(report["items"]) == programs
    assert await wire.ask("workspace/symbol", {"query": "workflow-1"})
    memory = resident(process.pid)
    await wire.close()
    await process.wait()
    return {"all": took * 1e3, "memory": memory}


@pytest.mark.timeout(900)
def test_many_files(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    found = asyncio.run(large(tmp_path, 500))
    print(f"\n500 files: all checked in {found['all']:.0f} ms; {found['memory']:.0f} MB")
    benchmark.extra_info.update({name: round(value, 1) for name, value in found.items()})
    benchmark.pedantic(lambda: None, rounds=1)
