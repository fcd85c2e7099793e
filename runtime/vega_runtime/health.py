"""Watches over processes, and alerts when one seems to be in trouble."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .frozen import Frozen
from .rules import above, at_least, rules

if TYPE_CHECKING:
    from .orchestrator import Orchestrator
    from .process import Process

Trouble = Literal["stale", "iterations", "errors", "cost", "timeout", "escalation"]

QUEUED = 1000
"""So many alerts wait to be read; then the oldest are dropped."""


class HealthRules(Frozen):
    """When to alert. None turns a check off; times are in seconds, costs in US dollars.

    `stale_after`: a process at work has made no progress for so long (no reply of its model, no
    result of a tool). `max_iterations`: calls of the model for one message. `max_errors`: messages
    in a row that failed. `max_cost`: what a process has cost. `max_age`: how long it lives.
    Processes are looked at every `interval`.
    """

    stale_after: float | None = 300.0
    max_iterations: int | None = 40
    max_errors: int | None = 5
    max_cost: float | None = None
    max_age: float | None = None
    interval: float = 10.0

    _rules = rules(
        stale_after=above(0),
        max_iterations=at_least(0),
        max_errors=at_least(1),
        max_cost=at_least(0),
        max_age=at_least(0),
        interval=above(0),
    )


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person should look at."""

    trouble: Trouble
    process: "Process"
    message: str


class HealthMonitor:
    """Looks at all processes of an orchestrator again and again.

    Alerts go to the orchestrator's `on_alert` and into `alerts`. Each trouble of a process is told
    once, and again only after it was over in between.
    """

    def __init__(self, orchestrator: "Orchestrator", rules: HealthRules) -> None:
        self.rules = rules
        self.alerts: asyncio.Queue[Alert] = asyncio.Queue()
        self._orchestrator = orchestrator
        self._task: asyncio.Task[None] | None = None
        self._seen: dict[Process, _Seen] = {}

    def start(self) -> None:
        """Begin to look."""
        self._task = self._orchestrator.run_task(self._watch(), "health")

    def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.rules.interval)
            self.look()

    def look(self) -> None:
        """Look at all processes now, and alert."""
        now = asyncio.get_running_loop().time()
        before, self._seen = self._seen, {}
        for process in self._orchestrator.list():
            seen = before.get(process) or _Seen(now)
            self._seen[process] = seen
            found = self._troubles(process, seen, now)
            for trouble, message in found.items():
                if trouble not in seen.told:
                    self._orchestrator.alert(Alert(trouble, process, message))
            seen.told = set(found)

    def put(self, alert: Alert) -> None:
        """Queue an alert."""
        if self.alerts.qsize() >= QUEUED:
            self.alerts.get_nowait()
        self.alerts.put_nowait(alert)

    def _troubles(self, process: "Process", seen: "_Seen", now: float) -> dict[Trouble, str]:
        rules, meter, name = self.rules, process.meter, process.name
        busy = bool(process.calls)
        if meter.progress != seen.progress or not busy:
            seen.progress = meter.progress
            seen.moved = now
        found: dict[Trouble, str] = {}
        if rules.stale_after is not None and now - seen.moved >= rules.stale_after:
            found["stale"] = f"{name} has made no progress for {now - seen.moved:.0f} s"
        if rules.max_iterations is not None and busy and meter.rounds > rules.max_iterations:
            found["iterations"] = f"{name} has called its model {meter.rounds} times for a message"
        if rules.max_errors is not None and meter.failures >= rules.max_errors:
            found["errors"] = f"{meter.failures} messages to {name} failed in a row"
        if rules.max_cost is not None and meter.metrics.cost > rules.max_cost:
            found["cost"] = f"{name} has cost ${meter.metrics.cost:.2f}"
        if rules.max_age is not None and now - process.began_at >= rules.max_age:
            found["timeout"] = f"{name} has been alive for {now - process.began_at:.0f} s"
        return found


class _Seen:
    """What was seen of a process the last time."""

    __slots__ = ("moved", "progress", "told")

    def __init__(self, now: float) -> None:
        self.progress = -1
        self.moved = now
        self.told: set[Trouble] = set()
