"""How a process that runs tests for another one ends: when it is told to, or left alone."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from types import FrameType


class _Stop(KeyboardInterrupt):
    """The process is to end; open runs clean up after themselves first."""


_running = False


def begin() -> None:
    """Prepare a new process.

    Ctrl-C reaches all processes of a terminal, but only the first one acts on it and stops the
    others.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_follow, daemon=True).start()


@contextmanager
def interruptible() -> Generator[None]:
    """A stretch of work that is given up in order when the process is to end."""
    global _running
    _running = True
    try:
        yield
    except _Stop:
        os._exit(1)
    finally:
        _running = False


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    if not _running:
        os._exit(1)
    # Where the exception ends up is chance (a destructor, say), and nobody wants to read of it.
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    raise _Stop


def _follow() -> None:
    """End when the process that started this one is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
