"""Links, monitors and exit signals against a model of Erlang's rules."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from vega_runtime import (
    KILL,
    NORMAL,
    SHUTDOWN,
    Agent,
    Down,
    Exit,
    ExitSignal,
    Monitor,
    Orchestrator,
    Process,
)
from vega_runtime.virtual_time import VirtualTimeLoop

REASONS = {
    "normal": NORMAL,
    "shutdown": SHUTDOWN,
    "kill": KILL,
    "error": Exit("error", "crash"),
}


@dataclass(eq=False)
class Model:
    """A process as the rules see it."""

    real: Process
    reason: str = ""
    trapping: bool = False
    links: list["Model"] = field(default_factory=list["Model"])
    watchers: list[tuple[Monitor, "Model"]] = field(default_factory=list[tuple[Monitor, "Model"]])
    box: Counter[tuple[str, int, str]] = field(default_factory=Counter[tuple[str, int, str]])

    def signal(self, sender: "Model | None", reason: str, link: bool = False) -> None:
        if self.reason:
            return
        if reason == "kill" and not link:
            self.die("killed")
        elif self.trapping:
            self.box["exit", id(sender.real) if sender else 0, reason] += 1
        elif reason != "normal" or (sender is self and not link):
            self.die(reason)

    def die(self, reason: str) -> None:
        self.reason = reason
        links, self.links = self.links, []
        watchers, self.watchers = self.watchers, []
        for monitor, watcher in watchers:
            if not watcher.reason or watcher is self:
                watcher.box["down", id(monitor), reason] += 1
        for other in links:
            other.links.remove(self)
        for other in links:
            other.signal(self, reason, link=True)


class Processes(RuleBasedStateMachine):
    """Some processes, with and without a function, that do to each other what can be done."""

    processes = Bundle("processes")
    monitors = Bundle("monitors")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(0.05))
        self.all: list[Model] = []
        self.orchestrator = self.do(Orchestrator)

    def do(self, work: Any) -> Any:
        async def settled() -> Any:
            result = work()
            for _ in range(10):
                await asyncio.sleep(0)
            return result

        return self.runner.run(settled())

    @rule(target=processes, trapping=st.booleans(), passive=st.booleans())
    def spawn(self, trapping: bool, passive: bool) -> Model:
        async def forever(_: Process) -> None:
            await asyncio.Event().wait()

        def begin() -> Process:
            if not passive:
                return self.orchestrator.spawn(forever)
            return self.orchestrator.spawn(Agent("A", model="scripted"))

        model = Model(self.do(begin), trapping=trapping)
        model.real.trap_exits = trapping
        self.all.append(model)
        return model

    @rule(one=processes, other=processes)
    def link(self, one: Model, other: Model) -> None:
        self.do(lambda: one.real.link(other.real))
        if one is other or one.reason:
            return
        if other.reason:
            one.signal(other, "noproc", link=True)
        elif other not in one.links:
            one.links.append(other)
            other.links.append(one)

    @rule(one=processes, other=processes)
    def unlink(self, one: Model, other: Model) -> None:
        self.do(lambda: one.real.unlink(other.real))
        if other in one.links:
            one.links.remove(other)
            other.links.remove(one)

    @rule(target=monitors, one=processes, other=processes)
    def monitor(self, one: Model, other: Model) -> tuple[Monitor, Model, Model]:
        monitor = self.do(lambda: one.real.monitor(other.real))
        if one.reason:
            pass  # it is told nothing any more
        elif other.reason:
            one.box["down", id(monitor), "noproc"] += 1
        else:
            other.watchers.append((monitor, one))
        return monitor, one, other

    @rule(which=monitors, flush=st.booleans())
    def demonitor(self, which: tuple[Monitor, Model, Model], flush: bool) -> None:
        monitor, one, other = which
        self.do(lambda: one.real.demonitor(monitor, flush=flush))
        other.watchers = [(found, who) for found, who in other.watchers if found is not monitor]
        if flush:
            for key in [key for key in one.box if key[:2] == ("down", id(monitor))]:
                del one.box[key]

    @rule(one=processes, trapping=st.booleans())
    def trap(self, one: Model, trapping: bool) -> None:
        one.trapping = one.real.trap_exits = trapping

    @rule(one=processes, sender=st.none() | processes, reason=st.sampled_from(sorted(REASONS)))
    def signal(self, one: Model, sender: Model | None, reason: str) -> None:
        real = None if sender is None else sender.real
        self.do(lambda: one.real.signal(REASONS[reason], real))
        one.signal(sender, reason)

    @rule(one=processes)
    def complete(self, one: Model) -> None:
        self.do(lambda: one.real.complete())
        if not one.reason:
            one.die("normal")

    @invariant()
    def all_are_as_the_rules_say(self) -> None:
        for one in self.all:
            real = one.real
            assert ("" if real.exit is None else real.exit.kind) == one.reason
            assert set(real.linked()) == {other.real for other in one.links}
            found: Counter[tuple[str, int, str]] = Counter()
            waiting = [real.signals.get_nowait() for _ in range(real.signals.qsize())]
            for message in waiting:
                real.signals.put_nowait(message)
                if isinstance(message, ExitSignal):
                    found["exit", id(message.sender) if message.sender else 0,
                          message.reason.kind] += 1  # fmt: skip
                else:
                    assert isinstance(message, Down)
                    found["down", id(message.monitor), message.reason.kind] += 1
            assert found == +one.box

    def teardown(self) -> None:
        self.runner.run(self.orchestrator.shutdown())
        assert all(one.real.exit is not None for one in self.all)
        self.runner.close()


TestProcesses = Processes.TestCase
TestProcesses.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
