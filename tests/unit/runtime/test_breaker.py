"""Circuit breakers, on virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from vega_runtime.breaker import Breaker
from vega_runtime.errors import CircuitOpen, ModelError, TimeoutExceeded
from vega_runtime.virtual_time import run_virtual

DOWN = ModelError("down", kind="overloaded")


async def call(breaker: Breaker, outcome: BaseException | None = None) -> str:
    try:
        with breaker.guard():
            if outcome is not None:
                raise outcome
    except CircuitOpen:
        return "refused"
    except (ModelError, TimeoutExceeded, asyncio.CancelledError):
        return "failed"
    return "passed"


def virtual(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        run_virtual(test())

    run.__name__ = test.__name__
    return run


@virtual
async def test_opens_after_failures_in_a_row() -> None:
    breaker = Breaker(threshold=3)
    assert [await call(breaker, DOWN) for _ in range(4)] == ["failed"] * 3 + ["refused"]
    assert breaker.state == "open"


@virtual
async def test_a_success_starts_the_count_anew() -> None:
    breaker = Breaker(threshold=2)
    for outcome in (DOWN, None, DOWN, None, DOWN):
        await call(breaker, outcome)
    assert breaker.state == "closed"


@virtual
async def test_a_probe_closes_it_again() -> None:
    said: list[str] = []
    breaker = Breaker(
        threshold=1,
        reset_after=30,
        name="haiku",
        on_open=lambda name: said.append(f"{name} opened"),
        on_close=lambda name: said.append(f"{name} closed"),
    )
    await call(breaker, DOWN)
    await asyncio.sleep(29)
    assert await call(breaker) == "refused"
    await asyncio.sleep(1)
    assert breaker.state == "half_open"
    assert await call(breaker) == "passed"
    assert breaker.state == "closed"
    assert said == ["haiku opened", "haiku closed"]


@virtual
async def test_a_failed_probe_opens_it_for_another_time() -> None:
    breaker = Breaker(threshold=5, reset_after=30)
    for _ in range(5):
        await call(breaker, DOWN)
    await asyncio.sleep(30)
    assert await call(breaker, DOWN) == "failed"
    assert await call(breaker) == "refused"
    await asyncio.sleep(29)
    assert await call(breaker) == "refused"
    await asyncio.sleep(1)
    assert await call(breaker) == "passed"


@virtual
async def test_only_so_many_probes_at_once() -> None:
    breaker = Breaker(threshold=1, reset_after=10, half_open_max=2)
    await call(breaker, DOWN)
    await asyncio.sleep(10)

    async def probe() -> str:
        try:
            with breaker.guard():
                await asyncio.sleep(5)
        except CircuitOpen:
            return "refused"
        return "passed"

    outcomes = await asyncio.gather(*(probe() for _ in range(4)))
    assert sorted(outcomes) == ["passed", "passed", "refused", "refused"]
    assert breaker.state == "closed"


@virtual
async def test_a_cancelled_probe_leaves_room_for_the_next() -> None:
    breaker = Breaker(threshold=1, reset_after=10, half_open_max=1)
    await call(breaker, DOWN)
    await asyncio.sleep(10)
    await call(breaker, asyncio.CancelledError())
    assert breaker.state == "half_open"
    assert await call(breaker) == "passed"


@virtual
async def test_a_late_success_does_not_close_it() -> None:
    breaker = Breaker(threshold=1, reset_after=100)

    async def slow() -> None:
        with breaker.guard():
            await asyncio.sleep(5)

    running = asyncio.create_task(slow())
    await asyncio.sleep(1)
    await call(breaker, DOWN)
    await running
    assert breaker.state == "open"


@pytest.mark.parametrize("kind", ["invalid_request", "authentication"])
def test_a_wrong_request_says_nothing_about_the_provider(kind: str) -> None:
    async def main() -> None:
        breaker = Breaker(threshold=1)
        await call(breaker, ModelError("no", kind=kind))  # pyright: ignore
        assert breaker.state == "closed"

    run_virtual(main())


@pytest.mark.parametrize(
    "failure",
    [
        ModelError("x", kind="rate_limit"),
        ModelError("x", kind="timeout"),
        ModelError("x", kind="temporary"),
        TimeoutExceeded("x"),
    ],
)
def test_what_counts(failure: Exception) -> None:
    async def main() -> None:
        breaker = Breaker(threshold=1, name="haiku")
        await call(breaker, failure)
        with pytest.raises(CircuitOpen, match=r"haiku.*30\.0 s"), breaker.guard():
            pytest.fail("the call was made")

    run_virtual(main())
