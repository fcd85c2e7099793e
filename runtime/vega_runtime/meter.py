"""What a process has used: calls, tokens, money and time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models.base import Usage


@dataclass(slots=True)
class ProcessMetrics:
    """What a process has used so far, over all its restarts.

    `iterations` are the calls of its model, `latency` the seconds they took together (waits for
    limits and retries are not in it); `messages` are the messages it took and `errors` how many of
    them failed.
    """

    messages: int = 0
    errors: int = 0
    iterations: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_micros: int = 0
    unpriced: int = 0
    """Calls of models whose price is not known. They are not in the cost."""
    latency: float = 0.0

    @property
    def cost(self) -> float:
        """US dollars, for the calls of models with a known price."""
        return self.cost_micros / 1_000_000

    @property
    def tokens(self) -> int:
        """All tokens, those of the cache too."""
        return (
            self.input_tokens
            + self.output_tokens
            + self.cache_read_tokens
            + self.cache_write_tokens
        )


class Meter:
    """Counts what a process does while it does it, for those who watch over it."""

    __slots__ = ("failures", "metrics", "progress", "rounds")

    def __init__(self) -> None:
        self.metrics = ProcessMetrics()
        self.rounds = 0
        """Calls of the model for the message that is being answered."""
        self.failures = 0
        """Messages in a row that failed."""
        self.progress = 0
        """Grows whenever something happens."""

    def message_began(self) -> None:
        self.metrics.messages += 1
        self.rounds = 0
        self.progress += 1

    def message_ended(self, failed: bool) -> None:
        self.progress += 1
        if failed:
            self.metrics.errors += 1
            self.failures += 1
        else:
            self.failures = 0

    def model_called(self, usage: "Usage | None", cost: int | None, seconds: float) -> None:
        """A call of the model has ended; `usage` None: it used nothing, `cost` in micro-dollars."""
        metrics = self.metrics
        metrics.iterations += 1
        metrics.latency += seconds
        self.rounds += 1
        self.progress += 1
        if usage is None:
            return
        metrics.input_tokens += usage.input_tokens
        metrics.output_tokens += usage.output_tokens
        metrics.cache_read_tokens += usage.cache_read_tokens
        metrics.cache_write_tokens += usage.cache_write_tokens
        if cost is None:
            metrics.unpriced += 1
        else:
            metrics.cost_micros += cost

    def tool_called(self) -> None:
        """A tool call has ended."""
        self.metrics.tool_calls += 1
        self.progress += 1
