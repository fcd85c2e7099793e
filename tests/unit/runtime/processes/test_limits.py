"""What stands around a model call: the order of the layers, and limits that are exact."""

import asyncio
import logging
import random
from collections import Counter
from typing import Any

import pytest

from vega_runtime import (
    Agent,
    Budget,
    BudgetExceeded,
    CircuitBreaker,
    ModelError,
    Orchestrator,
    RateLimit,
    RateLimited,
    Retry,
    Settings,
    TimeoutExceeded,
    budget,
)
from vega_runtime.models.base import Request, Response, Usage

HAIKU = Agent("A", model="claude-haiku-4-5", max_tokens=120)
DOLLAR = 1_000_000
COST = 600
"""Micro-dollars of a reply of `Paid`: 100 tokens in at 1 and 100 out at 5."""


class Paid:
    """A model whose replies cost the same, after a delay that varies, or that fails."""

    def __init__(self, seed: int = 0, failures: dict[str, list[ModelError]] | None = None) -> None:
        self.random = random.Random(seed)
        self.calls: list[tuple[str, float]] = []
        self.failures = failures or {}
        self.slow = 1

    async def generate(self, request: Request) -> Response:
        self.calls.append((request.model, asyncio.get_running_loop().time()))
        failures = self.failures.get(request.model)
        if failures:
            raise failures.pop(0)
        await asyncio.sleep(self.random.random() * self.slow)
        return Response("x", usage=Usage(100, 100))

    async def close(self) -> None:
        pass


def down(count: int, **options: Any) -> dict[str, list[ModelError]]:
    return {"claude-haiku-4-5": [ModelError("down", **options) for _ in range(count)]}


def now() -> float:
    return asyncio.get_running_loop().time()


# Budgets


@pytest.mark.parametrize("seed", range(5))
def test_200_calls_at_once_on_money_for_57(stage: Any, seed: int) -> None:
    model = Paid(seed)

    async def scene(o: Orchestrator) -> None:
        async with budget(57 * COST / DOLLAR) as money:
            processes = [o.spawn(HAIKU) for _ in range(200)]
            texts = [f"{number}: {'a question of some length ' * 12}" for number in range(200)]
            found = await asyncio.gather(
                *(one.send(text) for one, text in zip(processes, texts, strict=True)),
                return_exceptions=True,
            )
            refused = [one for one in found if isinstance(one, BudgetExceeded)]
            assert 45 <= len(model.calls) <= 57
            assert len(refused) == 200 - len(model.calls)
            assert money.used() == pytest.approx(len(model.calls) * COST / DOLLAR)
            assert money.used() <= 57 * COST / DOLLAR

    stage(scene, model=model)


def test_scopes_nest_and_tell_what_is_left(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(HAIKU)
        async with budget(1.00) as outer:
            await process.send("one")
            async with budget(0.50, name="inner") as inner:
                await process.send("two")
                assert inner.used() == COST / DOLLAR
            await process.send("three")
        await process.send("not counted")
        assert outer.used() == pytest.approx(3 * COST / DOLLAR)
        assert outer.remaining() == pytest.approx(1 - 3 * COST / DOLLAR)
        assert inner.remaining() == pytest.approx(0.5 - COST / DOLLAR)
        with pytest.raises(ValueError, match="0 US dollars or more"):
            budget(-1)

    stage(scene, model=Paid())


def test_the_tighter_scope_says_no(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(HAIKU)
        async with budget(1.00) as outer, budget(0.0001, name="the draft"):
            with pytest.raises(BudgetExceeded, match=r"budget of \$0\.0001 of the draft"):
                await process.send("hello")
        assert outer.used() == 0

    stage(scene, model=Paid())


def test_tasks_belong_to_the_scope_they_were_started_in(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(HAIKU)
        async with budget(1.00) as money:
            task = asyncio.create_task(process.send("inside"))
            future = process.send_async("inside too")
        await process.send("outside")
        await asyncio.gather(task, future)
        assert money.used() == pytest.approx(2 * COST / DOLLAR)

    stage(scene, model=Paid())


@pytest.mark.parametrize("on_exceed", ["warn", "allow"])
def test_budgets_that_do_not_block(
    stage: Any, on_exceed: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(HAIKU)
        async with budget(0.001, on_exceed) as money:
            for _ in range(4):
                await process.send("hello")
            assert money.used() == pytest.approx(4 * COST / DOLLAR)
            assert money.remaining() < 0

    with caplog.at_level(logging.WARNING, "vega"):
        stage(scene, model=Paid())
    assert caplog.text.count("is used up") == (1 if on_exceed == "warn" else 0)


def test_the_budget_of_an_agent_counts_all_its_processes(stage: Any) -> None:
    agent = HAIKU.replace(budget=Budget(2.5 * COST / DOLLAR))

    async def scene(o: Orchestrator) -> None:
        await o.spawn(agent).send("one")
        with pytest.raises(BudgetExceeded, match="the agent A"):
            await o.spawn(agent).send("two" * 400)

    stage(scene, model=Paid())


def test_a_model_without_a_price_is_said_once(stage: Any, caplog: pytest.LogCaptureFixture) -> None:
    agent = HAIKU.replace(model="somebody/elses-model")

    async def scene(o: Orchestrator) -> None:
        async with budget(0.01) as money:
            for _ in range(3):
                await o.spawn(agent).send("hello")
            assert money.used() == 0

    with caplog.at_level(logging.WARNING, "vega"):
        stage(scene, model=Paid())
    assert caplog.text.count("no price is known") == 1


# Rates


def test_sixty_a_minute_over_an_hour_shared_out_fairly(stage: Any) -> None:
    """Nine callers send one message after the other, one sends twenty at a time."""
    settings = Settings(rate_limit={"claude-haiku-4-5": RateLimit(requests_per_minute=60)})
    count: Counter[int] = Counter()

    async def scene(o: Orchestrator) -> None:
        async def one(number: int, process: Any) -> None:
            while True:
                await process.batch(["hello"])
                count[number] += now() > 60  # when what had been saved up is used up

        processes = [o.spawn(HAIKU) for _ in range(10)]
        greedy = [0] * 20
        tasks = [
            asyncio.ensure_future(one(number, processes[number]))
            for number in [*range(1, 10), *greedy]
        ]
        await asyncio.sleep(3600)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    model = Paid()
    model.slow = 0  # or it would be the greedy one that uses the others' pauses
    stage(scene, settings=settings, model=model)
    assert sum(at <= 3600 for _, at in model.calls) == pytest.approx(3600, rel=0.02)
    assert all(share == pytest.approx(354, rel=0.02) for share in count.values()), count


def test_a_limit_that_rejects(stage: Any) -> None:
    agent = HAIKU.replace(rate_limit=RateLimit(requests_per_minute=2, strategy="reject"))

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(agent)
        for _ in range(2):
            await process.send("hello")
        with pytest.raises(RateLimited, match="the rate limit of A is reached"):
            await process.send("hello")

    stage(scene, model=Paid())


def test_backpressure_holds_all_back_when_the_provider_says_so(stage: Any) -> None:
    agent = HAIKU.replace(
        rate_limit=RateLimit(requests_per_minute=600, strategy="backpressure"),
        retry=Retry(initial=0, jitter=0),
    )
    model = Paid(failures=down(1, kind="rate_limit", retry_after=40))

    async def scene(o: Orchestrator) -> None:
        one, other = o.spawn(agent), o.spawn(agent)
        first = asyncio.create_task(one.send("hello"))
        await asyncio.sleep(1)
        await other.send("hello")
        await first

    stage(scene, model=model)
    assert [at for _, at in model.calls] == pytest.approx([0, 40, 40], abs=0.2)


# The order: step timeout > retry > circuit breaker > rate limiter > budget > call


def test_the_timeout_is_around_the_retries(stage: Any) -> None:
    agent = HAIKU.replace(retry=Retry(max_attempts=9, backoff="constant", initial=4, jitter=0))

    async def scene(o: Orchestrator) -> None:
        with pytest.raises(TimeoutExceeded):
            await o.spawn(agent).send("hello", timeout=10)
        assert now() == 10

    model = Paid(failures=down(9, kind="overloaded"))
    stage(scene, model=model)
    assert [at for _, at in model.calls] == [0, 4, 8]


def test_retries_are_around_the_breaker(stage: Any) -> None:
    """It counts each attempt, and once it is open the attempts end: they could not succeed."""
    agent = HAIKU.replace(
        retry=Retry(max_attempts=9, jitter=0),
        circuit_breaker=CircuitBreaker(threshold=2),
        fallback_model="claude-sonnet-5",
    )
    model = Paid(failures=down(9, kind="overloaded"))

    async def scene(o: Orchestrator) -> None:
        assert await o.spawn(agent).send("hello") == "x"

    stage(scene, model=model)
    assert [name for name, _ in model.calls] == ["claude-haiku-4-5"] * 2 + ["claude-sonnet-5"]


def test_the_breaker_is_around_the_rate_limit(stage: Any) -> None:
    """A call that the open breaker refuses uses up no permission."""
    agent = HAIKU.replace(
        rate_limit=RateLimit(requests_per_minute=2),
        circuit_breaker=CircuitBreaker(threshold=1, reset_after=1),
    )
    model = Paid(failures=down(1, kind="overloaded"))

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(agent)
        for _ in range(20):
            with pytest.raises((ModelError, Exception)):
                await process.send("hello")
        await asyncio.sleep(1)
        began = now()
        await process.send("hello")
        assert now() - began <= 1  # the second permission was still there

    stage(scene, model=model)


def test_the_rate_limit_is_around_the_budget(stage: Any) -> None:
    """Who waits for permission holds no money back."""
    agent = HAIKU.replace(rate_limit=RateLimit(requests_per_minute=1))

    async def scene(o: Orchestrator) -> None:
        async with budget(1) as money:
            process, other = o.spawn(agent), o.spawn(agent)
            await process.send("hello")
            waiting = asyncio.create_task(other.send("hello"))
            await asyncio.sleep(5)
            assert money.remaining() == pytest.approx(1 - COST / DOLLAR)
            await waiting

    stage(scene, model=Paid())


def test_a_failed_attempt_costs_nothing(stage: Any) -> None:
    agent = HAIKU.replace(retry=Retry(jitter=0))

    async def scene(o: Orchestrator) -> None:
        async with budget(1) as money:
            await o.spawn(agent).send("hello")
            assert money.used() == COST / DOLLAR

    stage(scene, model=Paid(failures=down(2, kind="overloaded")))


def test_retry_after_is_heeded_and_the_fallback_comes_last(stage: Any) -> None:
    agent = HAIKU.replace(
        retry=Retry(max_attempts=3, initial=1, jitter=0), fallback_model="claude-sonnet-5"
    )
    model = Paid(failures=down(3, kind="rate_limit", retry_after=17))

    async def scene(o: Orchestrator) -> None:
        assert await o.spawn(agent).send("hello") == "x"

    stage(scene, model=model)
    assert [at for _, at in model.calls] == [0, 17, 34, 34]
    assert model.calls[-1][0] == "claude-sonnet-5"


@pytest.mark.parametrize("kind", ["invalid_request", "authentication"])
def test_what_will_fail_again_is_not_tried_again(stage: Any, kind: Any) -> None:
    agent = HAIKU.replace(retry=Retry(), fallback_model="claude-sonnet-5")
    model = Paid(failures=down(1, kind=kind))

    async def scene(o: Orchestrator) -> None:
        with pytest.raises(ModelError):
            await o.spawn(agent).send("hello")

    stage(scene, model=model)
    assert len(model.calls) == 1
