"""Why processes end, and how others are told: exit reasons, exit signals and monitors."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .errors import TimeoutExceeded, VegaError

if TYPE_CHECKING:
    from .process import Process

Kind = Literal["normal", "shutdown", "kill", "killed", "noproc", "timeout", "error"]


@dataclass(frozen=True, slots=True)
class Exit:
    """Why a process ended, with Erlang's reasons.

    `normal`: it was done; `shutdown`: it was told to end; `killed`: it was ended by `kill`;
    `noproc`: there was no such process; `timeout`: its time was up; `error`: it failed. `kill` is
    what `kill` sends.
    """

    kind: Kind
    detail: str = ""
    error: BaseException | None = None

    @property
    def abnormal(self) -> bool:
        """Whether a transient child is restarted after it."""
        return self.kind not in ("normal", "shutdown")

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


NORMAL = Exit("normal")
SHUTDOWN = Exit("shutdown")
KILL = Exit("kill")
KILLED = Exit("killed")
NOPROC = Exit("noproc")


def exit_of(error: BaseException | str) -> Exit:
    """The reason for a failure."""
    if isinstance(error, str):
        return Exit("error", error)
    if isinstance(error, ProcessExit):
        return error.reason
    detail = str(error) or type(error).__name__
    if isinstance(error, TimeoutExceeded):
        return Exit("timeout", detail, error)
    return Exit("error", detail, error)


class ProcessExit(Exception):
    """Raised by a process's own function to end it with a reason."""

    def __init__(self, reason: Exit = NORMAL) -> None:
        super().__init__(str(reason))
        self.reason = reason


class ProcessEnded(VegaError):
    """A message was for a process that has ended, or ended before it had answered.

    `reason` is its exit.
    """

    def __init__(self, message: str, reason: Exit) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ExitSignal:
    """A process that traps exits was told to end, or a linked one has ended."""

    sender: "Process | None"
    reason: Exit


@dataclass(frozen=True, slots=True)
class Down:
    """A monitored process has ended."""

    monitor: "Monitor"
    process: "Process"
    reason: Exit


class Monitor:
    """Tells once that a process has ended: `await monitor.wait()`.

    One with an owner also puts a `Down` into the owner's `signals`.
    """

    __slots__ = ("_waiters", "active", "owner", "process", "reason")

    def __init__(self, process: "Process", owner: "Process | None" = None) -> None:
        self.process = process
        self.owner = owner
        self.active = True
        self.reason: Exit | None = None
        self._waiters: list[asyncio.Future[Exit]] = []

    async def wait(self) -> Exit:
        """The reason for which the process ended. Raises RuntimeError after `demonitor`."""
        if self.reason is not None:
            return self.reason
        if not self.active:
            raise RuntimeError("the process is not monitored any more")
        future = asyncio.get_running_loop().create_future()
        self._waiters.append(future)
        try:
            return await future
        finally:
            self._waiters.remove(future)

    def fire(self, reason: Exit) -> None:
        """Tell of the end, if nobody was told yet."""
        if not self.active:
            return
        self.active = False
        self.reason = reason
        if self.owner is not None:
            self.owner.signals.put_nowait(Down(self, self.process, reason))
        for future in self._waiters:
            if not future.done():
                future.set_result(reason)

    def stop(self) -> None:
        """Tell nobody any more."""
        self.active = False
        for future in self._waiters:
            if not future.done():
                future.set_exception(RuntimeError("the process is not monitored any more"))
