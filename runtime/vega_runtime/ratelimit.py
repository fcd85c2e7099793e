"""Limits on how fast a model may be called: token buckets in requests and tokens per minute."""

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Literal

from .errors import ModelError, RateLimited
from .request_size import most_input_tokens

Strategy = Literal["queue", "reject", "backpressure"]


class Limiter:
    """At most so many requests and tokens per minute, shared out fairly among callers.

    Callers take turns, however many requests each of them has waiting; the requests of one caller
    go in the order of arrival. Both buckets start full and refill evenly. Strategies: "queue" waits
    for its turn, "reject" raises RateLimited at once, "backpressure" waits too, and when the
    provider itself answers "rate limited" it holds back everybody until the provider's Retry-After
    has passed.
    All waits use the event loop's clock.
    """

    __slots__ = ("_requests", "_resume", "_strategy", "_tokens", "_turns", "name")

    size = staticmethod(most_input_tokens)

    def __init__(
        self,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        strategy: Strategy = "queue",
        name: str = "",
    ) -> None:
        self.name = name
        self._requests = _Bucket(requests_per_minute) if requests_per_minute else None
        self._tokens = _Bucket(tokens_per_minute) if tokens_per_minute else None
        self._strategy: Strategy = strategy
        self._turns = _Turns()
        self._resume = 0.0

    def slot(self, tokens: int = 0, caller: str = "") -> "_Slot":
        """Wait for permission to make one request of about `tokens` tokens (input and output).

        `async with` gives a function to report the tokens that were really used, which corrects
        the estimate. Raises RateLimited under the strategy "reject".
        """
        return _Slot(self, tokens, caller)

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens are limited."""
        return self._tokens is not None

    def take_now(self, tokens: int) -> bool:
        """Take permission for one request if that needs no wait."""
        if self._turns.taken or self._wait(tokens) > 0:
            return False
        self._take(tokens)
        return True

    async def take(self, tokens: int, caller: str) -> None:
        """Wait for permission for one request. Raises RateLimited under the strategy "reject"."""
        if self._strategy == "reject":
            raise RateLimited(
                f"the rate limit{_of(self.name)} is reached; "
                f"the next request is allowed in {self._wait(tokens):.1f} s"
            )
        await self._turns.mine(caller)
        try:
            while (wait := self._wait(tokens)) > 0:  # noqa: ASYNC110 - a time, not an event
                await asyncio.sleep(wait)
            self._take(tokens)
        finally:
            self._turns.pass_on()

    def failed(self, failure: ModelError) -> None:
        """Note that the provider failed: if because of its own limit, backpressure heeds it."""
        if failure.kind == "rate_limit" and self._strategy == "backpressure":
            self.hold(failure.retry_after)

    def hold(self, seconds: float | None = None) -> None:
        """Let nobody pass for so many seconds (default: until one more request is due)."""
        if seconds is None:
            seconds = 1 / self._requests.rate if self._requests is not None else 1.0
        self._resume = max(self._resume, _now() + seconds)

    def _wait(self, tokens: int) -> float:
        now = asyncio.get_running_loop().time()
        wait = self._resume - now
        if self._requests is not None and (time := self._requests.wait(1, now)) > wait:
            wait = time
        if self._tokens is not None and (time := self._tokens.wait(tokens, now)) > wait:
            wait = time
        return wait

    def _take(self, tokens: int) -> None:
        if self._requests is not None:
            self._requests.level -= 1
        if self._tokens is not None:
            self._tokens.level -= min(tokens, self._tokens.size)

    def correct(self, estimated: int, used: int) -> None:
        """Put the tokens that were used in the place of those that were expected."""
        if self._tokens is not None:
            self._tokens.level += min(estimated, self._tokens.size) - used


class _Slot:
    """One request, from the wait for permission to the report of what it used."""

    __slots__ = ("_caller", "_limiter", "_tokens")

    def __init__(self, limiter: Limiter, tokens: int, caller: str) -> None:
        self._limiter = limiter
        self._tokens = tokens
        self._caller = caller

    async def __aenter__(self) -> Callable[[int], None]:
        if not self._limiter.take_now(self._tokens):
            await self._limiter.take(self._tokens, self._caller)
        return self._report

    def _report(self, used: int) -> None:
        self._limiter.correct(self._tokens, used)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, ModelError):
            self._limiter.failed(error)


class _Turns:
    """A lock that callers get in turn, and each caller's own requests in the order they came."""

    __slots__ = ("_behind", "_holder", "_queues", "taken")

    def __init__(self) -> None:
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}
        """The waiting requests by caller, next caller first."""
        self._holder = ""
        """Whose turn it is while it is taken."""
        self._behind: deque[asyncio.Future[None]] = deque()
        """The holder's other requests. They line up when it has had its turn, and not before, or
        they would be ahead of others that come back for their next request meanwhile."""
        self.taken = False

    async def mine(self, caller: str) -> None:
        """Wait for the caller's turn."""
        if not self.taken:
            self.taken = True
            self._holder = caller
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if caller == self._holder:
            self._behind.append(future)
        else:
            self._queues.setdefault(caller, deque()).append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.pass_on()
            else:
                self._withdraw(caller, future)
            raise

    def _withdraw(self, caller: str, future: "asyncio.Future[None]") -> None:
        if future in self._behind:
            self._behind.remove(future)
            return
        queue = self._queues.get(caller, ())
        if future in queue:
            self._queues[caller].remove(future)
            if not self._queues[caller]:
                del self._queues[caller]

    def pass_on(self) -> None:
        """Let the next caller have its turn."""
        if self._behind:
            self._queues[self._holder] = self._behind
            self._behind = deque()
        while self._queues:
            caller = next(iter(self._queues))
            queue = self._queues.pop(caller)
            while queue:
                future = queue.popleft()
                if not future.done():  # nobody gave it up
                    self._holder = caller
                    self._behind = queue
                    future.set_result(None)
                    return
        self.taken = False


class _Bucket:
    """A bucket that holds a minute's allowance and refills evenly. Its level may be a debt."""

    __slots__ = ("_seen", "level", "rate", "size")

    def __init__(self, per_minute: float) -> None:
        self.size = per_minute
        self.rate = per_minute / 60
        self.level = per_minute
        self._seen: float | None = None

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` can be taken; more than the bucket holds counts as a full one."""
        size = self.size
        if self._seen is not None:
            level = self.level + (now - self._seen) * self.rate
            self.level = level if level < size else size
        self._seen = now
        missing = (amount if amount < size else size) - self.level
        # A rounding error of the clock must not become a second, endlessly small wait.
        return missing / self.rate if missing > 1e-6 * size else 0.0


def _now() -> float:
    return asyncio.get_running_loop().time()


def _of(name: str) -> str:
    return f" of {name}" if name else ""
