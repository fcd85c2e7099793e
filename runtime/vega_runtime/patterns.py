"""Regular expressions on text that a model may have written, so with a limit on their time."""

import re
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache

from .errors import ExpressionError

LIMIT = 2.0
"""Seconds that one search may take."""

_SHORT = 2000
"""A pattern with one repeat is fast on a text of so many characters."""


def search(pattern: str, text: str) -> bool:
    """Whether the pattern matches somewhere in the text."""
    compiled = compile_pattern(pattern)
    with _limited(pattern, text):
        return compiled.search(text) is not None


def substitute(pattern: str, replacement: str, text: str) -> str:
    """The text with every match replaced; `\\1` or `\\g<name>` in the replacement is a group."""
    compiled = compile_pattern(pattern)
    with _limited(pattern, text):
        try:
            return compiled.sub(replacement, text)
        except (re.error, IndexError) as problem:
            raise ExpressionError(
                f"the replacement '{replacement}' does not fit the pattern '{pattern}': {problem}; "
                "write \\1 for the first group and \\\\ for a backslash"
            ) from None


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The compiled pattern. Raises `ExpressionError` when it is none."""
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as problem:
        raise ExpressionError(f"'{pattern}' is no regular expression: {problem}") from None


@contextmanager
def _limited(pattern: str, text: str) -> Generator[None]:
    """Ends a search that takes longer than `LIMIT`.

    Some patterns take a time that grows exponentially with the text, and Python's engine cannot be
    given a limit; but it looks for signals while it works. Setting an alarm costs more than most
    searches, so patterns that cannot be slow do without. Only the main thread of a process can
    use one (elsewhere there is no limit), and an alarm that somebody else has set still comes.
    """
    repeats = sum(map(pattern.count, "*+?{"))
    if (
        repeats == 0
        or (repeats == 1 and len(text) <= _SHORT)
        or not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGALRM) is None  # set by foreign code: could not be put back
    ):
        yield
        return

    def expire(_signal: int, _frame: object) -> None:
        raise ExpressionError(
            f"the pattern '{pattern}' takes too long on a text of {len(text)} characters; avoid "
            "repeats inside repeats, such as (a+)+"
        )

    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, expire)
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        finally:
            signal.signal(signal.SIGALRM, before)
            if remaining:
                left = max(remaining - (time.monotonic() - began), 0.001)
                signal.setitimer(signal.ITIMER_REAL, left, interval)
