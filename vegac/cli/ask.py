"""Questions of a run to the person at the terminal."""

import asyncio
import os
import sys
import threading

from vegac.cli.progress import Progress
from vegac.source.render.cells import visible


class Asker:
    """Puts questions on standard error and reads the answers from standard input."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._turn = asyncio.Lock()

    async def __call__(self, question: str, choices: tuple[str, ...], default: str | None) -> str:
        """The answer: one of `choices` if there are any, `default` for an empty line.

        Asks again where the answer is not among the choices. Raises EOFError at the end of input.
        """
        async with self._turn:
            with self._progress.paused():
                return await self._answer(question, choices, default)

    async def _answer(self, question: str, choices: tuple[str, ...], default: str | None) -> str:
        text = visible(question)
        if choices:
            text += f" ({'/'.join(visible(choice) for choice in choices)})"
        if default is not None:
            text += f" [{visible(default)}]"
        while True:
            sys.stderr.write(f"{text} ")
            sys.stderr.flush()
            answer = (await _read_line()).strip()
            if not answer and default is not None:
                return default
            folded = {choice.casefold(): choice for choice in choices}
            if not choices and answer:
                return answer
            if answer.casefold() in folded:
                return folded[answer.casefold()]
            if choices:
                sys.stderr.write(f"Please answer with {' or '.join(choices)}.\n")


async def _read_line() -> str:
    """A line of standard input.

    It is read in a daemon thread, past Python's buffers: a cancelled run must not wait for a line
    that never comes, neither now nor when the interpreter ends.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()

    def done(line: str) -> None:
        if not future.done():
            future.set_result(line)

    def failed() -> None:
        if not future.done():
            future.set_exception(EOFError("there is no more input to answer from"))

    def read() -> None:
        try:
            data = os.read(sys.stdin.fileno(), 65536)
        except OSError:
            data = b""
        loop.call_soon_threadsafe(done, data.decode("utf-8", "replace")) if data else (
            loop.call_soon_threadsafe(failed)
        )

    threading.Thread(target=read, daemon=True).start()
    return await future
