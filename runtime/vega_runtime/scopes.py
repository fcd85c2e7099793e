"""What stands around steps: time limits, budgets, retried blocks and clean-up."""

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING

from .errors import FormatError, TimeoutExceeded, VegaError
from .events import Retrying

if TYPE_CHECKING:
    from .agent import Retry
    from .run import Run

CLEANUP_SECONDS = 5.0
"""How long `finally` may go on after a cancellation."""


class Deadline:
    """Cancels what is inside after so many seconds and raises TimeoutExceeded for `site`."""

    # What `asyncio.timeout` does, at half its cost; this is on the way of every message.

    __slots__ = ("_before", "_expired", "_seconds", "_site", "_task", "_timer")

    def __init__(self, seconds: float, site: str) -> None:
        self._seconds = seconds
        self._site = site
        self._expired = False

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._before = task.cancelling()
        loop = asyncio.get_running_loop()
        if self._seconds > 0:
            self._timer = loop.call_later(self._seconds, self._expire)
        else:
            self._timer = loop.call_soon(self._expire)

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if not self._expired:
            return
        ours = self._task.uncancel() <= self._before
        if ours and kind is asyncio.CancelledError:
            from .durations import format_duration

            raise TimeoutExceeded(
                f"not finished after {format_duration(self._seconds)}", site=self._site
            ) from error


class Scope:
    """A block with a time limit (seconds), a budget (US dollars), or both."""

    __slots__ = ("_before", "_budget", "_deadline", "_run", "_site")

    def __init__(self, run: "Run", site: str, timeout: float | None, budget: float | None) -> None:
        self._run = run
        self._site = site
        self._budget = budget
        self._deadline = None if timeout is None else Deadline(timeout, site)
        self._before = run.ledgers

    async def __aenter__(self) -> None:
        self._before = self._run.ledgers
        if self._deadline is not None:
            await self._deadline.__aenter__()
        if self._budget is not None:
            from .session import ledger

            self._run.ledgers = (*self._before, ledger(self._budget, site=self._site))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run.ledgers = self._before
        if self._deadline is not None:
            await self._deadline.__aexit__(kind, error, trace)


class Cleanup:
    """The body of a `finally`: after a cancellation it may take 5 s, then it is given up."""

    __slots__ = ("_run", "_timeout")

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._timeout: asyncio.Timeout | None = None

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            self._timeout = asyncio.timeout(CLEANUP_SECONDS)
            await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if self._timeout is None:
            return False
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            self._run.session.notice(
                f"`finally` was given up {CLEANUP_SECONDS:g} s after the cancellation"
            )
            return True
        return False


class Attempts:
    """The attempts at a block with `retry`: conversations go back to where they were before it."""

    __slots__ = ("_number", "_past", "_retry", "_run", "_site")

    def __init__(self, run: "Run", site: str, retry: "Retry") -> None:
        self._run = run
        self._site = site
        self._retry = retry
        self._past = run.past()
        self._number = 1

    async def again(self, failure: BaseException) -> None:
        """Wait for the next attempt, or raise `failure` when there is none to make."""
        from .retry import next_delay

        run, session = self._run, self._run.session
        delay = None
        if not isinstance(failure, VegaError) or not run.is_fatal(failure):
            delay = next_delay(self._retry, self._number, failure, session.random, (FormatError,))
        run.restore(self._past)
        if delay is None:
            raise failure
        if session.observers:
            key = run.key(self._site)
            session.emit(Retrying(self._site, key, self._number, delay, failure))
        self._number += 1
        await asyncio.sleep(delay)
