"""Replies as they come: pieces of text, or everything that happens on the way."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from .errors import Cancelled
from .events import Chunk, ModelCalled, Retrying, ToolEnded, ToolStarted

if TYPE_CHECKING:
    from .models.base import Usage
    from .process import Process

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolStart:
    """A tool call begins."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolEnd:
    """A tool call has ended after `duration` seconds, with a result or an error."""

    tool: str
    result: str | None
    error: str | None
    duration: float


@dataclass(frozen=True, slots=True)
class Used:
    """What a call of the model has used; `cost` in US dollars, None: no price is known."""

    usage: "Usage"
    cost: float | None


@dataclass(frozen=True, slots=True)
class Retry:
    """A call failed and is made again after `delay` seconds; the text of it that came is void."""

    attempt: int
    delay: float
    error: BaseException


@dataclass(frozen=True, slots=True)
class Done:
    """The message was answered, or failed, after `duration` seconds."""

    response: Any
    error: BaseException | None
    duration: float


StreamedEvent = Text | ToolStart | ToolEnd | Used | Retry | Done


class _Stream(Generic[T]):
    """Starts the message at once, and is iterated over once."""

    def __init__(
        self,
        process: "Process",
        text: str,
        options: dict[str, Any],
        pick: Callable[[Any], T | None],
        last: "Callable[[Any, BaseException | None, float], T] | None",
    ) -> None:
        process.check_alive()
        self.error: BaseException | None = None
        """What went wrong, None while nothing did."""
        self._reply: Any = None
        self._done = False
        self._queue: asyncio.Queue[T | None] = asyncio.Queue()
        queue = self._queue

        def listen(event: Any) -> None:
            item = pick(event)
            if item is not None:
                queue.put_nowait(item)

        clock = asyncio.get_running_loop().time
        began = clock()

        def ended(task: "asyncio.Task[Any]") -> None:
            # Not the last act of the task, for one that is cancelled at once never acts at all.
            reply, failure = _outcome(task)
            if last is not None:
                queue.put_nowait(last(reply, failure, clock() - began))
            queue.put_nowait(None)

        work = process.say(text, options, listen)
        self._task = process.orchestrator.run_task(work, f"{process.name}: stream")
        self._task.add_done_callback(ended)

    @property
    def response(self) -> Any:
        """The whole reply. Raises `error` if there is one, RuntimeError before the end."""
        if not self._done:
            raise RuntimeError("a stream has a response only after its last piece")
        if self.error is not None:
            raise self.error
        return self._reply

    def cancel(self) -> None:
        """Cancel the call; `error` is then a `Cancelled`."""
        self._task.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        # Not `await self._task`, which could not tell its cancellation from that of who waits.
        await asyncio.wait((self._task,))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._done:
            raise StopAsyncIteration
        try:
            item = await self._queue.get()
        except asyncio.CancelledError:
            self._task.cancel()
            raise
        if item is not None:
            return item
        self._queue.put_nowait(None)  # for others who read it too
        self._done = True
        self._reply, self.error = _outcome(self._task)
        raise StopAsyncIteration

    def __del__(self) -> None:
        # Nobody will read what is still to come.
        task = getattr(self, "_task", None)
        if task is not None and not task.done() and not task.get_loop().is_closed():
            task.get_loop().call_soon_threadsafe(task.cancel)


def _outcome(task: "asyncio.Task[Any]") -> tuple[Any, BaseException | None]:
    """The reply of a message that has ended, and what went wrong."""
    if task.cancelled():
        return None, Cancelled("the message was cancelled")
    failure = task.exception()
    return (None if failure is not None else task.result()), failure


class TextStream(_Stream[str]):
    """The pieces of a reply; then `response` and `error`."""

    def __init__(self, process: "Process", text: str, options: dict[str, Any]) -> None:
        super().__init__(process, text, options, _text, None)


class EventStream(_Stream[StreamedEvent]):
    """What happens while a message is answered, `Done` last; then `response` and `error`."""

    def __init__(self, process: "Process", text: str, options: dict[str, Any]) -> None:
        super().__init__(process, text, options, _event, Done)


def _text(event: Any) -> str | None:
    return event.text if isinstance(event, Chunk) else None


def _event(event: Any) -> StreamedEvent | None:
    match event:
        case Chunk():
            return Text(event.text)
        case ToolStarted():
            return ToolStart(event.tool, event.arguments)
        case ToolEnded():
            return ToolEnd(event.tool, event.result, event.error, event.duration)
        case ModelCalled() if event.usage is not None:
            return Used(event.usage, None if event.cost is None else event.cost / 1_000_000)
        case Retrying():
            return Retry(event.attempt, event.delay, event.error)
        case _:
            return None


def call_back(
    process: "Process",
    text: str,
    options: dict[str, Any],
    on_chunk: Callable[[str], object] | None,
    on_done: Callable[[Any, BaseException | None], object] | None,
) -> "asyncio.Task[None]":
    """Send a message and call back with its pieces and its end, which is told in any case."""
    told = False

    async def work() -> None:
        nonlocal told
        reply: Any = None
        failure: BaseException | None = None
        try:
            async with stream:
                async for piece in stream:
                    if on_chunk is not None:
                        await _settled(on_chunk(piece))
            reply = stream.response
        except BaseException as error:
            failure = error
            if on_done is None or not isinstance(error, Exception):
                raise
        finally:
            told = True
            if on_done is not None:
                await _settled(on_done(reply, failure))

    def ended(_: "asyncio.Task[None]") -> None:
        if not told:  # it was cancelled before it could begin
            stream.cancel()
            process.orchestrator.call_back(on_done, None, asyncio.CancelledError())

    stream = TextStream(process, text, options)
    task = process.orchestrator.run_task(work(), f"{process.name}: send")
    task.add_done_callback(ended)
    return task


async def _settled(result: object) -> None:
    """Wait for what a callback began, if it is async."""
    if isawaitable(result):
        await result
