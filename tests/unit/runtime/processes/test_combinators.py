"""Pipelines, fan-outs, routers and batches."""

import asyncio
from typing import Any

import pytest

from vega_runtime import (
    Agent,
    ModelError,
    Orchestrator,
    batch,
    fan_out,
    parallel,
    pipeline,
    router,
)

A, B = Agent("A", model="scripted"), Agent("B", model="scripted")
REPLIES = [{"match": "slow", "reply": "late", "delay": 60, "times": "always"},
           {"match": "bad", "error": "invalid_request", "times": "always"},
           {"agent": "B", "reply": "B says so", "times": "always"},
           {"reply": "echo", "times": "always"}]  # fmt: skip


async def double(value: Any) -> Any:
    await asyncio.sleep(1)
    return value * 2


def test_a_pipeline_passes_results_on(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, b = o.spawn(A), o.spawn(B)
        assert await pipeline("x", a, double, str.upper) == "XX"
        assert await pipeline("x", a, b, len) == len("B says so")
        assert await pipeline(3, double, a) == "6"
        assert await pipeline("nothing") == "nothing"

    stage(scene, REPLIES)


def test_parallel_gives_one_value_to_all(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        assert await parallel("ab", o.spawn(A), o.spawn(B), double, len) == [
            "ab", "B says so", "abab", 2,
        ]  # fmt: skip
        assert asyncio.get_running_loop().time() == pytest.approx(1)

    stage(scene, REPLIES)


def test_the_first_failure_cancels_the_rest(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        with pytest.raises(ModelError):
            await parallel("bad", double, o.spawn(A))
        assert asyncio.get_running_loop().time() == 0

    stage(scene, REPLIES)


def test_fan_out_shares_values_among_workers(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, other = o.spawn(A), o.spawn(A, name="other")
        texts = ["slow", "b", "c", "d"]
        assert await fan_out(texts, a, other) == ["late", "b", "c", "d"]
        assert len(a.messages) == 2  # busy with the slow one, while the other did the rest
        assert len(other.messages) == 6
        assert asyncio.get_running_loop().time() == pytest.approx(60)

    stage(scene, REPLIES)


def test_fan_out_with_functions_and_an_aggregate(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        assert await fan_out(range(20), double, limit=5, aggregate=sum) == 380
        assert asyncio.get_running_loop().time() == pytest.approx(4)
        assert await fan_out(["a", "b"], o.spawn(A), aggregate=o.spawn(A)) == "a\n\nb"
        with pytest.raises(ValueError, match="at least one worker"):
            await fan_out([1])

    stage(scene, REPLIES)


def test_a_router_chooses(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        routes = {"Short": str.upper, "long": double}

        def choose(text: str) -> str:
            return " short\n" if len(text) < 3 else "LONG" if len(text) < 9 else "nowhere"

        assert await router("ab", choose, routes) == "AB"
        assert await router("abcd", choose, routes) == "abcdabcd"
        assert await router("x" * 10, choose, routes, default=len) == 10
        with pytest.raises(LookupError, match="'nowhere' is none of the routes Short, long"):
            await router("x" * 10, choose, routes)
        assert await router("long", o.spawn(A), routes) == "longlong"

    stage(scene, REPLIES)


def test_batch(stage: Any) -> None:
    running = most = 0

    async def work(value: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(100 - value)
        running -= 1
        if value == 7:
            raise ValueError("seven")
        return value

    async def scene(o: Orchestrator) -> None:
        found = await batch(range(10), work, limit=4, return_exceptions=True)
        assert most == 4
        assert found[:7] + found[8:] == [0, 1, 2, 3, 4, 5, 6, 8, 9]
        assert isinstance(found[7], ValueError)
        with pytest.raises(ValueError, match="seven"):
            await batch(range(10), work, limit=4)
        with pytest.raises(ValueError, match="at least one"):
            await batch([1], work, limit=0)
        assert await batch([], work) == []

    stage(scene)


def test_cancelling_a_pattern_cancels_all_of_it(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        task = asyncio.create_task(batch(range(10), double, limit=3))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    stage(scene)
