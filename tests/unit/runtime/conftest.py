"""Runs of workflows on virtual time, against a scripted model."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from vega_runtime import RunOptions, Workflow
from vega_runtime.events import Event, ModelStarted, StepStarted
from vega_runtime.models.base import Request
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.virtual_time import run_virtual


@dataclass
class Played:
    """What a run did. `seconds` are virtual."""

    output: Any
    error: BaseException | None
    events: list[Event]
    requests: list[Request]
    seconds: float

    @property
    def calls(self) -> list[str]:
        """The agents that were called, in order; retries and tool rounds do not count."""
        return [e.agent for e in self.events if isinstance(e, ModelStarted) and e.first]

    def sent(self, agent: str) -> list[str]:
        return [e.message for e in self.events if isinstance(e, StepStarted) and e.agent == agent]

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


Play = Callable[..., Played]


def _play(
    workflow: Workflow[..., Any],
    replies: Sequence[Mapping[str, Any]] = ({"reply": "echo", "times": "always"},),
    inputs: Mapping[str, Any] | None = None,
    **options: Any,
) -> Played:
    """Run a workflow and make sure that nothing of it is left running."""
    script = ScriptedModel(replies)
    events: list[Event] = []
    observers = (events.append, *options.pop("observers", ()))
    played = Played(None, None, events, script.requests, 0.0)
    settings = RunOptions(provider=lambda _: script, observers=observers, **options)

    async def main() -> None:
        try:
            played.output = await workflow.execute(inputs or {}, settings)
        except Exception as error:
            played.error = error
        loop = asyncio.get_running_loop()
        played.seconds = loop.time()
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left running"

    run_virtual(main())
    return played


@pytest.fixture
def play() -> Play:
    return _play
