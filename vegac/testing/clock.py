"""The clock of tests: every run begins at the same moment and goes on in virtual time."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from vega_runtime.virtual_time import VirtualTimeLoop

T = TypeVar("T")

START = datetime(2000, 1, 1, tzinfo=UTC)
"""When every test begins, so that `date`, `time` and `now` are the same each time."""


def now() -> datetime:
    """The date and time in the running test."""
    return START + timedelta(seconds=asyncio.get_running_loop().time())


def run_test(main: Coroutine[Any, Any, T]) -> T:
    """The result of `main`, run in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
