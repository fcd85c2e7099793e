"""What may stand around every tool call of a `Tools` registry."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

from vega_runtime.models.base import ToolCall, ToolResult
from vega_runtime.tools.definition import ToolContext
from vega_runtime.tools.registry import Middleware

_Inner = Callable[[], Awaitable[ToolResult]]


def log_calls(logger: logging.Logger | None = None, level: int = logging.INFO) -> Middleware:
    """Log each call by name, with how it ended and its duration; never arguments or results."""
    log = logger or logging.getLogger("vega.tools")

    async def logged(call: ToolCall, _: ToolContext, inner: _Inner) -> ToolResult:
        start = time.monotonic()
        result = await inner()
        how = "failed" if result.is_error else "done"
        log.log(level, "tool %s %s in %.3f s", call.name, how, time.monotonic() - start)
        return result

    return logged


def time_limit(seconds: float) -> Middleware:
    """End a call that takes longer; it is a failure of the tool."""

    async def limited(call: ToolCall, _: ToolContext, inner: _Inner) -> ToolResult:
        try:
            async with asyncio.timeout(seconds):
                return await inner()
        except TimeoutError:
            message = f"{call.name} was stopped after {seconds:g} s"
            return ToolResult(call.id, message, is_error=True)

    return limited


def rate_limit(calls: int, per: float = 60.0) -> Middleware:
    """At most `calls` calls in any `per` seconds; further ones wait their turn."""
    if calls < 1:
        raise ValueError("a rate limit needs at least one call")
    started: deque[float] = deque(maxlen=calls)
    turn = asyncio.Lock()

    async def limited(_: ToolCall, __: ToolContext, inner: _Inner) -> ToolResult:
        loop = asyncio.get_running_loop()
        async with turn:
            if len(started) == calls:
                await asyncio.sleep(max(0.0, started[0] + per - loop.time()))
            started.append(loop.time())
        return await inner()

    return limited
