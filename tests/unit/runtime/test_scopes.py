"""Time limits, budgets, retried blocks, clean-up, and what `catch` takes."""

import asyncio
from typing import Any

import pytest

from vega_runtime import (
    FAILURES,
    Agent,
    BudgetExceeded,
    Retry,
    Run,
    RunOptions,
    Settings,
    TimeoutExceeded,
    WorkflowFailed,
    open_run,
    program,
    workflow,
)
from vega_runtime.events import ModelStarted, Notice
from vega_runtime.models.base import Request, Response, Usage
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.virtual_time import run_virtual

PROGRAM = program("scopes.vega.yaml")
A = Agent("A", model="claude-haiku-4-5", max_tokens=256)
SLOW = [{"reply": "late", "delay": 5, "times": "always"}]
CENT = {"reply": "ok", "usage": {"input_tokens": 10_000}, "times": "always"}


def test_a_block_has_a_deadline(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def limited(run: Run) -> str:
        try:
            async with run.scope("w/do", timeout=3):
                await run.send("w/do/1", A, "1", timeout=60)
        except TimeoutExceeded as expired:
            run.own(expired, "w/do")
            return "in time"
        return "late"

    played = play(limited, SLOW)
    assert played.output == "in time"
    assert played.seconds == 3


def test_catch_does_not_take_the_timeout_of_a_block_around_it(play: Any) -> None:
    caught: list[str] = []

    @workflow(PROGRAM, "w", agents=(A,))
    async def limited(run: Run) -> None:
        async with run.scope("w/do", timeout=3):
            try:
                await run.send("w/do/1", A, "1")
            except FAILURES as failure:
                caught.append(run.caught(failure).type)

    played = play(limited, SLOW)
    assert isinstance(played.error, TimeoutExceeded)
    assert played.error.site == "w/do"
    assert caught == []


def test_own_passes_on_the_timeout_of_another_step(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def inner(run: Run) -> None:
        try:
            await run.send("w/inner", A, "1", timeout=1)
        except TimeoutExceeded as expired:
            run.own(expired, "w/outer")

    played = play(inner, SLOW)
    assert isinstance(played.error, TimeoutExceeded)
    assert played.error.site == "w/inner"


def test_catch_takes_a_steps_budget_but_not_the_one_of_an_open_block(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def limited(run: Run, *, block: float, step: float) -> str:
        async with run.scope("w/do", budget=block):
            try:
                await run.send("w/do/1", A, "1", budget=step)
                return await run.send("w/do/2", A, "2")
            except FAILURES as failure:
                return run.caught(failure).type

    assert play(limited, [CENT], {"block": 1.0, "step": 0.000001}).output == "BudgetExceeded"
    assert play(limited, [CENT], {"block": 1.0, "step": 1.0}).output == "ok"
    played = play(limited, [CENT], {"block": 0.011, "step": 1.0})
    assert isinstance(played.error, BudgetExceeded)
    assert played.error.site == "w/do"
    assert len(played.requests) == 1
    outside = play(limited, [CENT], {"block": 1.0, "step": 1.0}, budget=0.000001)
    assert isinstance(outside.error, BudgetExceeded)


def test_catch_takes_the_timeout_of_a_block_that_is_over(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def limited(run: Run) -> list[str]:
        try:
            async with run.scope("w/do", timeout=1, budget=1.0):
                await run.send("w/do/1", A, "1")
        except FAILURES as failure:
            error = run.caught(failure)
            return [error.type, error.step, error.message]
        return []

    assert play(limited, SLOW).output == ["TimeoutExceeded", "do", "not finished after 1s"]


def test_a_workflows_own_limits_hold_for_each_call(play: Any) -> None:
    @workflow(PROGRAM, "inner", agents=(A,), budget=0.0105, timeout=6)
    async def inner(run: Run, *, calls: int) -> str:
        for _ in range(calls):
            await run.send("inner/1", A, "1")
        return "done"

    @workflow(PROGRAM, "outer", agents=(A,))
    async def outer(run: Run, *, calls: int) -> str:
        await run.call("outer/call", inner, calls=calls)
        return await run.call("outer/call#2", inner, calls=calls)

    assert play(outer, [CENT], {"calls": 1}).output == "done"
    assert isinstance(play(outer, [CENT], {"calls": 2}).error, BudgetExceeded)
    slow = {**CENT, "delay": 5}
    assert play(outer, [slow], {"calls": 1}).output == "done"
    free = [{"reply": "x", "usage": {"input_tokens": 1}, "delay": 5, "times": "always"}]
    assert isinstance(play(outer, free, {"calls": 2}).error, TimeoutExceeded)


def test_the_run_has_limits_of_its_own(play: Any) -> None:
    @workflow(program("x", settings=Settings(budget=0.0105)), "w", agents=(A,))
    async def twice(run: Run) -> None:
        await run.send("w/1", A, "1")
        await run.send("w/2", A, "2")

    played = play(twice, [CENT])
    assert isinstance(played.error, BudgetExceeded)
    assert "the program's settings" in str(played.error)
    assert played.error.site == "w/2"
    assert isinstance(play(twice, SLOW, timeout=2).error, TimeoutExceeded)


def test_budgets_hold_with_many_calls_at_once() -> None:
    agent = Agent("A", model="claude-haiku-4-5", max_tokens=1000)
    events: list[Any] = []

    class Wordy(ScriptedModel):
        async def generate(self, request: Request) -> Response:
            await asyncio.sleep(1)
            return Response("ok", usage=Usage(40, request.max_tokens))

    async def spend(run: Run, number: int) -> str:
        try:
            return await run.send("w/group/1", agent, str(number))
        except BudgetExceeded as failure:
            return failure.type

    @workflow(PROGRAM, "w", agents=(agent,))
    async def many(run: Run) -> list[str]:
        async with run.group("w/group") as group:
            branches = [group.start(n, spend, n) for n in range(200)]
        return [branch.value for branch in branches]

    def outcome(budget: float | None) -> list[str]:
        model = Wordy()
        options = RunOptions(provider=lambda _: model, budget=budget, observers=(events.append,))
        return run_virtual(many.execute({}, options))

    assert outcome(None) == ["ok"] * 200
    limited = outcome(0.1)
    assert 18 <= limited.count("ok") < 200
    assert events[-1].cost <= 100_000


# Retried blocks


def test_a_block_is_tried_again_on_transient_errors(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def stubborn(run: Run) -> str:
        await run.send("w/0", A, "before")
        attempts = run.attempts("w/do", Retry(max_attempts=3, initial=1.0, jitter=0.0))
        while True:
            try:
                await run.send("w/do/1", A, "one")
                reply = await run.send("w/do/2", A, "two")
                break
            except FAILURES as failure:
                await attempts.again(failure)
        return reply

    model = [
        {"match": "two", "error": "overloaded", "times": 2},
        {"reply": "echo", "times": "always"},
    ]
    played = play(stubborn, model)
    assert played.output == "two"
    assert played.seconds == 3.0
    last = [message.text for message in played.requests[-1].messages]
    assert last == ["before", "before", "one", "one", "two"]
    model[0]["times"] = 3
    assert played.error is None
    assert "overloaded" in str(play(stubborn, model).error)
    permanent = play(stubborn, [{"match": "two", "error": "authentication"}, model[1]])
    assert permanent.seconds == 0


def test_a_budget_around_a_retried_block_ends_it(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,), budget=0.000001)
    async def stubborn(run: Run) -> None:
        attempts = run.attempts("w/do", Retry(max_attempts=3))
        while True:
            try:
                await run.send("w/do/1", A, "one")
                break
            except FAILURES as failure:
                await attempts.again(failure)

    played = play(stubborn, [CENT])
    assert isinstance(played.error, BudgetExceeded)
    assert played.seconds == 0


# Clean-up


def tidying(seconds: float, log: list[str]) -> Any:
    @workflow(PROGRAM, "w", agents=(A,))
    async def tidy(run: Run) -> None:
        try:
            await run.send("w/1", A, "work")
        finally:
            async with run.cleanup():
                log.append("begun")
                await asyncio.sleep(seconds)
                log.append("ended")

    return tidy


def test_finally_runs_after_a_timeout(play: Any) -> None:
    log: list[str] = []
    played = play(tidying(4, log), SLOW, timeout=1)
    assert isinstance(played.error, TimeoutExceeded)
    assert log == ["begun", "ended"]
    assert played.seconds == 5


def test_finally_is_given_up_five_seconds_after_a_cancellation(play: Any) -> None:
    log: list[str] = []
    played = play(tidying(60, log), SLOW, timeout=1)
    assert isinstance(played.error, TimeoutExceeded)
    assert log == ["begun"]
    assert played.seconds == 6
    assert "given up" in played.of(Notice)[0].message


def test_finally_has_all_the_time_after_a_failure(play: Any) -> None:
    log: list[str] = []
    played = play(tidying(60, log), [{"error": "authentication"}])
    assert log == ["begun", "ended"]
    assert played.seconds == 60


def test_a_cancelled_run_cleans_up_and_stays_cancelled() -> None:
    log: list[str] = []

    async def main() -> None:
        model = ScriptedModel(SLOW)
        options = RunOptions(provider=lambda _: model)
        task = asyncio.create_task(tidying(2, log).execute({}, options))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())
    assert log == ["begun", "ended"]


def test_sends_inside_finally_work_after_a_timeout(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def tidy(run: Run) -> None:
        async with run.scope("w/do", timeout=1):
            try:
                await run.send("w/do/1", A, "work")
            finally:
                async with run.cleanup():
                    await run.send("w/do/finally/1", A, "tidy up")

    played = play(tidy, [{"match": "work", "reply": "x", "delay": 9}, {"reply": "tidied"}])
    assert isinstance(played.error, TimeoutExceeded)
    assert [event.site for event in played.of(ModelStarted)] == ["w/do/1", "w/do/finally/1"]


# Calls


def test_a_called_workflow_goes_on_with_the_conversation(play: Any) -> None:
    @workflow(PROGRAM, "inner", agents=(A,))
    async def inner(run: Run) -> None:
        await run.send("inner/1", A, "inner")

    @workflow(PROGRAM, "outer", agents=(A,))
    async def outer(run: Run) -> None:
        await run.send("outer/1", A, "one")
        await run.call("outer/call", inner)
        await run.call_fresh("outer/fresh", inner)
        await run.send("outer/2", A, "two")

    played = play(outer, [{"reply": "r", "times": "always"}])
    texts = [[one.text for one in request.messages[0::2]] for request in played.requests]
    assert texts == [["one"], ["one", "inner"], ["inner"], ["one", "inner", "two"]]


def test_open_run_runs_several_workflows_in_one_run() -> None:
    @workflow(PROGRAM, "say", agents=(A,))
    async def say(run: Run, *, word: str) -> str:
        return await run.send("say/1", A, word)

    async def main() -> list[Any]:
        model = ScriptedModel([{"reply": "echo", "times": "always"}])
        async with open_run(PROGRAM, RunOptions(provider=lambda _: model)) as run:
            replies = [await run.call("", say, word="a"), await run.call("", say, word="b")]
        return [*replies, len(model.requests[1].messages)]

    assert run_virtual(main()) == ["a", "b", 3]


def test_fail_is_caught_like_any_failure(play: Any) -> None:
    @workflow(PROGRAM, "w")
    async def fails(run: Run) -> list[str]:
        try:
            raise run.failed("w/fail", "no way")
        except FAILURES as failure:
            error = run.caught(failure)
            return [error.message, error.type, error.step]

    assert play(fails).output == ["no way", "WorkflowFailed", "fail"]
    assert issubclass(WorkflowFailed, FAILURES)
