"""An event loop in a thread of its own, for connections that live beside the program's loop.

What goes on there runs in real time, whatever clock the program's loop has, and a cancelled call
cannot break what others use. Processes that are started there are known, and end with it.
"""

import asyncio
import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")

Processes = list[asyncio.SubprocessTransport]

OWN_PROCESSES: ContextVar[Processes | None] = ContextVar("OWN_PROCESSES", default=None)
"""Where a task in the other loop has the processes noted that it starts."""

if TYPE_CHECKING or sys.platform != "win32":
    _Loop = asyncio.SelectorEventLoop
else:
    _Loop = asyncio.ProactorEventLoop


class _OwningLoop(_Loop):
    """A loop that knows the processes it has started."""

    def __init__(self) -> None:
        super().__init__()
        self.children: Processes = []

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> Any:
        transport, protocol = await super().subprocess_exec(*args, **kwargs)
        self.children = [child for child in self.children if child.get_returncode() is None]
        self.children.append(transport)
        own = OWN_PROCESSES.get()
        if own is not None:
            own.append(transport)
        return transport, protocol


class Background:
    """The loop and its thread, which start with the first `run`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: _OwningLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` in the other loop. Cancelling the caller cancels it there."""
        done = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._started()))
        loop = asyncio.get_running_loop()
        if getattr(loop, "virtual", False):
            loop.outside(done)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        return await done

    @property
    def idle(self) -> bool:
        """Whether nothing was ever started, or all has ended."""
        return self._loop is None

    def children(self) -> list[int]:
        """The processes that were started here and have not ended."""
        known = [] if self._loop is None else self._loop.children
        return [child.get_pid() for child in known if child.get_returncode() is None]

    async def stop(self) -> None:
        """End the loop and its thread, and every process that is left."""
        thread = self._thread
        if thread is not None:
            self.kill()
            await asyncio.to_thread(thread.join)
            self._thread = self._loop = None
            self._stopping = False
            atexit.unregister(self.kill)

    def kill(self) -> None:
        """End everything at once, from any thread."""
        loop = self._loop
        if loop is None:
            return
        for pid in self.children():
            signal_group(pid, hard=True)
        if not self._stopping:
            self._stopping = True
            loop.call_soon_threadsafe(loop.stop)

    def _started(self) -> _OwningLoop:
        if self._loop is None:
            loop = self._loop = _OwningLoop()
            self._thread = threading.Thread(
                target=_serve, args=(loop,), name=self._name, daemon=True
            )
            self._thread.start()
            # For a program that ends without leaving its run.
            atexit.register(self.kill)
        return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=1.0))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def has_ended(process: asyncio.SubprocessTransport) -> bool:
    """Whether a process has ended, also where its loop does not know yet."""
    if process.get_returncode() is not None:
        return True
    if sys.platform == "win32":
        return False
    options = os.WEXITED | os.WNOHANG | os.WNOWAIT
    try:
        return os.waitid(os.P_PID, process.get_pid(), options) is not None
    except ChildProcessError:
        return True


def signal_group(pid: int, *, hard: bool) -> None:
    """Ask a process that leads a group, and the whole group, to end; or end it."""
    with contextlib.suppress(ProcessLookupError, PermissionError, OSError):
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
        else:
            os.killpg(pid, signal.SIGKILL if hard else signal.SIGTERM)
