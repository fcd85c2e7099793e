"""What a run does when an agent's process fails: `supervision` of an agent.

A send fails its process when it has used up its retries: with an error of the model, a reply in
the wrong form, too many rounds of tools, or the step's own deadline. The error goes to the step in
any case, where `catch` may take it; supervision says what becomes of the process:

- `restart`: it goes on with a fresh conversation, after the pause of `backoff`. After more than
  `max_restarts` in `window` seconds it is stopped (-1: never), as OTP's supervisors give up.
- `restart_all`: the processes of all agents of the run start afresh.
- `stop`: it ends; further messages to it fail.
- `escalate`: the run fails, and nothing in the workflow can catch that.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

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

    from .step import Step

FATAL = (FormatError, MaxIterationsExceeded, ModelError, TimeoutExceeded)


class Supervisor:
    """The supervision of one agent in one run."""

    def __init__(self, agent: str, rules: Supervision) -> None:
        self.agent = agent
        self.rules = rules
        self.restarts: deque[float] = deque()
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
        if not isinstance(error, FATAL) or not _is_own(error, step):
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
        rules = self.rules
        while self.restarts and now - self.restarts[0] > rules.window:
            self.restarts.popleft()
        self.restarts.append(now)
        count = len(self.restarts)
        if rules.max_restarts >= 0 and count > rules.max_restarts:
            times = "once" if count == 1 else f"{count} times"
            self._stop(f"it failed {times} in {rules.window:g} s: {error.message}", step)
            return
        if everyone:
            step.run.reset_processes()
        else:
            step.process.reset()
        self.ready_at = now + _pause(rules, count, step.session.random)


def _is_own(error: VegaError, step: "Step") -> bool:
    """A deadline around the step is no failure of the agent."""
    return not isinstance(error, TimeoutExceeded) or error.site in (None, step.site)


def _pause(rules: Supervision, count: int, random: "Random") -> float:
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
