"""What `supervision` of an agent does to its process."""

import asyncio
from typing import Any

import pytest

from vega_runtime import (
    Agent,
    Alert,
    BudgetExceeded,
    Exit,
    ModelError,
    Orchestrator,
    Process,
    ProcessEnded,
    Settings,
    Supervision,
)

A = Agent("A", model="scripted")
REPLIES = [{"match": "slow", "reply": "late", "delay": 60, "times": "always"},
           {"match": "bad", "error": "invalid_request", "times": "always"},
           {"reply": "echo", "times": "always"}]  # fmt: skip


class Seen:
    """Callbacks that note what they are told."""

    def __init__(self, handles: bool = False) -> None:
        self.lines: list[str] = []
        self.handles = handles

    def rules(self, strategy: Any, **options: Any) -> Supervision:
        def note(text: str, result: Any = None) -> Any:
            self.lines.append(text)
            return result

        return Supervision(
            strategy,
            on_failure=lambda process, error: note(f"failure {process.name}: {error}"),
            on_restart=lambda process, number: note(f"restart {process.name}: {number}"),
            on_give_up=lambda process, error: note(f"give up {process.name}"),
            on_child_escalation=lambda process, child, error: note(
                f"escalation {process.name} of {child.name}", self.handles
            ),
            **options,
        )


async def fail(process: Process) -> None:
    with pytest.raises((ModelError, ProcessEnded)):
        await process.send("bad")


def test_restart_keeps_id_and_agent_and_starts_afresh(stage: Any) -> None:
    seen = Seen()

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, supervision=seen.rules("restart"))
        identity = process.id
        await process.send("one")
        await fail(process)
        assert await process.send("two") == "two"
        assert (process.id, process.agent, process.restarts) == (identity, A, 1)
        assert [message.text for message in process.messages] == ["two", "two"]
        assert process.metrics.messages == 3

    stage(scene, REPLIES)
    assert seen.lines == ["failure A: the request was refused", "restart A: 1"]


def test_restart_from_a_checkpoint(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, supervision=Supervision())
        await process.send("one")
        process.save_checkpoint()
        await process.send("two")
        await fail(process)
        await process.send("three")
        said = [message.text for message in process.messages if message.role == "user"]
        assert said == ["one", "three"]

    stage(scene, REPLIES)


def test_too_many_restarts_end_it(stage: Any) -> None:
    seen = Seen()

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, supervision=seen.rules("restart", max_restarts=2, window=10))
        for _ in range(2):
            await fail(process)
        await asyncio.sleep(10.1)
        for _ in range(3):
            assert process.alive
            await fail(process)
        assert process.status == "failed"

    stage(scene, REPLIES)
    assert seen.lines.count("give up A") == 1
    assert len([line for line in seen.lines if line.startswith("restart")]) == 4


def test_no_limit(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, supervision=Supervision(max_restarts=-1))
        for _ in range(200):
            await fail(process)
        assert process.restarts == 200

    stage(scene, REPLIES)


def test_messages_wait_for_the_backoff(stage: Any) -> None:
    backoff = {"type": "exponential", "initial": 1, "max": 3, "multiplier": 2}

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, supervision=Supervision(max_restarts=9, backoff=backoff))
        times: list[float] = []
        for _ in range(4):
            await fail(process)
            assert process.status == "pending"
            assert await process.send("hello") == "hello"
            times.append(asyncio.get_running_loop().time())
        assert times == pytest.approx([1, 3, 6, 9])

    stage(scene, REPLIES)


def test_stop(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, supervision=Supervision("stop"))
        await fail(process)
        assert process.status == "failed"
        with pytest.raises(ProcessEnded, match="the request was refused"):
            await process.send("hello")

    stage(scene, REPLIES)


def test_what_is_no_failure_of_the_agent_does_not_end_it(stage: Any) -> None:
    agent = A.replace(model="claude-opus-5-5")

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(agent, supervision=Supervision("stop"))
        with pytest.raises(BudgetExceeded):
            await process.send("hello", budget=0.0001)
        sending = asyncio.create_task(process.send("slow"))
        await asyncio.sleep(1)
        sending.cancel()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await process.send("slow")
        assert process.alive

    stage(scene, REPLIES)


def test_a_deadline_of_the_message_is_a_failure(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, supervision=Supervision("stop"))
        with pytest.raises(Exception, match="not finished after 1s"):
            await process.send("slow", timeout=1)
        assert process.status == "timeout"

    stage(scene, REPLIES)


def test_without_supervision_a_process_outlives_its_failures(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        await fail(process)
        assert (process.alive, process.restarts) == (True, 0)

    stage(scene, REPLIES)


def test_the_settings_supervise_all(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        await fail(process)
        assert process.status == "failed"

    stage(scene, REPLIES, settings=Settings(supervision=Supervision("stop")))


def test_a_function_is_restarted_too(stage: Any) -> None:
    runs: list[int] = []

    async def flaky(_: Process) -> str:
        runs.append(len(runs))
        if len(runs) < 3:
            raise OSError("not yet")
        return "done"

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(flaky, supervision=Supervision(max_restarts=5))
        await process.wait()
        assert (process.status, process.result, process.restarts) == ("completed", "done", 2)

    stage(scene)


def test_restart_all_restarts_the_siblings(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        parent = o.spawn(A)
        rules = Supervision("restart_all")
        children = [parent.spawn_child(A, supervision=rules) for _ in range(3)]
        stranger = o.spawn(A)
        for process in (*children, stranger, parent):
            await process.send("hello")
        await fail(children[1])
        await asyncio.sleep(0)
        assert [child.restarts for child in children] == [1, 1, 1]
        assert [len(child.messages) for child in children] == [0, 0, 0]
        assert [len(one.messages) for one in (parent, stranger)] == [2, 2]
        assert children[0].alive

    stage(scene, REPLIES)


def test_links_and_monitors_hear_of_a_failure_though_it_is_restarted(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, supervision=Supervision())
        monitor = o.monitor(process)
        linked = o.spawn(A)
        process.link(linked)
        await fail(process)
        assert (await monitor.wait()).kind == "error"
        assert linked.status == "failed"
        assert process.alive

    stage(scene, REPLIES)


# Escalation


def test_escalation_climbs_until_someone_handles_it(stage: Any) -> None:
    seen = Seen()

    async def scene(o: Orchestrator) -> None:
        top = o.spawn(A, name="top", supervision=seen.rules("restart"))
        middle = top.spawn_child(A, name="middle", supervision=Supervision("escalate"))
        plain = middle.spawn_child(A, name="plain")
        bottom = plain.spawn_child(A, name="bottom", supervision=Supervision("escalate"))
        await fail(bottom)
        assert [one.status for one in (bottom, plain, middle)] == ["failed"] * 3
        await asyncio.sleep(0)
        assert (top.alive, top.restarts) == (True, 1)

    stage(scene, REPLIES)
    assert seen.lines[0] == "escalation top of middle"
    assert seen.lines[-1] == "restart top: 1"


def test_a_callback_may_deal_with_an_escalation(stage: Any) -> None:
    seen = Seen(handles=True)

    async def scene(o: Orchestrator) -> None:
        top = o.spawn(A, name="top", supervision=seen.rules("stop"))
        child = top.spawn_child(A, name="child", supervision=Supervision("escalate"))
        await fail(child)
        assert (child.status, top.alive) == ("failed", True)

    stage(scene, REPLIES)
    assert seen.lines == ["escalation top of child"]


def test_an_escalation_that_nobody_takes_is_an_alert(stage: Any) -> None:
    alerts: list[Alert] = []

    async def scene(o: Orchestrator) -> None:
        o.on_alert(alerts.append)
        await fail(o.spawn(A, supervision=Supervision("escalate")))

    stage(scene, REPLIES)
    assert [(alert.trouble, alert.process.name) for alert in alerts] == [("escalation", "A")]
    assert "nobody took it" in alerts[0].message


def test_killing_and_stopping_are_no_failures(stage: Any) -> None:
    seen = Seen()

    async def scene(o: Orchestrator) -> None:
        one, two, three = (o.spawn(A, supervision=seen.rules("restart")) for _ in range(3))
        one.kill()
        await two.stop()
        three.complete()
        assert [process.status for process in (one, two, three)] == [
            "failed", "completed", "completed",
        ]  # fmt: skip

    stage(scene, REPLIES)
    assert seen.lines == []


def test_a_reason_that_comes_over_a_link_is_a_failure(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process, other = o.spawn(A, supervision=Supervision()), o.spawn(A)
        process.link(other)
        other.end(Exit("error", "crash"))
        assert (process.alive, process.restarts) == (True, 1)

    stage(scene, REPLIES)


def test_a_failure_that_comes_back_during_a_restart_can_be_one_too_many(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        parent = o.spawn(A, supervision=Supervision(max_restarts=1))
        parent.spawn_child(A, supervision=Supervision("escalate"), link=True)
        parent.fail("crash")  # the child dies of it, and passes its failure up
        assert parent.status == "failed"
        await asyncio.sleep(10)
        assert (parent.status, parent.restarts) == ("failed", 1)
        assert parent not in o.list()

    stage(scene)
