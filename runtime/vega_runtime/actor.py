"""What lives, is told to end, ends once, and has others told: the life of a process.

An actor may have a body, an async function that is its life; without one it lives until it is told
to end. It is over only when nothing of its body runs any more.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Literal, cast

from .exits import (
    KILLED,
    NOPROC,
    NORMAL,
    SHUTDOWN,
    Down,
    Exit,
    ExitSignal,
    Monitor,
    ProcessEnded,
    exit_of,
)

if TYPE_CHECKING:
    from .orchestrator import Orchestrator
    from .process import Process

Status = Literal["pending", "running", "completed", "failed", "timeout"]
FINAL: tuple[Status, ...] = ("completed", "failed", "timeout")
Body = Callable[["Process"], Awaitable[Any]]

KILL_SECONDS = 1.0
"""How long the clean-up of a killed body may take."""


class Interruptible:
    """The part of a task that ends with ProcessEnded when the process does: `with` it."""

    __slots__ = ("_actor", "_before", "_cancelled", "_open", "_reason", "_task")

    def __init__(self, actor: "Actor") -> None:
        task = asyncio.current_task()
        assert task is not None
        self._actor = actor
        self._task = task
        self._before = task.cancelling()
        self._open = True
        self._cancelled = False
        self._reason = SHUTDOWN

    def __enter__(self) -> None:
        self._actor.calls[self] = None

    def interrupt(self, reason: Exit) -> None:
        """End it, unless it is part of the body, which is told by itself."""
        self._reason = reason
        if self._task is self._actor.body_task:
            return
        if self._task is asyncio.current_task():  # it is running just now, and ends when it waits
            asyncio.get_running_loop().call_soon(self._cancel)
        else:
            self._cancel()

    def _cancel(self) -> None:
        if self._open and not self._cancelled:
            self._cancelled = True
            self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: Any) -> None:
        self._open = False
        self._actor.calls.pop(self, None)
        if self._cancelled:
            ours = self._task.uncancel() <= self._before
            if ours and kind is asyncio.CancelledError:
                why = "it ended before it had answered"
                raise self._actor.ended_error(why, self._reason) from error


class Actor:
    """The life of a process; see `Process` for what it does with it."""

    __slots__ = (
        "__weakref__",
        "_again",
        "_body",
        "_ending",
        "_links",
        "_monitors",
        "_ready",
        "_signals",
        "_timers",
        "_waiters",
        "_watching",
        "body_task",
        "calls",
        "exit",
        "id",
        "orchestrator",
        "restarts",
        "result",
        "status",
        "trap_exits",
    )

    def __init__(self, orchestrator: "Orchestrator", body: Body | None) -> None:
        self.orchestrator = orchestrator
        self.id = os.urandom(16).hex()
        self.status: Status = "pending"
        self.exit: Exit | None = None
        """Why it ended; None while it lives."""
        self.result: Any = None
        """What its body returned, or `complete` was given."""
        self.trap_exits = False
        """Whether exit signals are put into `signals` and do not end it."""
        self.restarts: int = 0
        """How often it was started again."""
        self.calls: dict[Interruptible, None] = {}
        self.body_task: asyncio.Task[Any] | None = None
        self._body = body
        self._ending: Exit | None = None
        self._again: float | None = None
        self._links: dict[Process, None] = {}
        self._monitors: dict[Monitor, None] = {}
        self._watching: dict[Monitor, None] = {}
        self._signals: asyncio.Queue[ExitSignal | Down] | None = None
        self._waiters: list[asyncio.Future[Exit]] = []
        self._ready: list[asyncio.Future[None]] = []
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self.exit is None

    @property
    def signals(self) -> "asyncio.Queue[ExitSignal | Down]":
        """Exit signals that were trapped, and ends of monitored processes, oldest first."""
        if self._signals is None:
            self._signals = asyncio.Queue()
        return self._signals

    def _self(self) -> "Process":
        return cast("Process", self)

    def _name(self) -> str:
        return self.id

    def ended_error(self, why: str, reason: Exit) -> ProcessEnded:
        """What is raised for a message that it cannot answer any more."""
        return ProcessEnded(f"the process {self._name()} cannot answer: {why} ({reason})", reason)

    # Life

    def start(self) -> None:
        """Begin to live, for the first time or again."""
        self._drop_timer("restart")
        self.exit = self._ending = self._again = None
        self.status = "pending"
        if self._body is not None:
            self.status = "running"
            task = self.orchestrator.run_task(self._live(self._body), self._name())
            self.body_task = task
            task.add_done_callback(self._body_ended)

    async def _live(self, body: Body) -> Any:
        work = body(self._self())
        if not isawaitable(work):
            raise TypeError(f"the function of a process must be async, and {_called(body)} is not")
        return await work

    def _body_ended(self, task: asyncio.Task[Any]) -> None:
        if task is not self.body_task:
            return
        self.body_task = None
        told = self._ending
        if task.cancelled():
            reason = told or Exit("killed", "its task was cancelled")
        elif (error := task.exception()) is not None:
            reason = exit_of(error) if told is None or told.kind != "killed" else told
        else:
            if told is None:
                self.result = task.result()
            reason = told or NORMAL
        self._finish(reason)

    def after(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        """Do something later, unless it ends before."""
        self._drop_timer(name)
        loop = asyncio.get_running_loop()
        self._timers[name] = loop.call_later(seconds, action)

    def _drop_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    # Ends

    def end(self, reason: Exit, again: float | None = None) -> None:
        """End for a reason that nothing can trap; `again`: begin anew after so many seconds."""
        if self.exit is not None:
            return
        if self._ending is not None and reason.kind != "killed":
            return
        self._ending = reason
        self._again = again
        for call in list(self.calls):
            call.interrupt(reason)
        task = self.body_task
        if task is None:
            self._finish(reason)
            return
        task.cancel()
        if reason.kind == "killed":
            self.after("kill", KILL_SECONDS, lambda: self._close(task))

    def _close(self, task: "asyncio.Task[Any]") -> None:
        """End a body that goes on though it was cancelled, where it stands."""
        if task is not self.body_task or task.done():
            return
        task.add_done_callback(lambda one: one.cancelled() or one.exception())  # nobody else asks
        try:
            task.get_coro().close()  # type: ignore[union-attr]
        except (RuntimeError, ValueError):
            logging.getLogger("vega").error(
                "the function of %s ignores that it was killed, and runs on", self._name()
            )
        task.cancel()
        self.body_task = None
        self._finish(KILLED)

    def _finish(self, reason: Exit) -> None:
        if self.exit is not None:
            return
        for call in list(self.calls):  # those that began while its function cleaned up
            call.interrupt(reason)
        again = self._again
        if again is None:
            again = self._verdict(reason)
        self._ending = self._again = None
        for name in ("kill", "restart") if again is not None else tuple(self._timers):
            self._drop_timer(name)
        if again is None:
            self.exit = reason
            self.status = _status(reason)
        else:
            self.status = "pending"
            self.restarts += 1
        if again is not None:
            # Before others are told: what they do then may end it for good, restart and all.
            self._reset()
            self.after("restart", again, self._restart)
            self._tell(reason)
            return
        self._tell(reason)
        self.orchestrator.ended(self._self())
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(reason)

    def _restart(self) -> None:
        self.start()
        self.orchestrator.restarted(self._self())
        waiting, self._ready = self._ready, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def ready(self) -> None:
        """Wait until the pause before a restart is over."""
        while "restart" in self._timers:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._ready.append(future)
            await future

    def _verdict(self, reason: Exit) -> float | None:
        """Seconds after which it begins anew, or None when this is the end."""
        del reason
        return None

    def _reset(self) -> None:
        """Forget what belongs to the life that is over."""

    def _tell(self, reason: Exit) -> None:
        """Tell who is linked and who watches; links and monitors do not outlive a process."""
        me = self._self()
        links, self._links = self._links, {}
        monitors, self._monitors = self._monitors, {}
        watching, self._watching = self._watching, {}
        for monitor in watching:
            monitor.process.forget_monitor(monitor)
        for other in links:
            other.forget_link(me)
            self.orchestrator.post(other, me, reason)
        for monitor in monitors:
            if monitor.owner is not None:
                monitor.owner.forget_watch(monitor)
            monitor.fire(reason)

    async def wait(self) -> Exit:
        """Wait until it has ended for good; the reason."""
        if self.exit is not None:
            return self.exit
        future = self.ending()
        try:
            return await future
        finally:
            self.forget_ending(future)

    def ending(self) -> "asyncio.Future[Exit]":
        """A future of its end; hand it back with `forget_ending`."""
        future: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        if self.exit is not None:
            future.set_result(self.exit)
        self._waiters.append(future)
        return future

    def forget_ending(self, future: "asyncio.Future[Exit]") -> None:
        """Hand back what `ending` gave."""
        self._waiters.remove(future)

    # Signals

    def signal(self, reason: Exit, sender: "Process | None" = None, link: bool = False) -> None:
        """Take an exit signal, from a process or (`link`) from the end of a linked one.

        `kill` cannot be trapped. A process that traps exits gets all others in `signals`; one that
        does not ends, but for `normal`, which only ends the process that sends it to itself.
        """
        if self.exit is not None:
            return
        if reason.kind == "kill" and not link:
            self.end(KILLED)
        elif self.trap_exits:
            self.signals.put_nowait(ExitSignal(sender, reason))
        elif reason.kind != "normal" or (sender is self and not link):
            self.end(reason)

    # Links and monitors

    def link(self, other: "Process") -> None:
        """Make both die together: the end of one is a signal to the other, but for `normal`.

        Linking twice is linking once. A process that has ended already answers with `noproc`.
        """
        if other is self or self.exit is not None:
            return
        if other.exit is not None:
            self.signal(NOPROC, other, link=True)
            return
        self._links[other] = None
        other._links[self._self()] = None

    def unlink(self, other: "Process") -> None:
        """Undo `link`, from either side."""
        self._links.pop(other, None)
        other.forget_link(self._self())

    def linked(self) -> "tuple[Process, ...]":
        """The processes that it is linked to."""
        return tuple(self._links)

    def forget_link(self, other: "Process") -> None:
        """Undo this side of a link."""
        self._links.pop(other, None)

    def monitor(self, other: "Process") -> Monitor:
        """Be told, once, when `other` ends: a `Down` in `signals`. Each call is a monitor of its
        own; one of a process that has ended tells at once, with `noproc`."""
        if self.exit is not None:
            return other.watched_by(None)  # it is told nothing any more
        monitor = other.watched_by(self._self())
        if monitor.active:
            self._watching[monitor] = None
        return monitor

    def watched_by(self, owner: "Process | None") -> Monitor:
        """A monitor of it, which tells at once, with `noproc`, when it has ended already."""
        monitor = Monitor(self._self(), owner)
        if self.exit is not None:
            monitor.fire(NOPROC)
        else:
            self._monitors[monitor] = None
        return monitor

    def demonitor(self, monitor: Monitor, flush: bool = False) -> None:
        """Be told no more. `flush` also takes a `Down` that has come already out of `signals`."""
        self._watching.pop(monitor, None)
        monitor.process.forget_monitor(monitor)
        monitor.stop()
        if flush and self._signals is not None:
            kept: list[ExitSignal | Down] = []
            while not self._signals.empty():
                kept.append(self._signals.get_nowait())
            for one in kept:
                if not (isinstance(one, Down) and one.monitor is monitor):
                    self._signals.put_nowait(one)

    def forget_monitor(self, monitor: Monitor) -> None:
        """Tell a monitor no more."""
        self._monitors.pop(monitor, None)

    def forget_watch(self, monitor: Monitor) -> None:
        """Note that a monitor of its own has told what it had to tell."""
        self._watching.pop(monitor, None)


def _called(body: Body) -> str:
    return getattr(body, "__name__", type(body).__name__)


def _status(reason: Exit) -> Status:
    if reason.kind in ("normal", "shutdown") and reason.error is None:
        return "completed"
    return "timeout" if reason.kind == "timeout" else "failed"
