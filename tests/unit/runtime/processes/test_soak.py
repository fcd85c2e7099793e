"""Thousands of processes that work, fail, hang and are killed at random leave nothing behind."""

import asyncio
import gc
import os
import random
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from vega_runtime import (
    Agent,
    ChildSpec,
    ModelError,
    Orchestrator,
    Process,
    RateLimit,
    Retry,
    RunOptions,
    Supervision,
    TimeoutExceeded,
    VegaError,
)
from vega_runtime.actor import FINAL
from vega_runtime.models.base import Request, Response, TextDelta, Usage

PROCESSES = 10_000
WAVE = 250
SECONDS = 120


class Fickle:
    """A model that answers, fails, is slow, or never comes back."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    async def generate(self, request: Request) -> Response:
        dice = self.rng.random()
        if dice < 0.05:
            await asyncio.Event().wait()
        if dice < 0.15:
            raise ModelError("overloaded", kind="overloaded")
        if dice < 0.20:
            raise ModelError("refused", kind="invalid_request")
        await asyncio.sleep(dice * 0.01)
        return Response("ok", usage=Usage(100, 10))

    async def stream(self, request: Request) -> Any:
        for piece in ("a ", "b ", "c"):
            yield TextDelta(piece)
        yield await self.generate(request)

    async def close(self) -> None:
        pass


AGENTS = [
    Agent(f"A{number}", model="claude-haiku-4-5", supervision=rules, retry=retry, rate_limit=limit)
    for number, (rules, retry, limit) in enumerate(
        [
            (None, None, None),
            (Supervision(max_restarts=-1), Retry(max_attempts=2, initial=0.001), None),
            (Supervision("stop"), None, None),
            (Supervision("escalate"), None, RateLimit(requests_per_minute=10**6)),
            (Supervision(max_restarts=1, backoff={"initial": 0.001}), None, None),
        ]
    )
]


async def use(process: Process, rng: random.Random) -> None:
    """Talk to a process in one of all ways."""
    try:
        match rng.randrange(6):
            case 0:
                await process.send("hello", timeout=0.05)
            case 1:
                async for _ in process.stream("hello", timeout=0.05):
                    if rng.random() < 0.1:
                        break
            case 2:
                await process.batch(["a", "b"], timeout=0.05)
            case 3:
                process.send_async("hello", timeout=0.05).add_done_callback(_forget)
            case 4:
                async with asyncio.timeout(0.01):
                    await process.send("hello")
            case _:
                process.spawn_child(rng.choice(AGENTS), timeout=0.2, link=rng.random() < 0.5)
    except (VegaError, TimeoutExceeded, TimeoutError):
        pass


def _forget(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled():
        task.exception()


async def worker(process: Process) -> None:
    """A function that ends in one of all ways."""
    rng = random.Random(process.id)
    process.trap_exits = rng.random() < 0.2
    dice = rng.random()
    if dice < 0.3:
        await asyncio.Event().wait()
    await asyncio.sleep(dice * 0.02)
    if dice < 0.6:
        raise OSError("no luck")


async def wave(o: Orchestrator, rng: random.Random) -> None:
    """Spawn some processes, use them, and end those that have not ended by themselves."""
    started: list[Process] = []
    supervisor = await o.supervise(
        *(ChildSpec(f"w{number}", worker, shutdown=0.05) for number in range(10)),
        strategy=rng.choice(["one_for_one", "one_for_all", "rest_for_one"]),
        max_restarts=20,
        window=1,
    )
    for _ in range(WAVE):
        agent = rng.choice([*AGENTS, worker])
        process = o.spawn(agent, timeout=0.5 if rng.random() < 0.5 else None)
        if started and rng.random() < 0.2:
            process.link(rng.choice(started))
        started.append(process)
    users = [use(one, rng) for one in started if one.agent is not None and one.alive]
    talking = asyncio.gather(*users)
    while not talking.done():
        await asyncio.sleep(0.005)
        victim = rng.choice(started)
        rng.choice([victim.kill, victim.complete, partial(victim.fail, "at random"), bool])()
    await talking
    await supervisor.stop(1)
    for process in o.list():
        process.supervised = None
        rng.choice([process.kill, process.complete])()
    await asyncio.gather(*(process.wait() for process in o.list()))


def footprint() -> tuple[int, int, int]:
    """Bytes in memory, open file descriptors and threads."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), len(list(Path("/proc/self/fd").iterdir())), (
        threading.active_count()
    )  # fmt: skip


def soak(count: int, seed: int, seconds: float = 0) -> int:
    """Run waves until so many processes were started and so much time has gone by; how many it
    were."""
    rng = random.Random(seed)
    known = 0
    unfinished: set[str] = set()

    def started(process: Process) -> None:
        nonlocal known
        known += 1
        unfinished.add(process.id)

    def ended(process: Process) -> None:
        assert process.status in FINAL
        unfinished.discard(process.id)

    async def main() -> None:
        model = Fickle(rng)
        until = time.monotonic() + seconds
        async with Orchestrator(options=RunOptions(provider=lambda _: model)) as o:
            o.on_started(started)
            o.on_restarted(lambda process: unfinished.add(process.id))
            o.on_completed(ended)
            o.on_failed(ended)
            while known < count or time.monotonic() < until:
                await wave(o, rng)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert not unfinished
    return known


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_processes_leave_nothing_behind() -> None:
    soak(2_000, seed=1)  # until everything is loaded and caches are full
    memory, descriptors, threads = footprint()
    known = soak(PROCESSES, seed=2, seconds=SECONDS)
    after = footprint()
    assert known >= PROCESSES
    assert after[1:] == (descriptors, threads)
    assert after[0] <= memory * 1.10, f"{memory / 1e6:.0f} MB before, {after[0] / 1e6:.0f} after"


def test_some_hundred_processes_leave_nothing_behind() -> None:
    soak(300, seed=3)
    _, *before = footprint()
    soak(300, seed=4)
    assert list(footprint()[1:]) == before
