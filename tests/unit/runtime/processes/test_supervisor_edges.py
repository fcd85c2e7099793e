"""Supervisors that are asked at the wrong moment, twice, or too late."""

import asyncio
from typing import Any

import pytest

from vega_runtime import (
    Agent,
    Alert,
    ChildError,
    ChildSpec,
    Orchestrator,
    Process,
    ProcessEnded,
    Supervisor,
    SupervisorFailed,
    SupervisorSpec,
)

A = Agent("A", model="scripted")


async def sleeper(process: Process) -> None:
    await asyncio.sleep(10_000)


async def dies(process: Process) -> None:
    await asyncio.sleep(1)
    raise ValueError("no more")


def test_a_child_cannot_ask_its_supervisor_while_it_is_started(stage: Any) -> None:
    found: list[Supervisor] = []
    refused: list[str] = []

    async def init(process: Process) -> None:
        if found:
            with pytest.raises(RuntimeError, match="cannot wait for itself") as info:
                await found[0].which_children()
            refused.append(str(info.value))

    async def scene(o: Orchestrator) -> None:
        found.append(await o.supervise(ChildSpec("a", dies, init=init)))
        await asyncio.sleep(1.5)
        assert (await found[0].count_children()).active == 1

    stage(scene)
    assert len(refused) == 1


def test_a_child_may_ask_its_supervisor_while_it_runs(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        async def grows(process: Process) -> int:
            assert process.supervisor is not None
            await process.supervisor.start_child(ChildSpec("b", sleeper))
            return (await process.supervisor.count_children()).active

        supervisor = await o.supervise(ChildSpec("a", grows, "transient"))
        await supervisor.child("a").wait()
        assert supervisor.child("a").result == 2

    stage(scene)


def test_a_supervisor_may_be_stopped_twice_and_asked_no_more(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(ChildSpec("a", sleeper), ChildSpec("b", A))
        first, second = await asyncio.gather(supervisor.stop(), supervisor.stop())
        assert (first.kind, second.kind) == ("shutdown", "shutdown")
        assert (await supervisor.stop()).kind == "shutdown"
        for request in (
            supervisor.count_children(),
            supervisor.start_child(ChildSpec("c", A)),
            supervisor.terminate_child("a"),
        ):
            with pytest.raises(ProcessEnded):
                await request
        assert o.list() == ()

    stage(scene)


def test_a_supervisor_without_children_lives(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise()
        assert await supervisor.which_children() == ()
        with pytest.raises(ChildError, match=r"no child 'a' \(there are: none\)"):
            await supervisor.terminate_child("a")
        child = await supervisor.start_child(ChildSpec("a", A))
        assert child is not None
        assert await child.send("hello") == "hello"

    stage(scene)


def test_options_that_no_child_can_have_keep_it_from_starting(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        with pytest.raises(SupervisorFailed, match=r"'b' of supervisor did not start.*colour"):
            await o.supervise(ChildSpec("a", A), ChildSpec("b", A, options={"colour": "red"}))
        assert o.list() == ()

    stage(scene)


def test_no_room_for_a_child(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        with pytest.raises(SupervisorFailed, match="2 processes are alive already"):
            await o.supervise(ChildSpec("a", A), ChildSpec("b", A))
        assert o.list() == ()
        supervisor = await o.supervise(ChildSpec("a", A))
        assert (await supervisor.count_children()).active == 1

    stage(scene, max_processes=2)


def test_a_deep_tree_gives_up_to_the_top(stage: Any) -> None:
    alerts: list[str] = []

    async def scene(o: Orchestrator) -> None:
        @o.on_alert
        def tell(alert: Alert) -> None:  # pyright: ignore[reportUnusedFunction]
            alerts.append(alert.message)

        spec = SupervisorSpec((ChildSpec("leaf", dies),), max_restarts=1, window=100)
        for depth in range(3):
            spec = SupervisorSpec((ChildSpec(f"level-{depth}", spec),), max_restarts=1, window=1000)
        top = await o.supervise(*spec.children, max_restarts=1, window=1000)
        reason = await top.process.wait()
        assert isinstance(reason.error, ValueError)
        assert top.process.status == "failed"
        assert o.list() == ()
        assert asyncio.get_running_loop().time() == pytest.approx(16)  # two lives at each level

    stage(scene)
    assert len(alerts) == 1


def test_a_child_is_described_by_a_child_spec(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        with pytest.raises(TypeError, match="a child is described by a ChildSpec"):
            await o.supervise(A)  # type: ignore[arg-type]
        supervisor = await o.supervise()
        with pytest.raises(TypeError, match="a child is described by a ChildSpec"):
            await supervisor.start_child(A)  # type: ignore[arg-type]
        assert await supervisor.which_children() == ()

    stage(scene)
