"""The cost of messages through all layers of the library, against the same written by hand."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

from vega_runtime import (
    Agent,
    Budget,
    CircuitBreaker,
    Context,
    Orchestrator,
    RateLimit,
    Retry,
    RunOptions,
    Supervision,
    batch,
)
from vega_runtime.models.base import Request, Response, Usage

STEPS = 400
WIDTH = 200
REPLY = Response("ok", usage=Usage(10, 2), model="claude-haiku-4-5")
PLAIN = Agent("Plain", model="claude-haiku-4-5", system="You help.", context=Context("fresh"))
LAYERED = PLAIN.replace(
    name="Layered",
    supervision=Supervision(),
    retry=Retry(),
    circuit_breaker=CircuitBreaker(),
    rate_limit=RateLimit(10**9, 10**12),
    budget=Budget(1000.0),
)


class Instant:
    async def generate(self, request: Request) -> Response:
        return REPLY

    async def close(self) -> None:
        pass


def options() -> RunOptions:
    model = Instant()
    return RunOptions(provider=lambda _: model)


def ratio(ours: Callable[[], Coroutine[Any, Any, Any]], floor: Callable[[], Any]) -> float:
    """How many times the CPU of `floor` ours needs: the best of many short rounds, in turn, for a
    long one is always disturbed where other work goes on."""

    def cpu(work: Callable[[], Coroutine[Any, Any, Any]]) -> float:
        start = time.process_time()
        asyncio.run(work())
        return time.process_time() - start

    times = [(cpu(ours), cpu(floor)) for _ in range(40)]
    return min(one for one, _ in times) / min(other for _, other in times)


async def one_by_hand(
    call: Callable[[Any], Awaitable[Any]], text: str, trace: list[tuple[str, float]]
) -> None:
    start = time.perf_counter()
    async with asyncio.timeout(60):
        await call(text)
    trace.append(("step", time.perf_counter() - start))


async def steps_by_hand() -> None:
    model, trace = Instant(), list[tuple[str, float]]()
    for number in range(STEPS):
        await one_by_hand(model.generate, f"Do {number}", trace)


async def fan_out_by_hand() -> None:
    model, trace = Instant(), list[tuple[str, float]]()
    for _ in range(STEPS // WIDTH):
        async with asyncio.TaskGroup() as group:
            for number in range(WIDTH):
                group.create_task(one_by_hand(model.generate, f"Do {number}", trace))


def steps(agent: Agent, **limits: Any) -> Callable[[], Coroutine[Any, Any, None]]:
    async def run() -> None:
        async with Orchestrator(options=options()) as orchestrator:
            process = orchestrator.spawn(agent)
            for number in range(STEPS):
                await process.send(f"Do {number}", **limits)

    return run


def fan_out(agent: Agent, **limits: Any) -> Callable[[], Coroutine[Any, Any, None]]:
    async def run() -> None:
        async with Orchestrator(options=options()) as orchestrator:
            for _ in range(STEPS // WIDTH):
                processes = [orchestrator.spawn(agent) for _ in range(WIDTH)]

                async def one(at: int, own: Any = processes) -> None:
                    await own[at].send(f"Do {at}", **limits)

                await batch(range(WIDTH), one, limit=WIDTH)
                for process in processes:
                    process.complete()

    return run


def report(benchmark: BenchmarkFixture, name: str, found: float, most: float | None) -> None:
    limit = "" if most is None else f" (at most {most:g})"
    print(f"\n{name}: {found:.1f} times by hand{limit}")
    benchmark.extra_info["ratio"] = round(found, 2)
    benchmark.pedantic(lambda: None, rounds=1)


def test_a_message(benchmark: BenchmarkFixture) -> None:
    report(benchmark, "a message, no layers", ratio(steps(PLAIN), steps_by_hand), None)


def test_a_message_through_all_layers(benchmark: BenchmarkFixture) -> None:
    found = ratio(steps(LAYERED, timeout=60), steps_by_hand)
    report(benchmark, "a message through all layers", found, 8)


def test_a_fan_out_through_all_layers(benchmark: BenchmarkFixture) -> None:
    found = ratio(fan_out(LAYERED, timeout=60), fan_out_by_hand)
    report(benchmark, "a fan-out of 200 processes through all layers", found, 8)


def test_spawning(benchmark: BenchmarkFixture) -> None:
    async def spawn() -> None:
        async with Orchestrator(options=options()) as orchestrator:
            for _ in range(STEPS):
                orchestrator.spawn(PLAIN).complete()

    found = ratio(spawn, steps_by_hand)
    report(benchmark, "a process that is spawned and completes", found, None)


def test_cancelling_an_open_call(benchmark: BenchmarkFixture) -> None:
    """From the cancellation to the moment the server sees the connection close."""

    async def once() -> float:
        asked, gone = asyncio.Event(), asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            try:
                while await reader.read(1 << 16):
                    pass
            except ConnectionError:
                pass
            gone.set()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        env = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url}
        async with server, Orchestrator(options=RunOptions(env=env)) as orchestrator:
            call = orchestrator.spawn(PLAIN).send_async("hello")
            await asked.wait()
            start = time.perf_counter()
            call.cancel()
            await gone.wait()
            return time.perf_counter() - start

    found = statistics.median(asyncio.run(once()) for _ in range(15)) * 1000
    print(f"\ncancelling reaches an open call in {found:.1f} ms (less than 100)")
    benchmark.extra_info["milliseconds"] = round(found, 1)
    benchmark.pedantic(lambda: None, rounds=1)
