"""Breakers, token buckets and budgets against simple models, on virtual time."""

import asyncio
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from vega_runtime.breaker import Breaker
from vega_runtime.budget import Ledger, most_input_tokens, reserved
from vega_runtime.errors import BudgetExceeded, CircuitOpen, ModelError
from vega_runtime.models.base import Message, Request, Usage
from vega_runtime.models.prices import Price
from vega_runtime.ratelimit import Limiter
from vega_runtime.virtual_time import VirtualTimeLoop

PROFILE = settings(max_examples=40, stateful_step_count=40, deadline=None)


class Virtual(RuleBasedStateMachine):
    """A machine with a loop of its own, whose clock only its rules move."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(0.05))

    def do(self, work: Callable[[], Any] | None = None) -> Any:
        async def settled() -> Any:
            result = work() if work is not None else None
            for _ in range(20):
                await asyncio.sleep(0)
            return result

        return self.runner.run(settled())

    def now(self) -> float:
        return self.runner.get_loop().time()

    def start(self, work: Any) -> "asyncio.Task[Any]":
        return self.do(lambda: asyncio.ensure_future(work()))

    def wait(self, seconds: float) -> None:
        self.runner.run(asyncio.sleep(seconds))
        self.do()

    def teardown(self) -> None:
        self.runner.close()


class Breaking(Virtual):
    """A breaker: closed, open, half open, with calls that end in any order."""

    @initialize(
        threshold=st.integers(1, 4), reset=st.sampled_from([10.0, 30.0]), probes=st.integers(1, 3)
    )
    def begin(self, threshold: int, reset: float, probes: int) -> None:
        self.told: list[str] = []
        self.breaker = Breaker(
            threshold, reset, probes, "b",
            on_open=lambda name: self.told.append("open"),
            on_close=lambda name: self.told.append("close"),
        )  # fmt: skip
        self.threshold, self.reset, self.most = threshold, reset, probes
        self.expected: list[str] = []
        self.failures = 0
        self.opening: float | None = None
        """When it opened; None while it is closed."""
        self.calls: list[tuple[Any, float | None]] = []
        """Calls under way, and during which opening they began."""

    def state(self) -> str:
        if self.opening is None:
            return "closed"
        return "open" if self.now() < self.opening + self.reset else "half_open"

    @rule()
    def call(self) -> None:
        probing = sum(opening is not None for _, opening in self.calls)
        refused = self.state() == "open" or (self.state() == "half_open" and probing >= self.most)

        def enter() -> Any:
            guard = self.breaker.guard()
            try:
                guard.__enter__()
            except CircuitOpen:
                return None
            return guard

        guard = self.do(enter)
        assert (guard is None) == refused
        if guard is not None:
            self.calls.append((guard, self.opening))

    @rule(data=st.data(), how=st.sampled_from(["answer", "overloaded", "invalid", "cancelled"]))
    def it_ends(self, data: Any, how: str) -> None:
        if not self.calls:
            return
        guard, opening = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))
        errors: dict[str, BaseException] = {
            "overloaded": ModelError("down", kind="overloaded"),
            "invalid": ModelError("wrong", kind="invalid_request"),
            "cancelled": asyncio.CancelledError(),
        }
        error = errors.get(how)
        self.do(lambda: guard.__exit__(None if error is None else type(error), error, None))
        same_time = opening == self.opening
        if how == "answer" and same_time:
            self.failures = 0
            if self.opening is not None:
                self.opening = None
                self.expected.append("close")
        elif how == "overloaded" and (same_time or self.opening is None):
            self.failures += 1
            if self.opening is not None or self.failures >= self.threshold:
                self.opening = self.now()
                self.expected.append("open")

    @rule(seconds=st.sampled_from([1.0, 9.0, 10.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.wait(seconds)

    @invariant()
    def it_is_in_the_state_of_the_model(self) -> None:
        if hasattr(self, "breaker"):
            assert self.do(lambda: self.breaker.state) == self.state()
            assert self.told == self.expected


class Limiting(Virtual):
    """A limiter that several callers wait for: exact, without idle waits, in turn."""

    @initialize(
        requests=st.none() | st.sampled_from([1, 2, 6]),
        tokens=st.none() | st.sampled_from([100, 1000]),
    )
    def begin(self, requests: int | None, tokens: int | None) -> None:
        self.limiter = Limiter(requests, tokens)
        self.sizes = (requests or 10**9, tokens or 10**9)
        self.levels = [float(size) for size in self.sizes]
        self.seen = 0.0
        self.turns: list[str] = []
        self.waiting: dict[str, list[tuple[asyncio.Task[None], int]]] = {}
        self.serving: tuple[str, asyncio.Task[None], int] | None = None
        self.behind: list[tuple[asyncio.Task[None], int]] = []
        """The other requests of the caller whose turn it is."""

    def refill(self, now: float) -> None:
        passed, self.seen = now - self.seen, now
        for at, size in enumerate(self.sizes):
            self.levels[at] = min(size, self.levels[at] + passed * size / 60)

    def admitted(self, tokens: int) -> None:
        self.refill(self.now())
        for at, amount in enumerate((1, min(tokens, self.sizes[1]))):
            self.levels[at] -= amount
            assert self.levels[at] >= -1e-3 * self.sizes[at] / 60 - 1e-6 * self.sizes[at]

    def due(self) -> float:
        """Seconds until the one whose turn it is can be admitted."""
        assert self.serving is not None
        self.refill(self.now())
        needs = (1, min(self.serving[2], self.sizes[1]))
        return max(
            0.0,
            *((need - level) * 60 / size
              for need, level, size in zip(needs, self.levels, self.sizes, strict=True)),
        )  # fmt: skip

    @rule(caller=st.sampled_from("abc"), tokens=st.sampled_from([0, 10, 90, 5000]))
    def request(self, caller: str, tokens: int) -> None:
        async def ask() -> None:
            async with self.limiter.slot(tokens, caller):
                self.admitted(tokens)

        entry = (self.start(ask), tokens)
        if self.serving is None:
            self.serving = (caller, *entry)
        elif self.serving[0] == caller:
            self.behind.append(entry)
        else:
            self.waiting.setdefault(caller, []).append(entry)
        self.advance()

    def next_turn(self) -> None:
        """Whose turn it is: callers one after the other, each with its oldest request."""
        assert self.serving is not None
        if self.behind:
            self.waiting[self.serving[0]] = self.behind
        self.serving, self.behind = None, []
        for caller in list(self.waiting):
            queue = self.waiting.pop(caller)
            self.serving, self.behind = (caller, *queue[0]), queue[1:]
            return

    def advance(self) -> None:
        while self.serving is not None and self.serving[1].done():
            assert self.serving[1].exception() is None
            self.next_turn()

    @rule(seconds=st.sampled_from([0.5, 1.0, 10.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.wait(seconds)
        self.advance()

    @rule(data=st.data())
    def someone_gives_up(self, data: Any) -> None:
        queues = [*self.waiting.values(), self.behind]
        everyone = [(queue, entry) for queue in queues for entry in queue]
        if not everyone:
            return
        queue, entry = data.draw(st.sampled_from(everyone))
        self.do(entry[0].cancel)
        queue.remove(entry)
        self.waiting = {caller: queue for caller, queue in self.waiting.items() if queue}

    @invariant()
    def nobody_waits_for_nothing(self) -> None:
        if getattr(self, "serving", None) is not None:
            assert self.due() > 0
            queues = [*self.waiting.values(), self.behind]
            others = [task for queue in queues for task, _ in queue]
            assert not any(task.done() for task in others), "somebody passed the others"

    def teardown(self) -> None:
        for _ in range(1000):
            if getattr(self, "serving", None) is None:
                break
            self.wait(self.due() + 0.01)
            self.advance()
        super().teardown()


PRICE = Price(1_000_000, 2_000_000, 1_000_000, 100_000)
ASK = Request("m", (Message("user", "x"),), max_tokens=1000)
INPUT = most_input_tokens(ASK)


class Spending(Virtual):
    """Nested budgets: exact whatever is settled, given back or given up, and nobody is stuck."""

    @initialize(limits=st.lists(st.integers(1_000, 20_000), min_size=3, max_size=3))
    def begin(self, limits: list[int]) -> None:
        self.ledgers = [Ledger(limit, site=str(at)) for at, limit in enumerate(limits)]
        self.spent = [0, 0, 0]
        self.calls: list[tuple[asyncio.Task[bool], asyncio.Future[int | None], list[int]]] = []

    @rule(which=st.sets(st.integers(0, 2), min_size=1), tokens=st.sampled_from([300, 1000, 4000]))
    def call(self, which: set[int], tokens: int) -> None:
        places = sorted(which)
        end: asyncio.Future[int | None] = self.do(
            lambda: asyncio.get_running_loop().create_future()
        )

        async def work() -> bool:
            request = Request("m", ASK.messages, max_tokens=tokens)
            ledgers = [self.ledgers[at] for at in places]
            try:
                async with reserved(ledgers, request, PRICE) as grant:
                    assert 256 <= grant.request.max_tokens <= tokens
                    used = await end
                    if used is None:
                        return False
                    output = min(used, grant.request.max_tokens)
                    cost = grant.settle(Usage(INPUT, output))
                    assert cost == INPUT + 2 * output
                    for at in places:
                        self.spent[at] += cost
            except BudgetExceeded:
                return False
            return True

        self.calls.append((self.start(work), end, places))

    @rule(data=st.data(), used=st.none() | st.integers(0, 4000))
    def it_ends(self, data: Any, used: int | None) -> None:
        if self.calls:
            _, end, _ = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))
            self.do(lambda: end.set_result(used))

    @rule(data=st.data())
    def it_is_cancelled(self, data: Any) -> None:
        if self.calls:
            task, _, _ = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))
            self.do(task.cancel)

    @invariant()
    def the_books_are_right(self) -> None:
        for at, ledger in enumerate(getattr(self, "ledgers", ())):
            assert ledger.used() == self.spent[at]
            assert ledger.limit is not None
            assert ledger.used() + ledger.reserved <= ledger.limit
            assert ledger.remaining() == ledger.limit - ledger.used() - ledger.reserved
            assert (ledger.open == 0) == (ledger.reserved == 0)
            if ledger.waiting:
                assert ledger.open > 0, "one waits that nobody will wake"

    def teardown(self) -> None:
        for _, end, _ in self.calls:
            self.do(lambda end=end: end.done() or end.set_result(None))
        for task, _, _ in self.calls:
            assert task.done(), "a call is stuck"
        for ledger in getattr(self, "ledgers", ()):
            assert (ledger.reserved, ledger.open, ledger.waiting) == (0, 0, [])
        super().teardown()


TestBreaking = Breaking.TestCase
TestBreaking.settings = PROFILE
TestLimiting = Limiting.TestCase
TestLimiting.settings = PROFILE
TestSpending = Spending.TestCase
TestSpending.settings = PROFILE
