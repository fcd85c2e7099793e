"""Running a coroutine so that Ctrl-C ends it in order."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any


class Interrupted(Exception):
    """A signal ended the run after `after` seconds; `status` is the exit status for it."""

    def __init__(self, number: int, after: float) -> None:
        super().__init__(signal.Signals(number).name)
        self.after = after
        self.status = 128 + number


def run_until_cancelled(
    work: Callable[[], Coroutine[Any, Any, Any]], say: Callable[[str], None]
) -> Any:
    """The result of `work()`, run in a new event loop.

    The first SIGINT or SIGTERM cancels it; open calls end and clean-up runs. A second one stops at
    once. Raises Interrupted after either.
    """
    received: list[int] = []
    started = time.monotonic()

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work())

        def cancel() -> None:
            task.cancel()
            say("cancelling; press Ctrl-C again to stop at once")

        def on_signal(number: int, _frame: FrameType | None) -> None:
            received.append(number)
            if len(received) > 1:
                raise KeyboardInterrupt
            loop.call_soon_threadsafe(cancel)

        before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
        try:
            return await task
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    try:
        result = asyncio.run(main())
    except (asyncio.CancelledError, KeyboardInterrupt):
        number = received[0] if received else signal.SIGINT
        raise Interrupted(number, time.monotonic() - started) from None
    except Exception:
        if received:
            # What failed while the run was being cancelled is a result of the cancelling.
            raise Interrupted(received[0], time.monotonic() - started) from None
        raise
    return result


_SIGNALS = (signal.SIGINT, signal.SIGTERM)
