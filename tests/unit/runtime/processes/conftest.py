"""Processes on virtual time, with a scripted model."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

from vega_runtime import Orchestrator, RunOptions, Settings
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.virtual_time import run_virtual

Scene = Callable[[Orchestrator], Awaitable[Any]]
ECHO = ({"reply": "echo", "times": "always"},)


@pytest.fixture
def stage() -> Callable[..., Any]:
    """Plays a scene with an orchestrator, shuts it down, and looks that nothing is left of it."""

    def play(
        scene: Scene,
        replies: Sequence[Mapping[str, Any]] = ECHO,
        settings: Settings | None = None,
        model: Any = None,
        **options: Any,
    ) -> Any:
        script = model or ScriptedModel(replies)
        known: list[Any] = []

        async def main() -> Any:
            run = RunOptions(provider=lambda _: script)
            async with Orchestrator(settings, run, **options) as orchestrator:
                orchestrator.on_started(known.append)
                result = await scene(orchestrator)
            assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left running"
            assert all(not process.alive for process in known), known
            return result

        return run_virtual(main())

    return play
