"""The health monitor: what it alerts to, and how often."""

import asyncio
import contextlib
from typing import Any

import pytest

from vega_runtime import Agent, Alert, HealthRules, ModelError, Orchestrator, Settings

A = Agent("A", model="claude-opus-5-5")
QUIET = HealthRules(stale_after=None, max_iterations=None, max_errors=None, interval=1)


def troubles(o: Orchestrator) -> list[str]:
    assert o.health is not None
    found: list[str] = []
    while not o.health.alerts.empty():
        found.append(o.health.alerts.get_nowait().trouble)
    return found


def watched(stage: Any, scene: Any, replies: Any, **rules: Any) -> list[Alert]:
    alerts: list[Alert] = []

    async def play(o: Orchestrator) -> None:
        o.on_alert(alerts.append)
        await scene(o)
        assert troubles(o) == [alert.trouble for alert in alerts]

    stage(play, replies, health=QUIET.replace(**rules))
    return alerts


def test_no_progress(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        await asyncio.sleep(500)  # nothing to do is no trouble
        await process.send("hello")
        await process.send("hello")

    replies = [{"reply": "x", "delay": 50}, {"reply": "x", "delay": 150}]
    (alert,) = watched(stage, scene, replies, stale_after=100)
    assert alert.trouble == "stale"
    assert "A has made no progress for 100 s" in alert.message


def test_too_many_iterations(stage: Any) -> None:
    def tick() -> str:
        """Tick."""
        return "tock"

    call = {"reply": {"tool_calls": [{"name": "tick", "arguments": {}}]}, "delay": 2}

    async def scene(o: Orchestrator) -> None:
        await o.spawn(A.replace(tools=(tick,))).send("go")

    (alert,) = watched(stage, scene, [*[call] * 6, {"reply": "done"}], max_iterations=4)
    assert alert.trouble == "iterations"


def test_an_error_loop(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        for text in ("bad", "bad", "good", "bad", "bad", "bad", "bad", "good", "bad"):
            with contextlib.suppress(ModelError):
                await process.send(text)
            await asyncio.sleep(2)

    replies = [
        {"match": "bad", "error": "invalid_request", "times": "always"},
        {"reply": "x", "times": "always"},
    ]
    (alert,) = watched(stage, scene, replies, max_errors=3)
    assert alert.message == "3 messages to A failed in a row"


def test_what_is_over_and_comes_again_is_told_again(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        for text in ("bad", "good", "bad"):
            with contextlib.suppress(ModelError):
                await process.send(text)
            await asyncio.sleep(10)

    replies = [
        {"match": "bad", "error": "invalid_request", "times": "always"},
        {"reply": "x", "times": "always"},
    ]
    found = watched(stage, scene, replies, max_errors=1)
    assert [alert.trouble for alert in found] == ["errors", "errors"]


def test_high_cost_and_old_age(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        await process.send("hello")
        await asyncio.sleep(100)

    replies = [{"reply": {"text": "x", "usage": {"input_tokens": 100_000, "output_tokens": 1000}}}]
    found = watched(stage, scene, replies, max_cost=0.10, max_age=60)
    assert [alert.trouble for alert in found] == ["cost", "timeout"]


def test_nothing_is_watched_unless_asked_for(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        await o.spawn(A).send("hello")
        assert o.health is None

    stage(scene, settings=Settings())


def test_only_the_latest_alerts_wait(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        processes = [o.spawn(A) for _ in range(1200)]
        await asyncio.sleep(5)
        assert o.health is not None
        assert o.health.alerts.qsize() == 1000
        assert o.health.alerts.get_nowait().process is processes[200]

    stage(scene, health=QUIET.replace(max_age=1))


@pytest.mark.parametrize("interval", [1, 7])
def test_processes_are_looked_at_every_so_often(stage: Any, interval: float) -> None:
    times: list[float] = []

    async def scene(o: Orchestrator) -> None:
        o.on_alert(lambda alert: times.append(asyncio.get_running_loop().time()))
        o.spawn(A)
        await asyncio.sleep(30)

    stage(scene, health=QUIET.replace(max_age=10, interval=interval))
    assert times == [pytest.approx(-(-10 // interval) * interval)]
