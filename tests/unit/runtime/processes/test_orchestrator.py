"""The orchestrator: names, limits, events, groups, the spawn tree, and an end that is one."""

import asyncio
import gc
import logging
import os
import threading
from typing import Any

import pytest

from vega_runtime import (
    KILLED,
    Agent,
    ConfigError,
    MaxProcessesReached,
    ModelError,
    Orchestrator,
    Process,
    ProcessEnded,
    RateLimit,
    RunOptions,
    Settings,
)
from vega_runtime.models.scripted import ScriptedModel

A = Agent("A", model="scripted")
B = Agent("B", model="scripted")
SLOW = [{"match": "slow", "reply": "late", "delay": 60, "times": "always"},
        {"match": "bad", "error": "invalid_request", "times": "always"},
        {"reply": "echo", "times": "always"}]  # fmt: skip


async def forever(_: Process) -> None:
    await asyncio.Event().wait()


def test_processes_are_found_by_id_name_and_status(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, b = o.spawn(A, name="first"), o.spawn(B, task="count", reason="to help")
        assert (o.get(a.id), o.get("nobody")) == (a, None)
        assert (o.get_by_name("first"), o.get_by_name("B")) == (a, None)
        assert (b.name, b.task, b.reason) == ("B", "count", "to help")
        o.register("second", b)
        assert o.get_by_name("second") is b
        o.unregister("second")
        assert o.get_by_name("second") is None
        with pytest.raises(LookupError, match="no process is called 'second'"):
            o.unregister("second")
        assert o.list() == (a, b)
        b.complete()
        assert o.list() == (a,)
        assert o.list("completed") == (b,)
        assert o.get(b.id) is b

    stage(scene)


def test_agents_of_one_name_must_be_one_agent(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        o.spawn(A)
        o.spawn(Agent("A", model="scripted"))  # the same
        with pytest.raises(ConfigError, match="another agent of this orchestrator is called 'A'"):
            o.spawn(Agent("A", model="other"))

    stage(scene)


def test_only_so_many_processes_live_at_once(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        first, _ = o.spawn(A), o.spawn(A)
        with pytest.raises(MaxProcessesReached, match="2 processes are alive already"):
            o.spawn(A, name="third")
        assert o.get_by_name("third") is None
        first.complete()
        third = o.spawn(A, name="third")
        with pytest.raises(MaxProcessesReached):
            first.revive()
        assert third.alive

    stage(scene, max_processes=2)
    stage(scene, settings=Settings(max_processes=2))


def test_ended_processes_are_forgotten_after_a_while(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        first = o.spawn(A)
        heir = first.spawn_child(A)
        first.complete()
        for _ in range(1000):
            o.spawn(A).complete()
        assert o.get(first.id) is None
        assert len(o.list("completed")) == 1000
        assert (heir.alive, heir.parent, heir.depth) == (True, None, 1)

    stage(scene)


def test_events(stage: Any) -> None:
    seen: list[tuple[str, str]] = []

    async def scene(o: Orchestrator) -> None:
        for event in ("started", "completed", "failed", "restarted"):
            register = getattr(o, f"on_{event}")
            register(lambda process, event=event: seen.append((event, process.name)))
        done, failed = o.spawn(A, name="done"), o.spawn(A, name="failed")
        o.spawn(A, name="late", timeout=1)
        done.complete()
        failed.fail("no luck")
        await asyncio.sleep(2)
        failed.revive()

    stage(scene)
    assert seen == [
        ("started", "done"),
        ("started", "failed"),
        ("started", "late"),
        ("completed", "done"),
        ("failed", "failed"),
        ("failed", "late"),
        ("restarted", "failed"),
        ("completed", "failed"),
    ]


def test_callbacks_may_be_async_and_may_fail(stage: Any, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    async def scene(o: Orchestrator) -> None:
        @o.on_started
        async def later(process: Process) -> None:
            await asyncio.sleep(1)
            seen.append(process.name)

        @o.on_started
        def broken(process: Process) -> None:
            raise ValueError("my mistake")

        process = o.spawn(A)
        await asyncio.sleep(2)
        assert process.alive

    with caplog.at_level(logging.ERROR, "vega"):
        stage(scene)
    assert seen == ["A"]
    assert "a callback failed" in caplog.text


# The spawn tree


def test_the_spawn_tree(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        root = o.spawn(A, name="root")
        child = root.spawn_child(B, name="child", reason="to check")
        grandchild = child.spawn_child(B, name="grandchild")
        other = root.spawn_child(forever, name="other")
        assert root.children == (child, other)
        assert [one.depth for one in (root, child, grandchild)] == [0, 1, 2]
        assert grandchild.parent is child
        child.complete()
        lines = [line.split() for line in o.tree().splitlines()]
        assert [(line[0], line[2:]) for line in lines] == [
            ("root", ["pending"]),
            ("child", ["completed", "-", "to", "check"]),
            ("grandchild", ["pending"]),
            ("other", ["running"]),
        ]
        assert o.tree().splitlines()[2].startswith("    grandchild")
        assert grandchild.alive  # a child goes on without its parent

    stage(scene)


def test_a_linked_child_ends_with_its_parent(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        root = o.spawn(A)
        linked, free = root.spawn_child(B, link=True), root.spawn_child(B)
        root.kill()
        assert (linked.exit, free.alive) == (KILLED, True)
        with pytest.raises(ProcessEnded):
            root.spawn_child(B)

    stage(scene)


# Groups


def test_a_group_is_told_together_and_shares_a_blackboard(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, b, c = o.spawn(A), o.spawn(B), o.spawn(B, name="c")
        group = o.group("reviewers")
        assert o.group("reviewers") is group
        group.join(a, b, a)
        group.join(c)
        group.leave(c)
        group.leave(c)
        assert group.members == (a, b)
        assert await group.broadcast("hello") == {a: "hello", b: "hello"}
        group.blackboard.write("finding", {"line": 3})
        assert o.group("reviewers").blackboard.read("finding") == {"line": 3}
        b.kill()
        assert group.members == (a,)
        with pytest.raises(ProcessEnded):
            group.join(b)

    stage(scene)


def test_a_broadcast_tells_who_failed(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        group = o.group("g")
        group.join(o.spawn(A), o.spawn(B))
        replies = await group.broadcast("bad")
        assert [type(reply) for reply in replies.values()] == [ModelError, ModelError]

    stage(scene, SLOW)


# Limits that processes share


def test_rate_limits_by_model_are_shared_by_all_processes(stage: Any) -> None:
    settings = Settings(rate_limit={"scripted": RateLimit(requests_per_minute=60)})

    async def scene(o: Orchestrator) -> None:
        processes = [o.spawn(agent) for agent in (A, B) for _ in range(35)]
        await asyncio.gather(*(process.send("hello") for process in processes))
        assert asyncio.get_running_loop().time() == pytest.approx(10)

    stage(scene, settings=settings)


# The end


def test_kill_by_id(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(forever)
        assert o.kill(process.id)
        assert await process.wait() == KILLED
        assert not o.kill(process.id)
        assert not o.kill("nobody")

    stage(scene)


def test_shutdown_ends_everything_and_kills_what_does_not_end() -> None:
    ended: list[str] = []

    async def main() -> None:
        o = Orchestrator(options=RunOptions(provider=lambda _: ScriptedModel(SLOW)))
        o.on_completed(lambda process: ended.append(f"{process.name} {process.exit}"))
        o.on_failed(lambda process: ended.append(f"{process.name} {process.exit}"))

        async def deaf(process: Process) -> None:
            process.trap_exits = True
            await forever(process)

        o.spawn(forever, name="obedient")
        o.spawn(deaf, name="deaf")
        agent = o.spawn(A, name="agent")
        sending = asyncio.create_task(agent.send("slow"))
        stream = agent.stream("slow")
        await asyncio.sleep(0)
        await o.shutdown(timeout=0.2)
        with pytest.raises(ProcessEnded):
            await sending
        assert [piece async for piece in stream] == []
        assert asyncio.all_tasks() == {asyncio.current_task()}
        with pytest.raises(RuntimeError, match="was shut down"):
            o.spawn(A)
        await o.shutdown()  # once more does no harm

    asyncio.run(main())
    assert sorted(ended) == ["agent shutdown", "deaf killed", "obedient shutdown"]


def test_shutdown_leaves_no_descriptor_and_no_thread() -> None:
    def left() -> tuple[int, int]:
        gc.collect()
        return len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208

    async def main() -> None:
        async with Orchestrator(options=RunOptions(provider=lambda _: ScriptedModel(SLOW))) as o:
            processes = [o.spawn(A) for _ in range(50)]
            await asyncio.gather(*(process.send("hello") for process in processes))

    asyncio.run(main())
    before = left()
    asyncio.run(main())
    assert left() == before


def test_processes_waiting_to_restart_end_with_the_orchestrator(stage: Any) -> None:
    from vega_runtime import Supervision

    rules = Supervision(backoff={"type": "constant", "initial": 1000, "max": 1000})

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, supervision=rules)
        process.fail("once")
        assert (process.status, process.alive) == ("pending", True)

    stage(scene)


def test_a_process_cannot_shut_down_what_it_is_part_of(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        async def work(_: Process) -> None:
            await o.shutdown()

        process = o.spawn(work)
        reason = await process.wait()
        assert "cannot wait for its own end" in reason.detail
        assert o.spawn(A).alive

    stage(scene)
