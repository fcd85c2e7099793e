"""Messages at the edges: cancelled before they began, with callbacks of all kinds, to the dying."""

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from vega_runtime import (
    Agent,
    Cancelled,
    Done,
    HealthRules,
    Orchestrator,
    Process,
    ProcessEnded,
    RunOptions,
    Supervision,
    parallel,
)
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.virtual_time import run_virtual

A = Agent("A", model="scripted")
SLOW = (
    {"match": "slow", "reply": "late", "delay": 100, "times": "always"},
    {"reply": "echo", "times": "always"},
)


def test_a_stream_that_is_cancelled_at_once_ends(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        stream = o.spawn(A).stream("hello")
        stream.cancel()
        assert [piece async for piece in stream] == []
        assert isinstance(stream.error, Cancelled)
        with pytest.raises(Cancelled, match="the message was cancelled"):
            _ = stream.response

    stage(scene)


def test_events_of_a_message_that_is_cancelled_end_with_done(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        for pause in (0, 1):
            stream = o.spawn(A).stream_events("slow")
            if pause:
                await asyncio.sleep(pause)
            stream.cancel()
            events = [event async for event in stream]
            assert [type(event) for event in events] == [Done]
            assert isinstance(events[0], Done)
            assert isinstance(events[0].error, Cancelled)
            assert events[0].duration == pause

    stage(scene, SLOW)


def test_leaving_a_stream_does_not_swallow_a_cancellation(stage: Any) -> None:
    class Dawdling:
        async def generate(self, request: Any) -> Any:
            try:
                await asyncio.sleep(100)
            finally:
                await asyncio.sleep(10)

        async def stream(self, request: Any) -> Any:
            yield await self.generate(request)

        async def close(self) -> None:
            pass

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)

        async def leave() -> None:
            async with process.stream("hello"):
                await asyncio.sleep(1)

        task = asyncio.create_task(leave())
        await asyncio.sleep(5)  # it is leaving the stream by now
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    stage(scene, model=Dawdling())


def test_several_may_read_a_stream(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        stream = o.spawn(A).stream("one two three")

        async def read() -> list[str]:
            return [piece async for piece in stream]

        parts = await asyncio.gather(read(), read(), read())
        assert sorted(piece for part in parts for piece in part) == ["one ", "three", "two "]
        assert stream.response == "one two three"

    stage(scene)


# Callbacks


def test_callbacks_may_be_async(stage: Any) -> None:
    told: list[Any] = []

    async def chunk(piece: str) -> None:
        await asyncio.sleep(1)
        told.append(piece)

    async def done(reply: Any, error: Any) -> None:
        await asyncio.sleep(1)
        told.append((reply, error))

    async def scene(o: Orchestrator) -> None:
        await o.spawn(A).send_callback("one two", chunk, done)

    stage(scene)
    assert told == ["one ", "two", ("one two", None)]


@pytest.mark.parametrize("pause", [0, 1])
def test_the_end_is_told_though_the_message_is_cancelled(stage: Any, pause: float) -> None:
    ends: list[tuple[Any, Any]] = []

    def done(reply: Any, error: Any) -> None:
        ends.append((reply, error))

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        task = process.send_callback("slow", on_done=done)
        if pause:
            await asyncio.sleep(pause)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await process.send("hello") == "hello"
        assert [message.text for message in process.messages] == ["hello", "hello"]

    stage(scene, SLOW)
    assert len(ends) == 1
    assert ends[0][0] is None
    assert isinstance(ends[0][1], asyncio.CancelledError)


def test_a_callback_that_raises_ends_the_message_and_nothing_else(stage: Any) -> None:
    ends: list[tuple[Any, Any]] = []

    def chunk(piece: str) -> None:
        raise ValueError("no room")

    def done(reply: Any, error: Any) -> None:
        ends.append((reply, error))

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        await process.send_callback("one two", chunk, done)
        with pytest.raises(ValueError, match="no room"):
            await process.send_callback("one two", chunk)
        assert await process.send("three") == "three"

    stage(scene)
    assert [str(error) for _, error in ends] == ["no room"]


# Ends


def test_a_message_to_a_process_that_is_cleaning_up_ends_with_it(stage: Any) -> None:
    async def tidy(process: Process) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(2)

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, body=tidy)
        await asyncio.sleep(1)
        process.fail("enough")
        late = process.send_async("slow")
        await process.wait()
        with pytest.raises(ProcessEnded):
            await late
        assert asyncio.get_running_loop().time() == pytest.approx(3)

    stage(scene, SLOW)


def test_a_message_that_is_no_text_is_refused(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        for value in (None, 3, b"bytes"):
            with pytest.raises(TypeError, match="a message is a text"):
                await process.send(value)  # type: ignore[call-overload]
        assert await process.send("") == ""

    stage(scene)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"timeout": "5s"}, "timeout of a message is a number, not '5s'"),
        ({"budget": True}, "budget of a message is a number, not True"),
        ({"retry": 3}, r"retry of a message is a Retry\(...\), not 3"),
        ({"form": "number"}, "form of a message is one of vega_runtime.forms, not 'number'"),
        ({"tiemout": 5}, "a message has no option 'tiemout'"),
    ],
)
def test_options_of_another_kind_are_refused(
    stage: Any, options: dict[str, Any], said: str
) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        with pytest.raises(TypeError, match=said):
            await process.send("hello", **options)
        with pytest.raises(TypeError, match=said):
            await process.batch(["hello"], **options)

    stage(scene)


@pytest.mark.parametrize("others", [0, 1])
def test_a_tool_that_waits_for_its_own_process_is_told_so(stage: Any, others: int) -> None:
    team: list[Process] = []

    async def ask_back() -> str:
        """Ask the one who asks."""
        return await team[0].send("and you?")

    async def ask_on() -> str:
        """Ask the next one."""
        return await team[1].send("what do you say?")

    tools = (ask_on if others else ask_back,)
    replies = [
        {"agent": "A", "match": "go", "reply": {"tool_calls": [{"name": tools[0].__name__}]}},
        {"agent": "B", "match": "say", "reply": {"tool_calls": [{"name": "ask_back"}]}},
        {"agent": "B", "match": "cannot wait", "reply": "it cannot wait"},
        {"agent": "A", "match": "cannot wait", "reply": "done"},
    ]

    async def scene(o: Orchestrator) -> None:
        team.append(o.spawn(A.replace(tools=tools)))
        team.append(o.spawn(Agent("B", model="scripted", tools=(ask_back,))))
        assert await team[0].send("go") == "done"

    stage(scene, replies)


def test_a_tool_may_leave_a_message_for_later(stage: Any) -> None:
    found: list[Any] = []

    async def remind() -> str:
        """Leave a message."""
        found.append(found[0].send_async("later"))
        return "noted"

    replies = [
        {"match": "go", "reply": {"tool_calls": [{"name": "remind"}]}},
        {"match": "noted", "reply": "done"},
        {"match": "later", "reply": "it is later"},
    ]

    async def scene(o: Orchestrator) -> None:
        found.append(o.spawn(A.replace(tools=(remind,))))
        assert await found[0].send("go") == "done"
        assert await found[1] == "it is later"

    stage(scene, replies)


# What is spawned


def test_what_is_no_agent_and_no_function_is_refused(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        for wrong in ("Writer", None, 3):
            with pytest.raises(TypeError, match="an agent or an async function"):
                o.spawn(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="an async function"):
            o.spawn(A, body=3)  # type: ignore[arg-type]
        assert o.list() == ()

    stage(scene)


def test_a_function_that_is_not_async_fails_and_says_so(stage: Any) -> None:
    def plain(process: Process) -> int:
        return 3

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(plain)  # type: ignore[arg-type]
        assert "must be async, and plain is not" in str(await process.wait())

    stage(scene)


@pytest.mark.parametrize("amount", [-1, float("nan")])
def test_a_budget_below_nothing_is_refused(stage: Any, amount: float) -> None:
    async def scene(o: Orchestrator) -> None:
        with pytest.raises(ValueError, match="a budget is 0 US dollars or more"):
            o.spawn(A, budget=amount)
        with pytest.raises(ValueError, match="a budget is 0 US dollars or more"):
            await o.spawn(A).send("hello", budget=amount)

    stage(scene)


def test_an_agent_that_could_not_be_spawned_leaves_its_name_free(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        with pytest.raises(ValueError, match="budget"):
            o.spawn(A, budget=-1)
        assert o.spawn(A.replace(system="You are another one.")).alive

    stage(scene)


def test_no_workers_give_no_results(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        assert await parallel("hello") == []

    stage(scene)


def test_the_queue_of_alerts_is_there_before_the_first_process(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        assert o.health is not None
        alerts = o.health.alerts
        o.spawn(A).send_async("slow")
        assert (await alerts.get()).trouble == "stale"

    stage(scene, SLOW, health=HealthRules(stale_after=20, interval=5))


def test_a_failed_restart_is_no_hang(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        def bad(*_: object) -> None:
            raise ValueError("no")

        rules = Supervision(max_restarts=1, on_failure=bad, on_restart=bad, on_give_up=bad)
        process = o.spawn(A, supervision=rules)
        for _ in range(2):
            process.fail("no more")
            await asyncio.sleep(1)
        assert process.status == "failed"

    stage(scene)


def test_a_process_belongs_to_one_orchestrator(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        async with Orchestrator() as other:
            process = o.spawn(A)
            with pytest.raises(ValueError, match="belongs to another orchestrator"):
                other.spawn(A, parent=process)
            with pytest.raises(ValueError, match="belongs to another orchestrator"):
                other.register("a", process)
            assert (other.list(), process.children) == ((), ())

    stage(scene)


# Lists


def test_tools_may_be_given_as_a_list(stage: Any) -> None:
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    replies = [
        {"match": "go", "reply": {"tool_calls": [{"name": "add", "arguments": {"a": 1, "b": 2}}]}},
        {"match": "3", "reply": "three"},
    ] * 2

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A.replace(tools=[add]))
        assert await process.send("go") == "three"
        assert await process.send("go", tools=[add]) == "three"  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="tools of a message is a list, not 'add'"):
            await process.send("go", tools="add")  # type: ignore[arg-type]

    stage(scene, replies)
    with pytest.raises(ValueError, match="tools of Agent must be a list, not 'add'"):
        A.replace(tools="add")


def test_attachments_come_from_the_folder_of_the_process(stage: Any, tmp_path: Path) -> None:
    (tmp_path / "dot.png").write_bytes(b"picture")
    model = ScriptedModel(SLOW)

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, work_dir=tmp_path)
        await process.send("what is it?", attach=("dot.png",))
        await process.send("and now?", attach="dot.png")  # type: ignore[arg-type]

    stage(scene, model=model)
    for request in model.requests:
        (picture,) = request.messages[-1].attachments
        assert (picture.name, picture.data) == ("dot.png", b"picture")


# Shutdown


async def stubborn(process: Process) -> None:
    while True:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            continue


def test_a_shutdown_that_is_cancelled_kills_what_is_left() -> None:
    async def main() -> None:
        o = Orchestrator(options=RunOptions(provider=lambda _: ScriptedModel(SLOW)))
        body, agent = o.spawn(stubborn), o.spawn(A)
        waiting = agent.send_async("slow")
        await asyncio.sleep(1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(o.shutdown(timeout=100), 1)
        await asyncio.sleep(2)
        assert (body.status, agent.status) == ("failed", "completed")
        assert isinstance(waiting.exception(), ProcessEnded)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await o.shutdown()

    run_virtual(main())


def test_a_model_that_cannot_be_closed_keeps_no_other_from_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    closed: list[str] = []

    class Sticky(ScriptedModel):
        async def close(self) -> None:
            closed.append("tried")
            raise OSError("it sticks")

    async def main() -> None:
        options = RunOptions(provider=lambda _: Sticky(SLOW))
        async with Orchestrator(options=options) as o:
            await o.spawn(A).send("hello")
            await o.spawn(Agent("B", model="another")).send("hello")

    run_virtual(main())
    assert closed == ["tried", "tried"]
    assert "the model another was not closed" in caplog.text


def test_a_function_that_ignores_its_end_leaves_no_noise(
    stage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(stubborn)
        await asyncio.sleep(1)
        process.kill()
        await process.wait()

    stage(scene)
    gc.collect()
    assert "never retrieved" not in caplog.text
