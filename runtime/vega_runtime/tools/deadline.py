"""Time limits of what happens outside of the process."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def deadline(seconds: float) -> AsyncGenerator[None]:
    """Raise TimeoutError when the body takes longer, in real time.

    A command or a server does not wait for a loop whose clock is virtual and stands still.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:

        def expire() -> None:
            limit.reschedule(loop.time())

        alarm = _Alarm(loop, seconds, expire)
        try:
            yield
        finally:
            alarm.cancel()


class _Alarm:
    """Calls back in the loop after some real seconds, unless it is cancelled before."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, callback: Callable[[], None]
    ) -> None:
        self._callback: Callable[[], None] | None = callback
        if not getattr(loop, "virtual", False):
            self._timer = loop.call_later(seconds, self._ring)
            return
        self._timer = threading.Timer(seconds, loop.call_soon_threadsafe, (self._ring,))
        self._timer.daemon = True
        self._timer.start()

    def _ring(self) -> None:
        if self._callback is not None:
            self._callback()

    def cancel(self) -> None:
        self._callback = None
        self._timer.cancel()
