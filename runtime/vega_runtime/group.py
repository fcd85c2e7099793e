"""Branches that run together, end together, and fail as one."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

from .errors import raise_failure

if TYPE_CHECKING:
    from .conversation import Conversation
    from .run import Run

P = ParamSpec("P")
T = TypeVar("T")


class Branch(Generic[T]):
    """One branch of a group. Await it inside the group; read `value` after it."""

    __slots__ = ("_task", "failure")

    def __init__(self) -> None:
        self._task: asyncio.Task[T] | None = None
        self.failure: BaseException | None = None

    @property
    def value(self) -> T:
        """The branch's result. Raises RuntimeError while it is running, and what made it fail."""
        if self._task is None or not self._task.done():
            raise RuntimeError("a branch has a value only after the group it was started in")
        return self._task.result()

    def __await__(self) -> Generator[Any, None, T]:
        assert self._task is not None
        return (yield from self._task)


class Group:
    """Runs branches concurrently; leaving the `async with` waits for all of them.

    The first branch that fails cancels the others, and its own error leaves the group; among
    branches that fail at the same moment, it is that of the one started first. No branch is ever
    left running. At most `limit` branches run at once, begun in the order of `start`.
    """

    __slots__ = ("_branches", "_cancelling", "_limit", "_past", "_run", "_site", "_tasks")

    def __init__(self, run: "Run", site: str, limit: int | None) -> None:
        self._run = run
        self._site = site
        self._limit = None if limit is None else asyncio.Semaphore(limit)
        self._branches: list[Branch[Any]] = []
        self._tasks = asyncio.TaskGroup()
        self._past: Mapping[str, Conversation] = {}
        self._cancelling = 0

    async def __aenter__(self) -> "Group":
        self._past = self._run.past()
        task = asyncio.current_task()
        self._cancelling = 0 if task is None else task.cancelling()
        await self._tasks.__aenter__()
        return self

    def start(
        self,
        key: str | int,
        fn: "Callable[Concatenate[Run, P], Coroutine[Any, Any, T]]",
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Branch[T]:
        """Start `fn(run, *args, **kwargs)` with a run of its own, whose conversations begin as
        they were when the group was entered, and are dropped at its end."""
        branch: Branch[T] = Branch()
        child = self._run.fork(self._site, key, len(self._branches), self._past)
        work = self._watch(branch, child, fn, args, kwargs)
        branch._task = self._tasks.create_task(work)  # pyright: ignore[reportPrivateUsage]
        self._branches.append(branch)
        return branch

    async def _watch(
        self,
        branch: Branch[Any],
        child: "Run",
        fn: "Callable[..., Coroutine[Any, Any, T]]",
        args: Any,
        kwargs: Any,
    ) -> T:
        try:
            if self._limit is None:
                return await fn(child, *args, **kwargs)
            async with self._limit:
                return await fn(child, *args, **kwargs)
        except BaseException as failure:
            task = asyncio.current_task()
            if task is not None and not task.cancelling():
                # Its own failure, and not what the end of a sibling made of it.
                branch.failure = failure
            raise
        finally:
            child.leave()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        failed: BaseExceptionGroup[BaseException] | None = None
        try:
            await self._tasks.__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            failed = group
        if failed is None:
            return
        task = asyncio.current_task()
        if task is not None and task.cancelling() > self._cancelling:
            # Who cancels the group from outside must not be answered with a branch's failure.
            raise asyncio.CancelledError
        own = [branch.failure for branch in self._branches if branch.failure is not None]
        raise_failure(own[0] if own else error or failed.exceptions[0])
