"""Running a command: nothing inherited, a deadline, bounded output, and no survivors."""

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from vega_runtime.tools.deadline import deadline

MAX_OUTPUT = 64 * 1024
"""Bytes kept of a command's standard output, and of its standard error."""
_GRACE = 0.5
_LAST_WORDS = 0.3
_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "TZ", "TMPDIR")
_INHERITED_ON_WINDOWS = ("SYSTEMROOT", "COMSPEC", "PATHEXT", "TEMP", "TMP", "WINDIR")
_MAX_VALUE = 128 * 1024 - 1
"""Bytes of one argument or variable that Linux takes."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command did. `status` is negative for a signal, as in `subprocess`."""

    status: int
    output: str
    errors: str
    expired: bool = False


def clean_environment(
    env: Mapping[str, str], home: str, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The few variables that a command needs, none that may hold a secret.

    Folders of PATH that are relative are left out: a file that a model writes must not become
    a command by its name.
    """
    names = _INHERITED + (_INHERITED_ON_WINDOWS if os.name == "nt" else ())
    result = {name: env[name] for name in names if env.get(name)}
    folders = result.get("PATH", os.defpath).split(os.pathsep)
    result["PATH"] = os.pathsep.join(folder for folder in folders if os.path.isabs(folder))  # noqa: PTH117
    result["HOME"] = home
    result.update(extra or {})
    return result


def unfit(value: str) -> str | None:
    """Why a text cannot be an argument or a variable of a command."""
    if "\0" in value:
        return "it holds a NUL character"
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        return "it holds half a surrogate pair"
    return f"it is longer than {_MAX_VALUE} bytes" if size > _MAX_VALUE else None


class _Tail:
    """The first and the last bytes of a stream."""

    def __init__(self, limit: int) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._half = limit // 2
        self._dropped = 0

    def add(self, data: bytes) -> None:
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room < len(data) else b""
        if (excess := len(self._tail) - self._half) > 0:
            del self._tail[:excess]
            self._dropped += excess

    def text(self) -> str:
        if not self._dropped:
            return bytes(self._head + self._tail).decode(errors="replace")
        head, tail = (part.decode(errors="replace") for part in (self._head, self._tail))
        return f"{head}\n[... {self._dropped} bytes left out ...]\n{tail}"


async def run_command(
    argv: Sequence[str],
    *,
    cwd: str,
    env: Mapping[str, str],
    seconds: float,
    limit: int = MAX_OUTPUT,
    confine: Callable[[], None] | None = None,
) -> Finished:
    """Run a command to its end, or to the deadline.

    Its whole process group ends with it: SIGTERM, then SIGKILL, also when the awaiting task is
    cancelled. `confine` runs in a thread of its own that starts the command, and may restrict
    that thread. Raises OSError when the command cannot be started.
    """
    process = _start(argv, cwd, env, confine)
    if os.name != "posix":
        return await _finish_in_thread(process, seconds, limit)
    outputs = [_Tail(limit), _Tail(limit)]
    expired = False
    with contextlib.ExitStack() as stack:
        exited = stack.enter_context(_exit_of(process))
        drained = [
            stack.enter_context(_collect(stack.enter_context(pipe), tail))
            for pipe, tail in zip((process.stdout, process.stderr), outputs, strict=True)
            if pipe is not None
        ]
        try:
            async with deadline(seconds):
                await exited.wait()
        except TimeoutError:
            expired = True
            await _end(process, exited)
        except asyncio.CancelledError:
            await _end(process, exited)
            raise
        finally:
            # The leader is not reaped yet, so its group's number cannot belong to others.
            _signal(process, signal.SIGKILL)
            await _within(_GRACE, exited)
            process.poll()
        for pipe_drained in drained:
            await _within(_LAST_WORDS, pipe_drained)
    output, errors = (tail.text() for tail in outputs)
    return Finished(process.returncode or 0, output, errors, expired)


async def _within(seconds: float, event: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _start(
    argv: Sequence[str],
    cwd: str,
    env: Mapping[str, str],
    confine: Callable[[], None] | None,
) -> "subprocess.Popen[bytes]":
    def start() -> None:
        try:
            if confine is not None:
                confine()
            started.append(
                subprocess.Popen(
                    argv,
                    cwd=cwd,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            )
        except BaseException as problem:
            started.append(problem)

    started: list[subprocess.Popen[bytes] | BaseException] = []
    if confine is None:
        start()
    else:
        thread = threading.Thread(target=start)
        thread.start()
        thread.join()
    if isinstance(started[0], BaseException):
        raise started[0]
    return started[0]


async def _end(process: "subprocess.Popen[bytes]", exited: asyncio.Event) -> None:
    """Ask the group to end; what does not is killed by the caller."""
    _signal(process, signal.SIGTERM)
    await _within(_GRACE, exited)


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@contextlib.contextmanager
def _exit_of(process: "subprocess.Popen[bytes]") -> Generator[asyncio.Event]:
    """An event that is set when the process has ended; it is not reaped by this."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    try:
        fd = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        waiting = loop.run_in_executor(None, process.wait)
        waiting.add_done_callback(lambda _: ended.set())
        yield ended
        return
    loop.add_reader(fd, ended.set)
    try:
        yield ended
    finally:
        loop.remove_reader(fd)
        os.close(fd)


@contextlib.contextmanager
def _collect(pipe: IO[bytes], tail: _Tail) -> Generator[asyncio.Event]:
    """Read a pipe into `tail` as it fills; gives the event of its end."""

    def read() -> None:
        try:
            data = os.read(fd, 65536)
        except BlockingIOError:
            return
        if data:
            tail.add(data)
        else:
            loop.remove_reader(fd)
            drained.set()

    fd = pipe.fileno()
    loop = asyncio.get_running_loop()
    drained = asyncio.Event()
    os.set_blocking(fd, False)
    loop.add_reader(fd, read)
    try:
        yield drained
    finally:
        loop.remove_reader(fd)


async def _finish_in_thread(
    process: "subprocess.Popen[bytes]", seconds: float, limit: int
) -> Finished:
    """For systems without process groups and readable pipes: the process alone is killed."""
    expired = False

    def communicate() -> tuple[bytes, bytes]:
        nonlocal expired
        try:
            return process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            expired = True
            process.kill()
            return process.communicate()

    try:
        streams = await asyncio.to_thread(communicate)
    except asyncio.CancelledError:
        process.kill()
        raise
    tails = [_Tail(limit), _Tail(limit)]
    for tail, data in zip(tails, streams, strict=True):
        tail.add(data)
    return Finished(process.returncode, tails[0].text(), tails[1].text(), expired)
