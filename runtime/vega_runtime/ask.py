"""Questions to a person: from answers given beforehand, a callback, or the terminal."""

import asyncio
import os
import sys
import threading
from collections import deque
from collections.abc import Sequence

from .errors import ConfigError
from .options import AskPerson

_TRIES = 5
"""How often a person may give an answer that is not among the choices."""


class Asker:
    """Answers the questions of one run, one at a time."""

    def __init__(self, answers: Sequence[str] = (), callback: AskPerson | None = None) -> None:
        self._answers = deque(answers)
        self._callback = callback
        self._lock = asyncio.Lock()

    async def ask(
        self,
        question: str,
        choices: Sequence[str] = (),
        default: str | None = None,
        site: str | None = None,
    ) -> str:
        """The answer: the next one given beforehand, else the person's, else the default.

        Raises ConfigError when there is none, or one given beforehand is not among the choices.
        """
        async with self._lock:
            if self._answers:
                return _chosen(self._answers.popleft(), question, choices, site)
            if self._callback is not None:
                answer = await self._callback(question, tuple(choices), default)
                return _chosen(answer, question, choices, site)
            if sys.stdin is not None and sys.stdin.isatty():
                answer = await _prompt(question, choices, default)
                if answer is not None:
                    return answer
            if default is not None:
                return default
        raise ConfigError(
            f"there is nobody to answer the question {question!r}: run it in a terminal, give "
            "the answer with --answer, or give the step a `default:`",
            site=site,
        )


def _chosen(answer: str, question: str, choices: Sequence[str], site: str | None) -> str:
    choice = match_choice(answer, choices)
    if choice is None:
        raise ConfigError(
            f"the answer {answer!r} to {question!r} is none of the choices {', '.join(choices)}",
            site=site,
        )
    return choice


def match_choice(answer: str, choices: Sequence[str]) -> str | None:
    """The choice that an answer means: itself, but for case and spaces around it, or its number."""
    if not choices or answer in choices:
        return answer
    wanted = answer.strip().casefold()
    for choice in choices:
        if choice.casefold() == wanted:
            return choice
    if wanted.isdecimal() and 1 <= int(wanted) <= len(choices):
        return choices[int(wanted) - 1]
    return None


async def _prompt(question: str, choices: Sequence[str], default: str | None) -> str | None:
    """Ask at the terminal; None when the input ends."""
    hints = [f"[{'/'.join(choices)}]"] if choices else []
    if default is not None:
        hints.append(f"({default})")
    prompt = " ".join([question, *hints])
    for _ in range(_TRIES):
        print(f"{prompt}: ", end="", file=sys.stderr, flush=True)
        line = await read_line()
        if line is None:
            print(file=sys.stderr)
            return None
        if not line and default is not None:
            return default
        choice = match_choice(line, choices)
        if choice is not None:
            return choice
        print(f"please answer one of: {', '.join(choices)}", file=sys.stderr)
    return None


async def read_line() -> str | None:
    """A line from standard input without its end, None at the end of the input.

    Other work goes on meanwhile, and cancelling ends the wait at once.
    """
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str | None] = loop.create_future()
    descriptor = sys.stdin.fileno()
    buffer = bytearray()

    def readable() -> None:
        piece = os.read(descriptor, 4096)
        buffer.extend(piece)
        if (not piece or b"\n" in piece) and not line.done():
            text = buffer.decode(sys.stdin.encoding or "utf-8", "replace")
            line.set_result(text.partition("\n")[0].rstrip("\r") if buffer else None)

    try:
        loop.add_reader(descriptor, readable)
    except (NotImplementedError, OSError):  # not on this platform, or not for this kind of file
        return await _read_in_thread(loop, line)
    try:
        return await line
    finally:
        loop.remove_reader(descriptor)


async def _read_in_thread(
    loop: asyncio.AbstractEventLoop, line: "asyncio.Future[str | None]"
) -> str | None:
    """A daemon thread waits: a cancelled wait must not keep the program from ending."""

    def deliver(text: str) -> None:
        if not line.done():
            line.set_result(text.rstrip("\r\n") if text else None)

    def read() -> None:
        text = sys.stdin.readline()
        if not loop.is_closed():
            loop.call_soon_threadsafe(deliver, text)

    threading.Thread(target=read, daemon=True, name="vega-prompt").start()
    return await line
