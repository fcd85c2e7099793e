"""Supervisor trees, by the rules of OTP."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from vega_runtime import (
    IGNORE,
    KILLED,
    NORMAL,
    SHUTDOWN,
    Agent,
    Alert,
    ChildCounts,
    ChildError,
    ChildSpec,
    Exit,
    ExitSignal,
    ModelError,
    Orchestrator,
    Process,
    ProcessEnded,
    ProcessExit,
    Supervisor,
    SupervisorFailed,
    SupervisorSpec,
)

CRASH = Exit("error", "crash")


class Log:
    """What started and stopped, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def worker(self, name: str, stubborn: bool = False) -> Callable[[Process], Any]:
        async def work(process: Process) -> None:
            self.lines.append(f"+{name}")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if stubborn:
                    await asyncio.sleep(1000)
                raise
            finally:
                self.lines.append(f"-{name}")

        return work

    def spec(self, name: str, **options: Any) -> ChildSpec:
        return ChildSpec(name, self.worker(name), **options)

    def take(self) -> list[str]:
        lines, self.lines = self.lines, []
        return lines


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def crash(supervisor: Supervisor, *names: str, reason: Exit = CRASH) -> None:
    for name in names:
        supervisor.child(name).end(reason)
        await settle()


async def states(supervisor: Supervisor) -> dict[str, str]:
    return {child.id: child.state for child in await supervisor.which_children()}


# Starting and stopping


def test_children_start_in_order_and_stop_in_reverse(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(*(log.spec(name) for name in "abc"))
        await settle()
        assert log.take() == ["+a", "+b", "+c"]
        assert await supervisor.stop() == SHUTDOWN
        assert log.take() == ["-c", "-b", "-a"]

    stage(scene)


def test_a_start_that_fails_stops_those_before_it(stage: Any) -> None:
    log = Log()

    async def fails(_: Process) -> None:
        await settle()
        raise ValueError("no disk")

    async def scene(o: Orchestrator) -> None:
        broken = ChildSpec("c", log.worker("c"), init=fails)
        with pytest.raises(SupervisorFailed, match="child 'c' of top did not start: no disk"):
            await o.supervise(log.spec("a"), log.spec("b"), broken, log.spec("d"), name="top")
        assert log.take() == ["+a", "+b", "-b", "-a"]
        assert not o.list()
        (top,) = (one for one in o.list("failed") if one.name == "top")
        assert top.exit is not None
        assert top.exit.kind == "shutdown"

    stage(scene)


def test_a_child_can_be_ignored(stage: Any) -> None:
    log = Log()

    async def not_today(_: Process) -> str:
        return IGNORE

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(
            ChildSpec("a", log.worker("a"), init=not_today),
            ChildSpec("t", log.worker("t"), init=not_today, restart="temporary"),
            log.spec("b"),
        )
        assert await states(supervisor) == {"a": "stopped", "b": "running"}

    stage(scene)


def test_two_children_cannot_have_one_id(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        with pytest.raises(ValueError, match="the id 'a'"):
            await o.supervise(Log().spec("a"), Log().spec("a"))

    stage(scene)


def test_a_child_that_takes_too_long_to_stop_is_killed(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        slow = ChildSpec("slow", log.worker("slow", stubborn=True), shutdown=2.0)
        supervisor = await o.supervise(slow)
        await settle()
        process = supervisor.child("slow")
        began = asyncio.get_running_loop().time()
        await supervisor.stop()
        assert process.exit == KILLED
        assert 2 <= asyncio.get_running_loop().time() - began < 5

    stage(scene)


def test_infinity_waits(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        slow = ChildSpec("slow", log.worker("slow", stubborn=True), shutdown="infinity")
        supervisor = await o.supervise(slow)
        await settle()
        process = supervisor.child("slow")
        began = asyncio.get_running_loop().time()
        await supervisor.stop()
        assert process.exit == SHUTDOWN
        assert asyncio.get_running_loop().time() - began >= 1000

    stage(scene)


def test_brutal_kill_asks_nobody(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(log.spec("a", shutdown="brutal_kill"))
        await settle()
        process = supervisor.child("a")
        process.trap_exits = True
        await supervisor.stop()
        assert process.exit == KILLED

    stage(scene)


def test_a_child_that_traps_exits_is_told_and_may_finish(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        async def careful(process: Process) -> None:
            process.trap_exits = True
            signal = await process.signals.get()
            assert isinstance(signal, ExitSignal)
            await asyncio.sleep(1)
            raise ProcessExit(signal.reason)

        supervisor = await o.supervise(ChildSpec("careful", careful))
        await settle()
        process = supervisor.child("careful")
        await supervisor.stop()
        assert process.exit == SHUTDOWN

    stage(scene)


# When to restart


@pytest.mark.parametrize(
    ("restart", "reason", "restarted"),
    [
        ("permanent", NORMAL, True),
        ("permanent", SHUTDOWN, True),
        ("permanent", CRASH, True),
        ("permanent", KILLED, True),
        ("transient", NORMAL, False),
        ("transient", SHUTDOWN, False),
        ("transient", Exit("shutdown", "for a reason"), False),
        ("transient", CRASH, True),
        ("transient", KILLED, True),
        ("transient", Exit("timeout"), True),
        ("temporary", NORMAL, False),
        ("temporary", CRASH, False),
        ("temporary", KILLED, False),
    ],
)
def test_restart_types(stage: Any, restart: Any, reason: Exit, restarted: bool) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(log.spec("a", restart=restart), log.spec("b"))
        await settle()
        await crash(supervisor, "a", reason=reason)
        found = await states(supervisor)
        assert log.take() == ["+a", "+b", "-a", *(["+a"] if restarted else [])]
        if restart == "temporary":
            assert "a" not in found  # forgotten
        else:
            assert found["a"] == ("running" if restarted else "stopped")

    stage(scene)


def test_a_restarted_child_keeps_its_id_and_begins_afresh(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(ChildSpec("a", Agent("A", model="scripted")))
        process = supervisor.child("a")
        await process.send("remember me")
        before = process.id
        await crash(supervisor, "a")
        assert supervisor.child("a") is process
        assert (process.id, process.restarts, len(process.messages)) == (before, 1, 0)
        assert await process.send("hello") == "hello"

    stage(scene)


def test_an_agent_whose_message_fails_is_restarted(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(ChildSpec("a", Agent("A", model="scripted")))
        process = supervisor.child("a")
        await process.send("one")
        with pytest.raises(ModelError):
            await process.send("bad")
        await settle()
        assert (process.restarts, len(process.messages)) == (1, 0)

    replies = [
        {"match": "bad", "error": "invalid_request"},
        {"reply": "echo", "times": "always"},
    ]
    stage(scene, replies)


# Strategies


def test_one_for_one(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(*(log.spec(name) for name in "abc"))
        await settle()
        log.take()
        await crash(supervisor, "b")
        assert log.take() == ["-b", "+b"]

    stage(scene)


def test_one_for_all(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(*(log.spec(name) for name in "abc"), strategy="one_for_all")
        await settle()
        log.take()
        await crash(supervisor, "b")
        assert log.take() == ["-b", "-c", "-a", "+a", "+b", "+c"]

    stage(scene)


def test_rest_for_one(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(
            *(log.spec(name) for name in "abcd"), strategy="rest_for_one"
        )
        await settle()
        log.take()
        await crash(supervisor, "b")
        assert log.take() == ["-b", "-d", "-c", "+b", "+c", "+d"]

    stage(scene)


@pytest.mark.parametrize("strategy", ["one_for_all", "rest_for_one"])
def test_temporary_siblings_are_stopped_and_not_started_again(stage: Any, strategy: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(
            log.spec("a"), log.spec("t", restart="temporary"), log.spec("c"), strategy=strategy
        )
        await settle()
        log.take()
        await crash(supervisor, "a")
        assert log.take() == ["-a", "-c", "-t", "+a", "+c"]
        assert list(await states(supervisor)) == ["a", "c"]

    stage(scene)


@pytest.mark.parametrize("strategy", ["one_for_all", "rest_for_one"])
def test_transient_siblings_are_started_again(stage: Any, strategy: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(
            log.spec("a"), log.spec("t", restart="transient"), strategy=strategy
        )
        await settle()
        await crash(supervisor, "t", reason=NORMAL)
        assert await states(supervisor) == {"a": "running", "t": "stopped"}
        await crash(supervisor, "a")
        assert await states(supervisor) == {"a": "running", "t": "running"}

    stage(scene)


# Intensity


def test_one_restart_in_five_seconds_is_the_default(stage: Any) -> None:
    assert (SupervisorSpec().max_restarts, SupervisorSpec().window) == (1, 5.0)


def test_too_many_restarts_end_the_supervisor_and_all_children(stage: Any) -> None:
    log = Log()
    alerts: list[Alert] = []

    async def scene(o: Orchestrator) -> None:
        o.on_alert(alerts.append)
        supervisor = await o.supervise(
            *(log.spec(name) for name in "abc"), max_restarts=2, window=10
        )
        await settle()
        log.take()
        await crash(supervisor, "a", "a")
        assert supervisor.process.alive
        log.take()
        await crash(supervisor, "a")
        assert log.take() == ["-a", "-c", "-b"]
        reason = await supervisor.process.wait()
        assert (reason.kind, reason.detail) == ("shutdown", "it had to restart children too often")
        assert supervisor.process.status == "failed"
        with pytest.raises(ProcessEnded):
            await supervisor.which_children()

    stage(scene)
    assert [alert.trouble for alert in alerts] == ["escalation"]


def test_restarts_before_the_window_do_not_count(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(log.spec("a"), max_restarts=1, window=5)
        for _ in range(10):
            await crash(supervisor, "a")
            await asyncio.sleep(5.01)
        assert supervisor.process.alive
        await crash(supervisor, "a")
        await asyncio.sleep(5)  # just inside
        await crash(supervisor, "a")
        assert not supervisor.process.alive

    stage(scene)


def test_no_restarts_allowed(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(Log().spec("a"), max_restarts=0)
        await crash(supervisor, "a")
        assert not supervisor.process.alive

    stage(scene)


def test_restarting_all_counts_once(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(
            *(log.spec(name) for name in "abcde"), strategy="one_for_all", max_restarts=2
        )
        await settle()
        await crash(supervisor, "a", "e")
        assert supervisor.process.alive

    stage(scene)


def test_a_restart_that_fails_is_tried_again_and_counts_again(stage: Any) -> None:
    tries: list[int] = []

    def failing(times: int) -> Callable[[Process], Any]:
        async def init(_: Process) -> None:
            tries.append(1)
            if 1 < len(tries) <= 1 + times:
                raise ValueError("not yet")

        return init

    async def scene(o: Orchestrator, times: int) -> bool:
        tries.clear()
        child = ChildSpec("a", Log().worker("a"), init=failing(times))
        supervisor = await o.supervise(child, Log().spec("b"), max_restarts=3)
        await settle()
        await crash(supervisor, "a")
        if supervisor.process.alive:
            assert await states(supervisor) == {"a": "running", "b": "running"}
        return supervisor.process.alive

    assert stage(lambda o: scene(o, 2))
    assert not stage(lambda o: scene(o, 3))


# Trees


def tree(log: Log, **options: Any) -> ChildSpec:
    inner = SupervisorSpec((log.spec("x"), log.spec("y")), max_restarts=0)
    return ChildSpec("inner", inner, **options)


def test_a_tree_starts_and_stops_depth_first(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(log.spec("a"), tree(log), log.spec("b"))
        await settle()
        assert sorted(log.take()) == ["+a", "+b", "+x", "+y"]
        await supervisor.stop()
        assert log.take() == ["-b", "-y", "-x", "-a"]

    stage(scene)


def test_giving_up_escalates_to_the_supervisor_above(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(log.spec("a"), tree(log))
        inner = supervisor.supervisor("inner")
        await settle()
        log.take()
        await crash(inner, "x")
        assert log.take() == ["-x", "-y", "+x", "+y"]
        assert supervisor.child("inner").restarts == 1
        await crash(inner, "x")  # once more than the one above allows
        assert not supervisor.process.alive

    stage(scene)


def test_a_transient_supervisor_that_gives_up_is_not_restarted(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(log.spec("a"), tree(log, restart="transient"))
        await crash(supervisor.supervisor("inner"), "x")
        assert await states(supervisor) == {"a": "running", "inner": "stopped"}

    stage(scene)


def test_a_killed_supervisor_takes_its_children_along(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(log.spec("a"), tree(log))
        inner = supervisor.supervisor("inner")
        await settle()
        children = [inner.child("x"), inner.child("y")]
        log.take()
        supervisor.child("inner").kill()
        await settle()
        assert [child.exit for child in children] == [KILLED, KILLED]
        assert sorted(log.take()[2:]) == ["+x", "+y"]

    stage(scene)


def test_a_restarted_supervisor_has_the_children_of_its_specification(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(tree(log))
        inner = supervisor.supervisor("inner")
        await inner.start_child(log.spec("dynamic"))
        await crash(inner, "x")
        assert list(await states(inner)) == ["x", "y"]

    stage(scene)


def test_signals_of_strangers_do_not_end_a_supervisor(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(log.spec("a"))
        stranger = o.spawn(log.worker("stranger"))
        stranger.link(supervisor.process)
        stranger.end(CRASH)
        await settle()
        assert await states(supervisor) == {"a": "running"}

    stage(scene)


# Dynamic children


def test_start_child_adds_at_the_end(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(log.spec("a"))
        process = await supervisor.start_child(log.spec("b"))
        assert process is supervisor.child("b")
        with pytest.raises(ChildError) as failure:
            await supervisor.start_child(log.spec("b"))
        assert failure.value.problem == "already_started"
        await supervisor.terminate_child("b")
        with pytest.raises(ChildError) as failure:
            await supervisor.start_child(log.spec("b"))
        assert failure.value.problem == "already_present"
        assert list(await states(supervisor)) == ["a", "b"]

    stage(scene)


def test_a_child_that_does_not_start_is_not_added(stage: Any) -> None:
    async def fails(_: Process) -> None:
        raise ValueError("no")

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(Log().spec("a"))
        with pytest.raises(ValueError, match="no"):
            await supervisor.start_child(ChildSpec("b", Log().worker("b"), init=fails))
        assert list(await states(supervisor)) == ["a"]
        assert supervisor.process.alive

    stage(scene)


def test_terminate_restart_and_delete_child(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(log.spec("a"), log.spec("b"), max_restarts=0)
        await settle()
        log.take()
        await supervisor.terminate_child("a")
        assert log.take() == ["-a"]
        assert await states(supervisor) == {"a": "stopped", "b": "running"}
        await supervisor.restart_child("a")
        await settle()
        assert log.take() == ["+a"]
        for call in (supervisor.restart_child, supervisor.delete_child):
            with pytest.raises(ChildError) as failure:
                await call("a")
            assert failure.value.problem == "running"
        await supervisor.terminate_child("a")
        await supervisor.delete_child("a")
        assert list(await states(supervisor)) == ["b"]
        for call in (
            supervisor.restart_child, supervisor.delete_child, supervisor.terminate_child
        ):  # fmt: skip
            with pytest.raises(ChildError) as failure:
                await call("a")
            assert failure.value.problem == "not_found"

    stage(scene)


def test_a_temporary_child_is_gone_when_it_is_terminated(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(Log().spec("t", restart="temporary"))
        await supervisor.terminate_child("t")
        assert await states(supervisor) == {}

    stage(scene)


def test_which_and_count_children(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(log.spec("a"), tree(log), log.spec("b"))
        await supervisor.terminate_child("a")
        found = await supervisor.which_children()
        assert [(one.id, one.state, one.kind) for one in found] == [
            ("a", "stopped", "worker"),
            ("inner", "running", "supervisor"),
            ("b", "running", "worker"),
        ]
        assert found[0].process is None
        assert found[2].process is supervisor.child("b")
        assert await supervisor.count_children() == ChildCounts(3, 2, 1, 2)

    stage(scene)


# Automatic shutdown


@pytest.mark.parametrize(
    ("auto_shutdown", "ends_after"), [("any_significant", 1), ("all_significant", 2)]
)
def test_auto_shutdown(stage: Any, auto_shutdown: Any, ends_after: int) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(
            log.spec("a", restart="transient", significant=True),
            log.spec("b", restart="temporary", significant=True),
            log.spec("c"),
            auto_shutdown=auto_shutdown,
        )
        await settle()
        for count, name in enumerate("ab", 1):
            assert supervisor.process.alive
            await crash(supervisor, name, reason=NORMAL)
            assert supervisor.process.alive == (count < ends_after)
            if not supervisor.process.alive:
                break
        assert supervisor.process.exit == SHUTDOWN

    stage(scene)


def test_auto_shutdown_heeds_only_ends_of_their_own(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(
            log.spec("a", restart="transient", significant=True), auto_shutdown="any_significant"
        )
        await supervisor.terminate_child("a")
        await supervisor.restart_child("a")
        await crash(supervisor, "a")  # is restarted
        assert await states(supervisor) == {"a": "running"}

    stage(scene)


@pytest.mark.parametrize(
    ("options", "supervisor"),
    [
        ({"significant": True, "restart": "transient"}, {}),
        ({"significant": True}, {"auto_shutdown": "any_significant"}),
    ],
)
def test_significant_children_need_a_reason(
    stage: Any, options: dict[str, Any], supervisor: dict[str, Any]
) -> None:
    async def scene(o: Orchestrator) -> None:
        with pytest.raises(ValueError, match="significant"):
            await o.supervise(Log().spec("a", **options), **supervisor)

    stage(scene)


# What may come in between


def test_a_request_waits_while_children_restart(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        slow = ChildSpec("slow", log.worker("slow", stubborn=True), shutdown=3.0)
        supervisor = await o.supervise(log.spec("a"), slow, strategy="one_for_all")
        await settle()
        await crash(supervisor, "a")
        began = asyncio.get_running_loop().time()
        assert await states(supervisor) == {"a": "running", "slow": "running"}
        assert asyncio.get_running_loop().time() - began >= 3

    stage(scene)


def test_a_supervisor_that_dies_answers_who_waits_for_it(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        slow = ChildSpec("slow", log.worker("slow", stubborn=True), shutdown="infinity")
        supervisor = await o.supervise(slow)
        await settle()
        ending = asyncio.create_task(supervisor.terminate_child("slow"))
        waiting = asyncio.create_task(supervisor.which_children())
        await settle()
        supervisor.process.kill()
        for task in (ending, waiting):
            with pytest.raises(ProcessEnded):
                await task

    stage(scene)


def test_several_ends_at_once_are_dealt_with_one_by_one(stage: Any) -> None:
    log = Log()

    async def scene(o: Orchestrator) -> None:
        supervisor = await o.supervise(*(log.spec(name) for name in "abc"), max_restarts=3)
        await settle()
        for name in "abc":
            supervisor.child(name).end(CRASH)
        await settle()
        assert set((await states(supervisor)).values()) == {"running"}
        assert [supervisor.child(name).restarts for name in "abc"] == [1, 1, 1]

    stage(scene)
