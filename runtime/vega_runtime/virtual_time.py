"""An event loop whose clock is virtual: waits take no time, and a test is the same every time."""

import asyncio
import heapq
import selectors
import socket
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

T = TypeVar("T")

STALL_SECONDS = 30.0
"""How long real I/O may stay silent before the clock goes on without it."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Its `time()` jumps to the next timer whenever there is nothing else to do.

    While real I/O is open (a process, a socket, work in a thread) the clock stands still and the
    loop really waits; I/O that stays silent for `STALL_SECONDS` does not hold it up any longer.
    Timers that are due at the same moment fire in the order they were set, and `turn` lets the
    branches that are ready at the same moment go in program order.
    """

    virtual = True
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, stall_seconds: float = STALL_SECONDS) -> None:
        self._virtual_now = 0.0
        self._threads: set[asyncio.Future[Any]] = set()
        self._children: list[asyncio.SubprocessTransport] = []
        self._turns: list[tuple[tuple[int, ...], int, asyncio.Future[None]]] = []
        self._count = 0
        self._waiting = _Selector(self, stall_seconds)
        super().__init__(self._waiting)
        self._own_descriptors = {key.fd for key in self._waiting.get_map().values()}

    def time(self) -> float:
        return self._virtual_now

    def advance(self, seconds: float) -> None:
        """Move the clock on."""
        self._virtual_now += seconds

    async def turn(self, order: tuple[int, ...]) -> None:
        """Return when nothing else can happen at this moment, lowest `order` first."""
        future = self.create_future()
        self._count += 1
        heapq.heappush(self._turns, (order, self._count, future))
        await future

    def give_turns(self) -> bool:
        """Wake everybody who waits for a turn, in order; False if nobody does."""
        given = bool(self._turns)
        while self._turns:
            future = heapq.heappop(self._turns)[2]
            if not future.done():
                future.set_result(None)
        return given

    def outside(self, future: "asyncio.Future[Any]") -> None:
        """Let the clock stand still until `future` is done, for it is work of another thread."""
        self._threads.add(future)
        future.add_done_callback(self._threads.discard)

    def busy_outside(self) -> bool:
        """Whether a process, a thread or a socket may still report something."""
        self._children = [child for child in self._children if child.get_returncode() is None]
        return bool(self._threads or self._children) or any(
            key.fd not in self._own_descriptors and not _listens(key.fd)
            for key in self._waiting.get_map().values()
        )

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        # Sums of equal delays differ in their last bits, and a heap keeps no order among equals.
        self._count += 1
        timer = _Timer(round(when, 9), self._count, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer.mark_scheduled()
        return timer

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> Any:
        future = super().run_in_executor(executor, func, *args)
        self.outside(future)
        return future

    async def shutdown_default_executor(self, *_: object, **__: object) -> None:
        # Threads end in real time: the limit that Python 3.12 brought would be over at once.
        await super().shutdown_default_executor()

    async def _make_subprocess_transport(self, *args: Any, **kwargs: Any) -> Any:
        made = super()._make_subprocess_transport(*args, **kwargs)  # pyright: ignore
        transport = cast("asyncio.SubprocessTransport", await made)
        self._children.append(transport)
        return transport


class _Timer(asyncio.TimerHandle):
    __slots__ = ("_number",)
    _scheduled: bool

    def __init__(
        self, when: float, number: int, callback: Any, args: Any, loop: Any, context: Any
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self._number = number

    def __lt__(self, other: asyncio.TimerHandle) -> bool:
        assert isinstance(other, _Timer)
        return (self.when(), self._number) < (other.when(), other._number)

    def mark_scheduled(self) -> None:
        """What the loop notes when it takes a timer, so that it can count cancelled ones."""
        self._scheduled = True


class _Selector(selectors.DefaultSelector):
    """Where the loop waits: the place to move the clock instead."""

    def __init__(self, loop: VirtualTimeLoop, stall_seconds: float) -> None:
        super().__init__()
        self._loop = loop
        self._stall_seconds = stall_seconds

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if self._loop.give_turns():
            return super().select(0)
        waits = timeout is None or self._loop.busy_outside()
        events = super().select(self._stall_seconds if waits else 0)
        if events:
            return events
        if timeout is None:
            raise RuntimeError("the run waits for something that can never happen")
        self._loop.advance(timeout)
        return []


def _listens(descriptor: int) -> bool:
    """A listening socket says nothing by itself: who connects is somebody else's open I/O."""
    try:
        end = socket.socket(fileno=descriptor)
    except OSError:
        return False
    try:
        return bool(end.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:
        return False
    finally:
        end.detach()


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
