"""Limits that several share: tasks of one budget, models under one rate limit, a breaker's news."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from vega_runtime import (
    Agent,
    CircuitBreaker,
    CircuitOpen,
    Context,
    Logging,
    ModelError,
    Orchestrator,
    RateLimit,
    RateLimited,
    RunOptions,
    Settings,
    budget,
)
from vega_runtime.models.base import Request, Response, StreamEvent, Usage
from vega_runtime.virtual_time import run_virtual

COST = 0.0006
"""US dollars of a reply of `Named` by claude-haiku-4-5: 100 tokens in at 1 and 100 out at 5."""


class Named:
    """A model that notes who was called when; those in `down` fail."""

    def __init__(self, *down: str) -> None:
        self.down = set(down)
        self.calls: list[tuple[str, float]] = []

    async def generate(self, request: Request) -> Response:
        self.calls.append((request.model, asyncio.get_running_loop().time()))
        if request.model in self.down:
            raise ModelError("it is down", kind="overloaded")
        return Response("x", usage=Usage(100, 100))

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        yield await self.generate(request)

    async def close(self) -> None:
        pass


ONE = RateLimit(requests_per_minute=1)
A = Agent("A", model="first", fallback_model="second")


# Rate limits


def test_a_fallback_model_has_the_limit_of_its_own_name(stage: Any) -> None:
    """The model that failed has used up its permission, and the fallback has not."""
    model = Named("first")

    async def scene(o: Orchestrator) -> None:
        await o.spawn(A).send("hello")

    stage(scene, settings=Settings(rate_limit={"first": ONE, "second": ONE}), model=model)
    assert model.calls == [("first", 0), ("second", 0)]


def test_a_fallback_model_shares_its_limit_with_others(stage: Any) -> None:
    model = Named("first")

    async def scene(o: Orchestrator) -> None:
        await o.spawn(Agent("B", model="second")).send("hello")
        await o.spawn(A).send("hello")

    stage(scene, settings=Settings(rate_limit={"second": ONE}), model=model)
    assert model.calls == [("second", 0), ("first", 0), ("second", 60)]


def test_a_model_whose_limit_rejects_is_replaced_by_the_fallback(stage: Any) -> None:
    model = Named()
    limit = RateLimit(requests_per_minute=1, strategy="reject")

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        await process.send("hello")
        await process.send("hello")

    stage(scene, settings=Settings(rate_limit={"first": limit}), model=model)
    assert model.calls == [("first", 0), ("second", 0)]


def test_the_limit_of_an_agent_holds_for_its_fallback_model_too(stage: Any) -> None:
    model = Named("first")

    async def scene(o: Orchestrator) -> None:
        await o.spawn(A.replace(rate_limit=ONE)).send("hello")
        limit = RateLimit(requests_per_minute=1, strategy="reject")
        with pytest.raises(RateLimited, match="the rate limit of B is reached"):
            await o.spawn(A.replace(name="B", rate_limit=limit)).send("hello")

    stage(scene, model=model)
    assert model.calls == [("first", 0), ("second", 60), ("first", 60)]


def test_one_limit_for_all_models_is_one(stage: Any) -> None:
    model = Named()

    async def scene(o: Orchestrator) -> None:
        for name in ("first", "second", "third"):
            await o.spawn(Agent(name, model=name)).send("hello")

    stage(scene, settings=Settings(rate_limit=ONE), model=model)
    assert model.calls == [("first", 0), ("second", 60), ("third", 120)]


def test_summaries_keep_to_the_limit_of_the_model_that_writes_them(stage: Any) -> None:
    model = Named()
    context = Context("summary", limit=1, model="writer")

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(Agent("A", model="first", context=context))
        for _ in range(3):
            await process.send("a long and winding message")

    stage(scene, settings=Settings(rate_limit={"writer": ONE}), model=model)
    written = [at for name, at in model.calls if name == "writer"]
    assert len(written) >= 2
    assert all(later - earlier == 60 for earlier, later in pairwise(written))


# Budgets


def test_tasks_may_share_a_budget(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        money = budget(1)
        agent = Agent("A", model="claude-haiku-4-5", max_tokens=120)

        async def work(pause: float) -> None:
            async with money:
                await asyncio.sleep(pause)
                await o.spawn(agent).send("hello")

        await asyncio.gather(work(3), work(1), work(2))
        assert money.used() == pytest.approx(3 * COST)
        await o.spawn(agent).send("hello")  # outside of it
        assert money.used() == pytest.approx(3 * COST)

    stage(scene, model=Named())


def test_a_budget_inside_of_itself_is_paid_once(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(Agent("A", model="claude-haiku-4-5", max_tokens=120))
        money = budget(1)
        async with money:
            async with money:
                await process.send("hello")
            await process.send("hello")  # still inside
        await process.send("hello")
        assert money.used() == pytest.approx(2 * COST)

    stage(scene, model=Named())


def test_a_budget_without_end_counts(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        async with budget(math.inf) as money:
            await o.spawn(Agent("A", model="claude-haiku-4-5")).send("hello")
        assert money.used() == pytest.approx(COST)
        assert money.remaining() == math.inf

    stage(scene, model=Named())


def test_what_happens_beyond_a_budget_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="block, warn or allow, not 'stop'"):
        budget(1, on_exceed="stop")  # type: ignore[arg-type]


# Circuit breakers


def test_a_breaker_tells_when_it_opens_and_closes(
    stage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []

    def closed(name: str) -> None:
        said.append(f"{name} closed")
        raise ValueError("nobody minds")

    breaker = CircuitBreaker(
        2, reset_after=30, on_open=lambda name: said.append(f"{name} opened"), on_close=closed
    )
    model = Named("first")

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(Agent("A", model="first", circuit_breaker=breaker))
        for _ in range(2):
            with pytest.raises(ModelError):
                await process.send("hello")
        assert said == ["A opened"]
        with pytest.raises(CircuitOpen):
            await process.send("hello")
        model.down.clear()
        await asyncio.sleep(30)
        assert await process.send("hello") == "x"
        assert said == ["A opened", "A closed"]

    stage(scene, model=model)
    assert "a callback of the circuit breaker failed" in caplog.text


# The log


def test_the_log_of_processes_has_the_ids_of_the_run_and_the_process(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = Named()
    ids: list[str] = []

    async def main() -> None:
        options = RunOptions(provider=lambda _: model, run_id="the-run")
        async with Orchestrator(Settings(logging=Logging("debug")), options) as o:
            for _ in range(2):
                process = o.spawn(A)
                ids.append(process.id)
                await process.send("hello")

    with caplog.at_level(logging.DEBUG, "vega.run"):
        run_virtual(main())
    records = [record.__dict__ for record in caplog.records if record.name == "vega.run"]
    assert {record["run_id"] for record in records} == {"the-run"}
    assert list(dict.fromkeys(record["process_id"] for record in records)) == ids
