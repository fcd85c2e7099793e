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

    __slots__ = ("failure", "task")

    def __init__(self) -> None:
        self.task: asyncio.Task[T] | None = None
        self.failure: BaseException | None = None

    @property
    def value(self) -> T:
        """The branch's result. Raises RuntimeError while it is running, and what made it fail."""
        if self.task is None or not self.task.done():
            raise RuntimeError("a branch has a value only after the group it was started in")
        return self.task.result()

    def __await__(self) -> Generator[Any, None, T]:
        assert self.task is not None
        return (yield from self.task)


class Group:
    """Runs branches concurrently; leaving the `async with` waits for all of them.

    The first branch that fails cancels the others, and its own error leaves the group; among
    branches that fail at the same moment, it is that of the one started first. No branch is ever
    left running. At most `limit` branches run at once, begun in the order of `start`.
    """

    __slots__ = (
        "_before",
        "_branches",
        "_idle",
        "_interrupted",
        "_limit",
        "_open",
        "_owner",
        "_past",
        "_run",
        "_site",
    )

    def __init__(self, run: "Run", site: str, limit: int | None) -> None:
        self._run = run
        self._site = site
        self._limit = None if limit is None else asyncio.Semaphore(limit)
        self._branches: list[Branch[Any]] = []
        self._past: Mapping[str, Conversation] = {}
        self._open: dict[asyncio.Task[Any], None] = {}
        self._owner: asyncio.Task[Any] | None = None
        self._before = 0
        """How many cancellations of the owner were under way when the group was entered."""
        self._interrupted = False
        """Whether the group itself cancelled its body, because a branch failed."""
        self._idle: asyncio.Future[None] | None = None
        """Set while leaving: done when no branch is open."""

    async def __aenter__(self) -> "Group":
        self._past = self._run.past()
        self._owner = asyncio.current_task()
        assert self._owner is not None
        self._before = self._owner.cancelling()
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
        child = self._run.fork(self._site, key, len(self._branches), self._past)
        branch: Branch[T] = Branch()
        task = asyncio.create_task(self._watch(branch, child, fn, args, kwargs))
        branch.task = task
        self._branches.append(branch)
        self._open[task] = None
        task.add_done_callback(self._ended)
        if self._interrupted:
            task.cancel()
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

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._open.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            self._stop()
            if self._idle is None and not self._interrupted and self._owner is not None:
                self._interrupted = True
                self._owner.cancel()
        if not self._open and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _stop(self) -> None:
        for task in self._open:
            task.cancel()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        owner = self._owner
        assert owner is not None
        if self._interrupted:
            owner.uncancel()
        if error is not None:
            self._stop()
        cancelled = isinstance(error, asyncio.CancelledError)
        while self._open:
            self._idle = asyncio.get_running_loop().create_future()
            try:
                await self._idle
            except asyncio.CancelledError:
                cancelled = True
                self._stop()
        if cancelled and (owner.cancelling() > self._before or not self._interrupted):
            # Who cancels the group from outside must not be answered with a branch's failure.
            raise asyncio.CancelledError
        for branch in self._branches:
            if branch.failure is not None:
                raise_failure(branch.failure)
