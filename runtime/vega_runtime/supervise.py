"""What happens when an agent's process fails: `supervision` of an agent.

A process fails with a message that failed after all its retries: with an error of the model, a
reply in the wrong form, too many rounds of tools, or the message's own deadline. The error goes to
who sent the message in any case; supervision says what becomes of the process:

- `restart`: it goes on with a fresh conversation, after the pause of `backoff`. After more than
  `max_restarts` in `window` seconds it is stopped (-1: never), as OTP's supervisors give up.
- `restart_all`: all others start afresh too: all agents of a run, all processes with the same
  parent.
- `stop`: it ends; further messages to it fail.
- `escalate`: the failure is passed up. A run fails, and nothing in the workflow can catch that; a
  process's parent fails.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .agent import Retry, Supervision
from .errors import (
    FormatError,
    MaxIterationsExceeded,
    ModelError,
    TimeoutExceeded,
    VegaError,
    WorkflowFailed,
)

if TYPE_CHECKING:
    from random import Random

    from .exits import Exit
    from .process import Process
    from .step import Step

FATAL = (FormatError, MaxIterationsExceeded, ModelError, TimeoutExceeded)
"""The errors of a message that fail the process."""


class Restarts:
    """Counts restarts: at most `most` (-1: any number) in `window` seconds, as OTP counts them."""

    __slots__ = ("_most", "_times", "window")

    def __init__(self, most: int, window: float) -> None:
        self._most = most
        self.window = window
        self._times: deque[float] = deque()

    def __len__(self) -> int:
        return len(self._times)

    def add(self, now: float) -> bool:
        """Count one more; False when it is one too many."""
        times = self._times
        while times and now - times[0] > self.window:
            times.popleft()
        times.append(now)
        if self._most < 0:
            while len(times) > _KEPT:
                times.popleft()
            return True
        return len(times) <= self._most


_KEPT = 64
"""Where restarts have no limit, so many are remembered, for the backoff."""


class RunSupervision:
    """The supervision of one agent in one run."""

    def __init__(self, agent: str, rules: Supervision) -> None:
        self.agent = agent
        self.rules = rules
        self.restarts = Restarts(rules.max_restarts, rules.window)
        self.stopped = ""
        self.ready_at = 0.0

    async def admit(self) -> None:
        """Wait until the process may take a message. Raises WorkflowFailed when it was stopped."""
        if self.stopped:
            raise WorkflowFailed(self.stopped)
        pause = self.ready_at - asyncio.get_running_loop().time()
        if pause > 0:
            await asyncio.sleep(pause)

    def failed(self, step: "Step", error: VegaError) -> None:
        """Deal with a send that failed. Raises where the run is to fail."""
        if not is_fatal(error, step.site):
            return
        match self.rules.strategy:
            case "escalate":
                passed_up = WorkflowFailed(f"the agent {self.agent} failed: {error.message}")
                passed_up.catchable = False
                passed_up.site = error.site
                raise passed_up from error
            case "stop":
                self._stop(f"it failed: {error.message}", step)
            case "restart":
                self._restart(step, error, everyone=False)
            case "restart_all":
                self._restart(step, error, everyone=True)

    def _stop(self, why: str, step: "Step") -> None:
        self.stopped = f"the agent {self.agent} was stopped: {why}"
        step.session.notice(self.stopped)

    def _restart(self, step: "Step", error: VegaError, everyone: bool) -> None:
        now = asyncio.get_running_loop().time()
        allowed = self.restarts.add(now)
        count = len(self.restarts)
        if not allowed:
            self._stop(f"it failed {_times(count, self.rules.window)}: {error.message}", step)
            return
        if everyone:
            step.run.reset_processes()
        else:
            step.process.reset()
        if step.watched:
            from .events import Restarted

            step.emit(Restarted(self.agent))
        self.ready_at = now + pause_before(self.rules, count, step.session.random)


class Supervised:
    """The supervision of one process of an orchestrator."""

    __slots__ = ("restarts", "rules")

    def __init__(self, rules: Supervision) -> None:
        self.rules = rules
        self.restarts = Restarts(rules.max_restarts, rules.window)

    def verdict(self, process: "Process", reason: "Exit") -> float | None:
        """Seconds until a process that ended begins anew, or None when it does not."""
        if reason.kind not in ("error", "timeout") or (
            reason.kind == "timeout" and reason.error is None
        ):
            return None  # it was done, told to end, killed, or its time was up
        rules = self.rules
        process.orchestrator.call_back(rules.on_failure, process, reason.error or str(reason))
        if rules.strategy == "stop":
            return None
        if rules.strategy == "escalate":
            process.orchestrator.later(lambda: escalate(process, reason))
            return None
        allowed = self.restarts.add(asyncio.get_running_loop().time())
        count = len(self.restarts)
        if not allowed:
            process.orchestrator.call_back(rules.on_give_up, process, reason.error or str(reason))
            return None
        process.orchestrator.call_back(rules.on_restart, process, process.restarts + 1)
        if rules.strategy == "restart_all":
            for sibling in process.siblings():
                sibling.restart()
        return pause_before(rules, count, process.orchestrator.session.random)


def escalate(process: "Process", reason: "Exit") -> None:
    """Pass a failure up: to the parent, which fails with it unless its callback deals with it."""
    parent = process.parent
    orchestrator = process.orchestrator
    if parent is None or not parent.alive:
        orchestrator.escalated(process, reason)
        return
    supervised = parent.supervised
    handler: Callable[..., Any] | None = None
    if supervised is not None:
        handler = supervised.rules.on_child_escalation
    if orchestrator.call_back(handler, parent, process, reason.error or str(reason)) is True:
        return
    parent.end(reason)
    if supervised is None:
        escalate(parent, reason)


def is_fatal(error: BaseException, site: str) -> bool:
    """Whether a message's error fails the process. A deadline around the message does not."""
    if not isinstance(error, FATAL):
        return False
    return not isinstance(error, TimeoutExceeded) or error.site in (None, site)


def pause_before(rules: Supervision, count: int, random: "Random") -> float:
    """Seconds before the restart number `count` in the window."""
    if rules.backoff is None:
        return 0.0
    options = Retry(jitter=0.0)
    initial = float(rules.backoff.get("initial", options.initial))
    most = float(rules.backoff.get("max", options.max))
    growth = {
        "constant": 1.0,
        "linear": float(count),
        "exponential": float(rules.backoff.get("multiplier", 2.0)) ** min(count - 1, 60),
    }[rules.backoff.get("type", "exponential")]
    jitter = float(rules.backoff.get("jitter", options.jitter))
    return min(most, initial * growth) * (1 + jitter * (2 * random.random() - 1))


def _times(count: int, window: float) -> str:
    return f"{'once' if count == 1 else f'{count} times'} in {window:g} s"
