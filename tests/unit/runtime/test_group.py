"""Branches that run together: order, failures, limits, and conversations of their own."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vega_runtime import (
    Agent,
    ExpressionError,
    MaxProcessesReached,
    ModelError,
    Run,
    RunOptions,
    Settings,
    TimeoutExceeded,
    WorkflowFailed,
    open_run,
    program,
    workflow,
)
from vega_runtime.events import ModelStarted, StepStarted
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.virtual_time import run_virtual

PROGRAM = program("group.vega.yaml")
A = Agent("A", model="scripted")
B = Agent("B", model="scripted")
ECHO = [{"reply": "echo", "times": "always"}]


async def say(run: Run, message: str) -> str:
    return await run.send("w/group/say", A, message)


async def pause(run: Run, seconds: float, value: Any = None) -> Any:
    await asyncio.sleep(seconds)
    if isinstance(value, Exception):
        raise value
    return value


def in_run(main: Any, replies: Any = ECHO, **options: Any) -> Any:
    """Run `main(run)` on virtual time; nothing may be left running."""

    async def whole() -> Any:
        script = ScriptedModel(replies)
        settings = RunOptions(provider=lambda _: script, **options)
        async with open_run(PROGRAM, settings) as run:
            try:
                return await main(run)
            finally:
                assert asyncio.all_tasks() == {asyncio.current_task()}

    return run_virtual(whole())


def test_values_are_in_program_order_whatever_ends_first() -> None:
    async def main(run: Run) -> list[Any]:
        async with run.group("w/group") as group:
            branches = [group.start(i, pause, 3 - i, i) for i in range(3)]
        return [branch.value for branch in branches]

    assert in_run(main) == [0, 1, 2]


def test_a_branch_can_be_awaited_inside_its_group() -> None:
    async def main(run: Run) -> list[Any]:
        async with run.group("w/group") as group:
            slow = group.start("slow", pause, 5, "slow")
            quick = group.start("quick", pause, 1, "quick")
            with pytest.raises(RuntimeError):
                _ = slow.value
            return [await quick, asyncio.get_running_loop().time(), await slow]

    assert in_run(main) == ["quick", 1.0, "slow"]


def test_the_first_failure_cancels_the_others_and_leaves_alone() -> None:
    ended: list[str] = []

    async def watched(run: Run, name: str) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(name)

    failure = WorkflowFailed("broken")

    async def main(run: Run) -> Any:
        async def together() -> None:
            async with run.group("w/group") as group:
                group.start("a", watched, "a")
                group.start("b", pause, 1, failure)
                group.start("c", watched, "c")

        with pytest.raises(WorkflowFailed) as caught:
            await together()
        assert caught.value is failure
        assert caught.value.__context__ is None
        return asyncio.get_running_loop().time()

    assert in_run(main) == 1.0
    assert ended == ["a", "c"]


def test_of_simultaneous_failures_the_first_in_program_order_is_raised() -> None:
    async def main(run: Run) -> None:
        async with run.group("w/group") as group:
            group.start(0, pause, 1)
            group.start(1, pause, 2, WorkflowFailed("second branch"))
            group.start(2, pause, 2, WorkflowFailed("third branch"))

    with pytest.raises(WorkflowFailed, match="second branch"):
        in_run(main)


def test_a_failure_while_being_cancelled_does_not_hide_the_first_one() -> None:
    async def untidy(run: Run) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise WorkflowFailed("while cleaning up")

    async def main(run: Run) -> None:
        async with run.group("w/group") as group:
            group.start(0, untidy)
            group.start(1, pause, 1, WorkflowFailed("the cause"))

    with pytest.raises(WorkflowFailed, match="the cause"):
        in_run(main)


def test_a_deadline_around_a_group_wins_over_what_its_end_causes() -> None:
    async def untidy(run: Run) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise WorkflowFailed("while cleaning up")

    async def main(run: Run) -> None:
        async with run.scope("w/do", timeout=1), run.group("w/group") as group:
            group.start(0, untidy)

    with pytest.raises(TimeoutExceeded):
        in_run(main)


def test_an_error_of_the_body_ends_the_branches() -> None:
    async def main(run: Run) -> None:
        async with run.group("w/group") as group:
            group.start(0, pause, 60)
            raise ValueError("body")

    with pytest.raises(ValueError, match="body"):
        in_run(main)


def test_cancelling_a_group_cancels_its_branches() -> None:
    async def main(run: Run) -> float:
        async def whole() -> None:
            async with run.group("w/group") as group:
                group.start(0, pause, 60)
                group.start(1, pause, 60)

        task = asyncio.create_task(whole())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.get_running_loop().time()

    assert in_run(main) == 1.0


def test_a_limit_starts_branches_in_order() -> None:
    running: list[int] = []
    most: list[int] = []
    order: list[int] = []

    async def counted(run: Run, number: int) -> None:
        order.append(number)
        running.append(number)
        most.append(len(running))
        await asyncio.sleep(1)
        running.remove(number)

    async def main(run: Run) -> float:
        async with run.group("w/group", limit=2) as group:
            for number in range(5):
                group.start(number, counted, number)
        return asyncio.get_running_loop().time()

    assert in_run(main) == 3.0
    assert max(most) == 2
    assert order == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("limit", [0, -1, True])
def test_a_limit_below_one_is_an_error(limit: int) -> None:
    async def main(run: Run) -> None:
        async with run.group("w/group", limit=limit):
            pass

    with pytest.raises(ExpressionError, match="at least 1"):
        in_run(main)


def test_branches_talk_to_forks_that_are_dropped_at_the_join(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def forks(run: Run) -> str:
        await run.send("w/A", A, "before")
        async with run.group("w/group") as group:
            group.start("x", say, "x")
            group.start("y", say, "y")
        return await run.send("w/A#2", A, "after")

    played = play(forks, ECHO)
    texts = [[message.text for message in request.messages] for request in played.requests]
    assert texts == [
        ["before"],
        ["before", "before", "x"],
        ["before", "before", "y"],
        ["before", "before", "after"],
    ]


def test_a_fork_of_a_fork_begins_where_the_branch_stands(play: Any) -> None:
    async def outer(run: Run) -> None:
        await run.send("w/group/say", A, "outer")
        async with run.group("w/group/group") as group:
            group.start(0, say, "inner")
        await run.send("w/group/say", A, "end")

    @workflow(PROGRAM, "w", agents=(A,))
    async def forks(run: Run) -> None:
        await run.send("w/A", A, "before")
        async with run.group("w/group") as group:
            group.start(0, outer)

    played = play(forks, ECHO)
    texts = [request.messages[0::2] for request in played.requests]
    assert [[message.text for message in one] for one in texts] == [
        ["before"],
        ["before", "outer"],
        ["before", "outer", "inner"],
        ["before", "outer", "end"],
    ]


def test_keys_name_loops_and_branches(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def keyed(run: Run) -> None:
        for _, _item in run.loop("w/for", ["p", "q"]):
            for _ in run.repeat("w/for/repeat", 1):
                async with run.group("w/for/repeat/group") as group:
                    group.start("b1", say, "x")
                    group.start("b2", say, "y")
        await run.send("w/A", A, "end")

    played = play(keyed, ECHO)
    assert [event.key for event in played.of(StepStarted)] == [
        "w/for[0]/repeat[0]/group/b1/group/say",
        "w/for[0]/repeat[0]/group/b2/group/say",
        "w/for[1]/repeat[0]/group/b1/group/say",
        "w/for[1]/repeat[0]/group/b2/group/say",
        "w/A",
    ]


def test_a_key_does_not_say_a_branch_twice(play: Any) -> None:
    async def part(run: Run) -> str:
        return await run.send("w/parallel/x/A", A, "x")

    @workflow(PROGRAM, "w", agents=(A,))
    async def keyed(run: Run) -> None:
        async with run.group("w/parallel") as group:
            group.start("x", part)

    assert [event.key for event in play(keyed, ECHO).of(StepStarted)] == ["w/parallel/x/A"]


def test_max_processes_counts_the_branches_that_run(play: Any) -> None:
    limited = program("x", settings=Settings(max_processes=2))

    @workflow(limited, "w", agents=(A,))
    async def many(run: Run, *, limit: int) -> str:
        for _ in range(2):
            async with run.group("w/group", limit=limit) as group:
                for number in range(3):
                    group.start(number, say, "x")
        return "done"

    assert (
        play(many, [{"reply": "x", "delay": 1, "times": "always"}], {"limit": 2}).output == "done"
    )
    failed = play(many, [{"reply": "x", "delay": 1, "times": "always"}], {"limit": 3})
    assert isinstance(failed.error, MaxProcessesReached)


delays = st.lists(st.integers(0, 5), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(delays=delays, limit=st.one_of(st.none(), st.integers(1, 4)))
def test_results_and_order_do_not_depend_on_timing(delays: list[int], limit: int | None) -> None:
    """Calls that are due at one moment go to the model in program order."""
    seen: list[tuple[float, int]] = []

    async def delayed(run: Run, number: int) -> str:
        for _ in range(delays[number]):  # as many waits as tenths: due times are sums
            await asyncio.sleep(0.1)
        return await run.send("w/group/say", A, str(number))

    async def main(run: Run) -> list[str]:
        async with run.group("w/group", limit=limit) as group:
            branches = [group.start(n, delayed, n) for n in range(len(delays))]
        return [branch.value for branch in branches]

    def observe(event: Any) -> None:
        if isinstance(event, ModelStarted):
            time = asyncio.get_running_loop().time()
            seen.append((round(time, 6), int(event.request.messages[-1].text)))

    assert in_run(main, observers=(observe,)) == [str(n) for n in range(len(delays))]
    if limit is None:
        assert seen == sorted(seen)
    assert len(seen) == len(delays)


@settings(max_examples=60, deadline=None)
@given(
    branches=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=6),
)
def test_the_raised_error_is_the_earliest_then_the_first(
    branches: list[tuple[int, bool]],
) -> None:
    async def main(run: Run) -> None:
        async with run.group("w/group") as group:
            for number, (delay, fails) in enumerate(branches):
                value = WorkflowFailed(str(number)) if fails else None
                group.start(number, pause, delay, value)

    failing = [(delay, number) for number, (delay, fails) in enumerate(branches) if fails]
    if not failing:
        in_run(main)
        return
    with pytest.raises(WorkflowFailed) as caught:
        in_run(main)
    assert str(caught.value) == str(min(failing)[1])


def test_a_script_is_matched_in_program_order(play: Any) -> None:
    async def hop(run: Run, hops: int, agent: Agent) -> str:
        for _ in range(hops):
            await asyncio.sleep(0)
        return await run.send("w/group/say", agent, "x")

    @workflow(PROGRAM, "w", agents=(A, B))
    async def ordered(run: Run) -> list[str]:
        async with run.group("w/group") as group:
            branches = [group.start(n, hop, 5 - n, A) for n in range(5)]
        return [branch.value for branch in branches]

    replies = [{"reply": str(n)} for n in range(5)]
    assert play(ordered, replies).output == ["0", "1", "2", "3", "4"]


def test_a_failing_send_in_a_branch_fails_the_group(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def both(run: Run) -> None:
        async with run.group("w/group") as group:
            group.start("x", say, "x")
            group.start("y", say, "y")

    played = play(both, [{"match": "x", "reply": "x", "delay": 9}, {"error": "authentication"}])
    assert isinstance(played.error, ModelError)
    assert played.seconds == 0
