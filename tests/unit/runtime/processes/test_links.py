"""Exit signals, links and monitors, by the rules of Erlang."""

import asyncio
import itertools
from typing import Any

import pytest

from vega_runtime import (
    KILL,
    KILLED,
    NOPROC,
    NORMAL,
    SHUTDOWN,
    Down,
    Exit,
    ExitSignal,
    Orchestrator,
    Process,
    ProcessEnded,
    ProcessExit,
)

CRASH = Exit("error", "crash")


async def forever(_: Process) -> None:
    await asyncio.Event().wait()


async def settle() -> None:
    """Let everything happen that can happen now."""
    for _ in range(20):
        await asyncio.sleep(0)


def several(o: Orchestrator, count: int) -> list[Process]:
    return [o.spawn(forever) for _ in range(count)]


# How a process ends


def test_a_function_that_returns_ends_normally(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        async def work(_: Process) -> int:
            return 7

        process = o.spawn(work)
        assert await process.wait() == NORMAL
        assert (process.status, process.result) == ("completed", 7)

    stage(scene)


def test_a_function_that_raises_ends_with_its_error(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        async def work(_: Process) -> None:
            raise ValueError("wrong")

        process = o.spawn(work)
        reason = await process.wait()
        assert (reason.kind, reason.detail) == ("error", "wrong")
        assert isinstance(reason.error, ValueError)
        assert process.status == "failed"

    stage(scene)


def test_a_function_may_choose_its_reason(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        async def work(_: Process) -> None:
            raise ProcessExit(SHUTDOWN)

        process = o.spawn(work)
        assert await process.wait() == SHUTDOWN
        assert process.status == "completed"

    stage(scene)


# Links


def test_a_crash_takes_linked_processes_along_with_its_reason(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, b, c, other = several(o, 4)
        a.link(b)
        b.link(c)
        a.end(CRASH)
        await settle()
        assert [one.exit for one in (a, b, c)] == [CRASH] * 3
        assert other.alive

    stage(scene)


def test_links_have_no_direction(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, b = several(o, 2)
        a.link(b)
        b.end(CRASH)
        await settle()
        assert a.exit == CRASH

    stage(scene)


def test_linking_twice_is_linking_once(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, b = several(o, 2)
        a.link(b)
        b.link(a)
        a.link(b)
        assert a.linked() == (b,)
        a.unlink(b)
        assert a.linked() == b.linked() == ()

    stage(scene)


def test_a_process_cannot_link_itself(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        (a,) = several(o, 1)
        a.link(a)
        assert a.linked() == ()

    stage(scene)


def test_a_normal_end_does_not_take_linked_processes_along(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, b = several(o, 2)
        a.link(b)
        a.complete()
        await settle()
        assert a.exit == NORMAL
        assert b.alive
        assert b.linked() == ()

    stage(scene)


def test_unlinked_processes_are_not_taken_along(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, b = several(o, 2)
        a.link(b)
        b.unlink(a)
        a.end(CRASH)
        await settle()
        assert b.alive

    stage(scene)


def test_linking_a_process_that_is_gone_answers_noproc(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, b, gone = several(o, 3)
        gone.kill()
        await gone.wait()
        a.trap_exits = True
        a.link(gone)
        assert a.signals.get_nowait() == ExitSignal(gone, NOPROC)
        b.link(gone)
        assert await b.wait() == NOPROC

    stage(scene)


def test_a_long_chain_of_links_ends_as_one(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        chain = several(o, 3000)
        for one, other in itertools.pairwise(chain):
            one.link(other)
        chain[0].end(CRASH)
        assert await chain[-1].wait() == CRASH

    stage(scene)


# Trapping


def test_trapped_signals_come_as_messages_in_order(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        trapper, a, b, c = several(o, 4)
        trapper.trap_exits = True
        for one in (a, b, c):
            trapper.link(one)
        a.end(CRASH)
        await settle()
        b.complete()
        await settle()
        c.kill()
        got = [await trapper.signals.get() for _ in range(3)]
        assert got == [ExitSignal(a, CRASH), ExitSignal(b, NORMAL), ExitSignal(c, KILLED)]
        assert trapper.alive

    stage(scene)


def test_trapping_can_be_switched_off_again(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        (a,) = several(o, 1)
        a.trap_exits = True
        a.signal(CRASH)
        assert a.alive
        a.trap_exits = False
        a.signal(CRASH)
        assert await a.wait() == CRASH

    stage(scene)


def test_normal_from_another_is_ignored_unless_trapped(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, b = several(o, 2)
        a.signal(NORMAL, b)
        await settle()
        assert a.alive
        a.trap_exits = True
        a.signal(NORMAL, b)
        assert a.signals.get_nowait() == ExitSignal(b, NORMAL)

    stage(scene)


def test_normal_from_itself_ends_it(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        (a,) = several(o, 1)
        a.signal(NORMAL, a)
        assert await a.wait() == NORMAL

    stage(scene)


def test_kill_cannot_be_trapped_and_reads_killed(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, linked, trapper = several(o, 3)
        a.trap_exits = trapper.trap_exits = True
        a.link(linked)
        a.link(trapper)
        a.signal(KILL)
        assert await a.wait() == KILLED
        assert await linked.wait() == KILLED
        assert trapper.signals.get_nowait() == ExitSignal(a, KILLED)

    stage(scene)


def test_kill_as_an_own_reason_can_be_trapped_by_others(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        async def work(_: Process) -> None:
            raise ProcessExit(KILL)

        (trapper,) = several(o, 1)
        trapper.trap_exits = True
        process = o.spawn(work)
        process.link(trapper)
        assert await process.wait() == KILL
        assert trapper.signals.get_nowait() == ExitSignal(process, KILL)
        assert trapper.alive

    stage(scene)


def test_signals_to_a_process_that_is_gone_do_nothing(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        (a,) = several(o, 1)
        a.complete("done")
        await a.wait()
        for reason in (NORMAL, SHUTDOWN, CRASH, KILL):
            a.signal(reason)
        assert (a.exit, a.result) == (NORMAL, "done")

    stage(scene)


def test_a_body_may_clean_up_and_is_over_only_then(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        async def work(_: Process) -> None:
            try:
                await forever(_)
            finally:
                await asyncio.sleep(3)

        process = o.spawn(work)
        await settle()
        process.signal(SHUTDOWN)
        began = asyncio.get_running_loop().time()
        assert await process.wait() == SHUTDOWN
        assert asyncio.get_running_loop().time() - began == pytest.approx(3)

    stage(scene)


def test_a_body_that_ignores_its_end_is_killed(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        async def stubborn(_: Process) -> None:
            while True:
                try:
                    await asyncio.sleep(1)
                except asyncio.CancelledError:
                    continue

        process = o.spawn(stubborn)
        await settle()
        process.signal(SHUTDOWN)
        await asyncio.sleep(100)
        assert process.alive
        process.kill()
        assert await process.wait() == KILLED
        await settle()

    stage(scene)


# Monitors


def test_a_monitor_tells_once(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        watcher, a = several(o, 2)
        monitor = watcher.monitor(a)
        a.end(CRASH)
        await settle()
        assert watcher.signals.get_nowait() == Down(monitor, a, CRASH)
        a.kill()
        await settle()
        assert watcher.signals.empty()
        assert watcher.alive

    stage(scene)


def test_a_monitor_has_a_direction(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        watcher, a = several(o, 2)
        watcher.monitor(a)
        watcher.end(CRASH)
        await watcher.wait()
        await settle()
        assert a.alive
        assert a.signals.empty()

    stage(scene)


def test_a_monitor_tells_of_a_normal_end_too(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        watcher, a = several(o, 2)
        monitor = watcher.monitor(a)
        a.complete()
        await a.wait()
        assert watcher.signals.get_nowait() == Down(monitor, a, NORMAL)

    stage(scene)


def test_each_monitor_counts_for_itself(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        watcher, a = several(o, 2)
        first, second, third = (watcher.monitor(a) for _ in range(3))
        watcher.demonitor(second)
        a.kill()
        await a.wait()
        told = [watcher.signals.get_nowait() for _ in range(watcher.signals.qsize())]
        assert told == [Down(first, a, KILLED), Down(third, a, KILLED)]

    stage(scene)


def test_a_monitor_of_a_process_that_is_gone_tells_noproc(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        watcher, gone = several(o, 2)
        gone.kill()
        await gone.wait()
        monitor = watcher.monitor(gone)
        assert watcher.signals.get_nowait() == Down(monitor, gone, NOPROC)
        assert await o.monitor(gone).wait() == NOPROC

    stage(scene)


def test_demonitor_with_flush_takes_back_what_was_told(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        watcher, a, b = several(o, 3)
        first, second = watcher.monitor(a), watcher.monitor(b)
        a.kill()
        b.kill()
        await settle()
        watcher.demonitor(first, flush=True)
        assert watcher.signals.get_nowait() == Down(second, b, KILLED)
        assert watcher.signals.empty()

    stage(scene)


def test_a_monitor_can_be_awaited_from_anywhere(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a, b = several(o, 2)
        ends, dropped = o.monitor(a), o.monitor(b)
        waiting = asyncio.create_task(dropped.wait())
        await settle()
        o.demonitor(dropped)
        with pytest.raises(RuntimeError, match="not monitored any more"):
            await waiting
        a.end(CRASH)
        assert await ends.wait() == CRASH

    stage(scene)


# Names and messages


def test_a_name_ends_with_its_process(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        a = o.spawn(forever, name="a")
        with pytest.raises(ValueError, match="'a' is taken"):
            o.spawn(forever, name="a")
        a.kill()
        await a.wait()
        assert o.get_by_name("a") is None
        again = o.spawn(forever, name="a")
        assert o.get_by_name("a") is again
        with pytest.raises(ProcessEnded):
            o.register("b", a)

    stage(scene)
