"""How a process that runs tests for another one ends: when it is told to, or left alone."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.connection import wait
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
    sys.unraisablehook = _unheard
    if _running:
        raise _Stop
    os._exit(1)


def _unheard(problem: object) -> None:
    """What goes wrong in destructors at the end is no news."""


def _follow() -> None:
    """End when the process that started this one is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
