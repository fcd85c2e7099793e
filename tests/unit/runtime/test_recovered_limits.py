"""What was left of the money and the time of a process holds after its recovery too."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from vega_runtime import Agent, BudgetExceeded, Orchestrator, RunOptions
from vega_runtime.models.base import Request, Response, StreamEvent, Usage
from vega_runtime.persistence import (
    JsonStates,
    Persistence,
    ProcessState,
    SqliteStates,
    StateStore,
    recover,
    state_from,
)

HAIKU = Agent("A", model="claude-haiku-4-5", max_tokens=256)
COST = 0.0006


class Paid:
    """Each reply: 100 tokens in at 1, 100 out at 5 dollars a million."""

    async def generate(self, request: Request) -> Response:
        return Response("x", usage=Usage(100, 100))

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        yield await self.generate(request)

    async def close(self) -> None:
        pass


@pytest.fixture(params=[JsonStates, SqliteStates])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> StateStore:
    return request.param(tmp_path / "states")


def options() -> RunOptions:
    return RunOptions(provider=lambda _: Paid())


async def test_what_is_left_of_a_budget(store: StateStore) -> None:
    async with Orchestrator(options=options()) as first, Persistence(first, store):
        await first.spawn(HAIKU, budget=0.002).send("hello")
    async with Orchestrator(options=options()) as second:
        (again,) = (await recover(second, store, [HAIKU])).processes
        assert again.budget is not None
        assert again.budget.used() == round(COST * 1_000_000)
        replies = await asyncio.gather(
            *(again.send("hello") for _ in range(4)), return_exceptions=True
        )
        assert isinstance(replies[-1], BudgetExceeded)
        assert "$0.002 of the process" in str(replies[-1])
        assert again.budget.used() <= 2000


async def test_what_is_left_of_its_time(store: StateStore) -> None:
    async with Orchestrator(options=options()) as first, Persistence(first, store):
        process = first.spawn(HAIKU, timeout=1000)
        endless = first.spawn(HAIKU)
        assert endless.seconds_left is None
    state = store.load(process.id)
    assert state is not None
    async with Orchestrator(options=options()) as second:
        found = await recover(second, store, [HAIKU])
        again = {one.id: one for one in found.processes}
        left = again[process.id].seconds_left
        assert left is not None
        assert 0 < left <= 1000
        assert again[endless.id].seconds_left is None
    # A program that starts when the time has long been up.
    store.save(replace(state, ends_at="2001-02-03T04:05:06+00:00"))
    async with Orchestrator(options=options()) as third:
        found = await recover(third, store, [HAIKU])
        late = next(one for one in found.processes if one.id == process.id)
        assert (await asyncio.wait_for(late.wait(), 60)).kind == "timeout"
        assert late.status == "timeout"


def test_a_time_that_is_none_is_refused() -> None:
    data = ProcessState("a", "A", "A", "running", ends_at="soon").as_json()
    with pytest.raises(ValueError, match="soon"):
        state_from(data)


def test_states_of_earlier_versions_can_be_read() -> None:
    data = ProcessState("a", "A", "A", "running").as_json()
    for name in ("budget", "spent", "ends_at"):
        del data[name]
    assert state_from(data) == ProcessState("a", "A", "A", "running")
