"""Recorded runs: a replay sees what the first run saw, without a model."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vega_runtime import Agent, ConfigError, Run, UnmatchedCall, program, workflow

ECHO = [{"reply": "echo", "times": "always"}]
PROGRAM = program("r.vega.yaml")
A = Agent("A", model="scripted", system=lambda run: f"It is {run.now()}.")


async def part(run: Run, name: str) -> str:
    return await run.send("w/group/A", A, f"{name} {run.random()}")


@workflow(PROGRAM, "w", agents=(A,))
async def flow(run: Run) -> list[Any]:
    async with run.group("w/group") as group:
        parts = [group.start(n, part, str(n)) for n in range(3)]
    await run.remember("w/remember", "k", run.date())
    answer = await run.ask("w/ask", "Go?", default="no")
    return [*(one.value for one in parts), await run.recall("w/recall", "k"), answer, run.time()]


def test_a_replay_sees_dates_answers_and_memory_again(play: Any, tmp_path: Path) -> None:
    file = tmp_path / "rec.jsonl"
    first = play(
        flow,
        ECHO,
        record=file,
        root=tmp_path,
        answers=("yes",),
        wall_clock=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )
    assert first.error is None
    assert first.output[3:] == ["2026-01-02", "yes", "03:04:05"]
    again = play(flow, [], replay=file, root=tmp_path / "other")
    assert again.output == first.output
    assert again.requests == []


def test_a_call_that_was_not_recorded_shows_the_difference(play: Any, tmp_path: Path) -> None:
    file = tmp_path / "rec.jsonl"

    @workflow(PROGRAM, "says")
    async def says(run: Run, *, word: str) -> str:
        return await run.send("says/A", Agent("A", model="scripted"), word)

    assert play(says, ECHO, {"word": "one"}, record=file).output == "one"
    changed = play(says, [], {"word": "two"}, replay=file)
    assert isinstance(changed.error, UnmatchedCall)
    assert "two" in str(changed.error)


def test_a_recording_that_is_not_there_is_a_config_error(play: Any, tmp_path: Path) -> None:
    played = play(flow, [], replay=tmp_path / "nothing.jsonl")
    assert isinstance(played.error, ConfigError)
    assert isinstance(play(flow, ECHO, record=tmp_path).error, ConfigError)
