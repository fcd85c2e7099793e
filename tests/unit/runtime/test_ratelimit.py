"""Rate limits, on virtual time."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vega_runtime.errors import ModelError, RateLimited
from vega_runtime.ratelimit import Limiter
from vega_runtime.virtual_time import run_virtual


def now() -> float:
    return asyncio.get_running_loop().time()


async def passes(limiter: Limiter, count: int, tokens: int = 0) -> list[float]:
    """When each of `count` calls that ask at once is let through."""

    async def call() -> float:
        async with limiter.slot(tokens):
            return round(now(), 6)

    return list(await asyncio.gather(*(call() for _ in range(count))))


def test_requests_per_minute() -> None:
    async def main() -> None:
        assert await passes(Limiter(requests_per_minute=2), 5) == [0, 0, 30, 60, 90]

    run_virtual(main())


def test_tokens_per_minute() -> None:
    async def main() -> None:
        limiter = Limiter(tokens_per_minute=600)
        assert await passes(limiter, 4, tokens=300) == [0, 0, 30, 60]

    run_virtual(main())


def test_the_tighter_of_both_counts() -> None:
    async def main() -> None:
        limiter = Limiter(requests_per_minute=60, tokens_per_minute=60)
        assert await passes(limiter, 3, tokens=30) == [0, 0, 30]

    run_virtual(main())


def test_the_bucket_does_not_grow_beyond_a_minute() -> None:
    async def main() -> None:
        limiter = Limiter(requests_per_minute=2)
        await passes(limiter, 2)
        await asyncio.sleep(3600)
        assert await passes(limiter, 3) == [3600, 3600, 3630]

    run_virtual(main())


def test_a_request_larger_than_the_bucket_passes_when_it_is_full() -> None:
    async def main() -> None:
        limiter = Limiter(tokens_per_minute=60)
        assert await passes(limiter, 2, tokens=1000) == [0, 60]

    run_virtual(main())


def test_what_was_really_used_corrects_the_estimate() -> None:
    async def main() -> None:
        limiter = Limiter(tokens_per_minute=60)
        async with limiter.slot(60) as report:
            report(30)
        assert await passes(limiter, 1, tokens=30) == [0]
        async with limiter.slot(0) as report:
            report(60)  # a debt: the bucket was empty
        assert await passes(limiter, 1, tokens=30) == [90]

    run_virtual(main())


def test_first_come_first_served() -> None:
    async def main() -> None:
        limiter = Limiter(tokens_per_minute=60)
        order: list[str] = []

        async def call(name: str, tokens: int) -> None:
            async with limiter.slot(tokens):
                order.append(name)

        async with asyncio.TaskGroup() as group:
            for name, tokens in (("a", 60), ("large", 60), ("small", 1), ("b", 1)):
                group.create_task(call(name, tokens))
        assert order == ["a", "large", "small", "b"]

    run_virtual(main())


def test_a_cancelled_wait_takes_nothing() -> None:
    async def main() -> None:
        limiter = Limiter(requests_per_minute=1)
        await passes(limiter, 1)
        waiting = asyncio.create_task(passes(limiter, 1))
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert await passes(limiter, 1) == [60]

    run_virtual(main())


def test_reject() -> None:
    async def main() -> None:
        limiter = Limiter(requests_per_minute=1, strategy="reject", name="claude-haiku-4-5")
        async with limiter.slot():
            pass
        with pytest.raises(RateLimited, match=r"claude-haiku-4-5.*60\.0 s"):
            async with limiter.slot():
                pytest.fail("the call was made")
        await asyncio.sleep(60)
        async with limiter.slot():
            pass

    run_virtual(main())


@pytest.mark.parametrize(("strategy", "next_at"), [("backpressure", 20.0), ("queue", 0.0)])
def test_backpressure_heeds_the_provider(strategy: str, next_at: float) -> None:
    async def main() -> None:
        limiter = Limiter(requests_per_minute=100, strategy=strategy)  # pyright: ignore
        with pytest.raises(ModelError):
            async with limiter.slot():
                raise ModelError("slow down", kind="rate_limit", retry_after=20.0)
        assert await passes(limiter, 2) == [next_at, next_at]

    run_virtual(main())


@settings(deadline=None, max_examples=50)
@given(
    st.integers(1, 30),
    st.lists(st.tuples(st.floats(0, 100), st.integers(0, 50)), max_size=30),
)
def test_never_more_than_the_bucket_and_its_refill(
    per_minute: int, calls: list[tuple[float, int]]
) -> None:
    async def main() -> list[float]:
        limiter = Limiter(requests_per_minute=per_minute)
        times: list[float] = []

        async def call(start: float) -> None:
            await asyncio.sleep(start)
            async with limiter.slot():
                times.append(now())

        await asyncio.gather(*(call(start) for start, _ in calls))
        return times

    times = sorted(run_virtual(main()))
    assert len(times) == len(calls)
    for first in range(len(times)):
        for last in range(first, len(times)):
            span = times[last] - times[first]
            assert last - first + 1 <= per_minute + span * per_minute / 60 + 1e-3
