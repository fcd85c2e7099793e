"""What observers are told of workflows."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from .events import WorkflowEnded, WorkflowStarted

if TYPE_CHECKING:
    from .session import Session

R = TypeVar("R")


async def watched(session: "Session", site: str, key: str, workflow: str, work: Awaitable[R]) -> R:
    """The result of `work`, with events at its start and its end."""
    clock = asyncio.get_running_loop().time
    session.emit(WorkflowStarted(site, key, workflow))
    started = clock()
    failure: BaseException | None = None
    try:
        return await work
    except BaseException as error:
        failure = error
        raise
    finally:
        session.emit(WorkflowEnded(site, key, workflow, failure, clock() - started))
