"""What a run is doing, told on standard error: live on a terminal, else in plain lines."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vega_runtime import events
from vega_runtime.models.prices import format_money
from vegac.cli.terminal import note
from vegac.source.render.cells import visible

if TYPE_CHECKING:
    from vega_runtime.models.base import Usage


class Progress:
    """Tells the steps of a run in plain lines. Call it with each event of the run."""

    def __init__(self) -> None:
        self.steps = 0
        self.cost: int | None = 0
        self._unfinished: dict[str, str] = {}

    def __call__(self, event: Any) -> None:
        match event:
            case events.StepStarted():
                self.started(event)
            case events.StepEnded():
                if event.error is None:
                    self.steps += 1
                self._add(event.cost)
                self.ended(event)
            case events.Chunk():
                self.chunk(event)
            case events.ToolStarted():
                self.tool(event)
            case events.Retrying():
                self.retrying(event)
            case events.Notice():
                self.say(f"note: {one_line(event.message)}")
            case events.RunEnded():
                self.cost = event.cost
                if event.error is None:
                    self.finished(event)
            case _:
                pass

    @contextmanager
    def shown(self) -> Generator[None, None, None]:
        """While this is open, events are shown."""
        yield

    @contextmanager
    def paused(self) -> Generator[None, None, None]:
        """While this is open, the terminal is free for a question."""
        yield

    def say(self, text: str) -> None:
        note(text)

    def started(self, event: events.StepStarted) -> None:
        self.say(f"started {label(event.key)} ({event.agent})")

    def ended(self, event: events.StepEnded) -> None:
        self._flush(event.key)
        name = f"{label(event.key)} ({event.agent})"
        if event.error is not None:
            reason = one_line(str(event.error))
            if reason:
                self.say(f"failed {name} after {seconds(event.duration)}: {reason}")
            else:
                self.say(f"cancelled {name}")
        else:
            self.say(f"finished {name}: {spent(event.duration, event.usage, event.cost)}")

    def chunk(self, event: events.Chunk) -> None:
        text = self._unfinished.get(event.key, "") + event.text
        *lines, self._unfinished[event.key] = text.split("\n")
        for line in lines:
            self.say(f"  {label(event.key)} | {visible(line)}")

    def tool(self, event: events.ToolStarted) -> None:
        self.say(f"tool {label(event.key)}: {event.tool}")

    def retrying(self, event: events.Retrying) -> None:
        wait = seconds(event.delay)
        self.say(f"retrying {label(event.key)} in {wait}: {one_line(str(event.error))}")

    def finished(self, event: events.RunEnded) -> None:
        steps = "1 step" if self.steps == 1 else f"{self.steps} steps"
        self.say(f"done: {steps}, {spent(event.duration, event.usage, event.cost)}")

    def _flush(self, key: str) -> None:
        rest = self._unfinished.pop(key, "")
        if rest:
            self.say(f"  {label(key)} | {visible(rest)}")

    def _add(self, cost: int | None) -> None:
        self.cost = None if cost is None or self.cost is None else self.cost + cost


def label(key: str) -> str:
    """A step's key without repetitions: a branch is often named like the only step in it."""
    parts: list[str] = []
    for part in key.split("/"):
        if not parts or parts[-1] != part:
            parts.append(part)
    return visible("/".join(parts))


def seconds(duration: float) -> str:
    """A duration for people: "0.4 s", "12 s", "3 min 20 s"."""
    if duration < 9.95:
        return f"{duration:.1f} s"
    whole = round(duration)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def spent(duration: float, usage: "Usage", cost: int | None) -> str:
    """Time, tokens and money, such as "2.3 s, 165 tokens, $0.0012"."""
    tokens = (
        usage.input_tokens
        + usage.output_tokens
        + usage.cache_read_tokens
        + usage.cache_write_tokens
    )
    parts = [seconds(duration)]
    if tokens:
        parts.append(f"{tokens:,} tokens")
        parts.append("cost unknown" if cost is None else format_money(cost))
    return ", ".join(parts)


def one_line(text: str) -> str:
    return visible(" ".join(text.split()))


def cancelled(progress: Progress, after: float) -> str:
    """What a cancelled run had done by then."""
    steps = "1 step" if progress.steps == 1 else f"{progress.steps} steps"
    cost = "unknown cost" if progress.cost is None else format_money(progress.cost)
    return f"after {seconds(after)}, with {steps} finished and {cost} spent"
