"""Supervisors against a model of OTP's rules that is simple enough to be read."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from vega_runtime import (
    KILLED,
    NORMAL,
    SHUTDOWN,
    ChildError,
    ChildSpec,
    Exit,
    Orchestrator,
    Process,
    Supervisor,
    SupervisorSpec,
)
from vega_runtime.virtual_time import VirtualTimeLoop

REASONS = {
    "normal": NORMAL,
    "shutdown": SHUTDOWN,
    "killed": KILLED,
    "crash": Exit("error", "crash"),
    "timeout": Exit("timeout", "late"),
}
RESTARTS = st.sampled_from(["permanent", "transient", "temporary"])
STRATEGIES = st.sampled_from(["one_for_one", "one_for_all", "rest_for_one"])


@dataclass
class Child:
    id: str
    restart: str
    running: bool = True


@dataclass
class Rules:
    """What OTP's documentation says, on lists."""

    strategy: str
    most: int
    window: float
    children: list[Child] = field(default_factory=list[Child])
    log: list[str] = field(default_factory=list[str])
    restarts: list[float] = field(default_factory=list[float])
    failing: dict[str, int] = field(default_factory=dict[str, int])
    alive: bool = True

    def find(self, name: str) -> Child | None:
        return next((child for child in self.children if child.id == name), None)

    def starts(self, child: Child) -> bool:
        """Start a child, if it starts."""
        if self.failing.get(child.id, 0) > 0:
            self.failing[child.id] -= 1
            return False
        child.running = True
        self.log.append(f"+{child.id}")
        return True

    def stop(self, child: Child) -> None:
        if child.running:
            self.log.append(f"-{child.id}")
        child.running = False
        if child.restart == "temporary" and child in self.children:
            self.children.remove(child)

    def ended(self, child: Child, reason: str, now: float) -> None:
        abnormal = reason not in ("normal", "shutdown")
        again = child.restart == "permanent" or (child.restart == "transient" and abnormal)
        self.log.append(f"-{child.id}")
        child.running = False
        if again:
            self.restart(child, now)
        else:
            self.stop(child)

    def restart(self, child: Child, now: float) -> None:
        self.restarts = [time for time in self.restarts if now - time <= self.window] + [now]
        if len(self.restarts) > self.most:
            for one in reversed(list(self.children)):
                self.stop(one)
            self.alive = False
            return
        position = self.children.index(child)
        together = {
            "one_for_one": [child],
            "rest_for_one": self.children[position:],
            "one_for_all": list(self.children),
        }[self.strategy]
        for one in reversed(together):
            if one is not child:
                self.stop(one)
        for one in together:
            if one in self.children and not self.starts(one):
                self.restart(one, now)
                return


class Supervised(RuleBasedStateMachine):
    """Anything that can happen to the children, in any order."""

    @initialize(
        strategy=STRATEGIES,
        most=st.integers(0, 4),
        window=st.sampled_from([1.0, 5.0]),
        restarts=st.lists(RESTARTS, max_size=4),
    )
    def begin(self, strategy: Any, most: int, window: float, restarts: list[Any]) -> None:
        self.runner = asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(0.05))
        self.log: list[str] = []
        self.failing: dict[str, int] = {}
        self.made = len(restarts)
        self.rules = Rules(strategy, most, window)
        specs: list[ChildSpec] = []
        for number, restart in enumerate(restarts):
            specs.append(self.spec(f"c{number}", restart))
            child = Child(f"c{number}", restart)
            self.rules.children.append(child)
            self.rules.starts(child)

        async def start() -> tuple[Orchestrator, Supervisor]:
            orchestrator = Orchestrator()
            spec = SupervisorSpec(tuple(specs), strategy, most, window)
            return orchestrator, await orchestrator.supervise(
                *spec.children, strategy=strategy, max_restarts=most, window=window
            )

        self.orchestrator, self.supervisor = self.do(start())

    def spec(self, name: str, restart: Any) -> ChildSpec:
        async def init(_: Process) -> None:
            if self.failing.get(name, 0) > 0:
                self.failing[name] -= 1
                for _ in range(5):
                    await asyncio.sleep(0)  # those that were started before it really begin
                raise OSError("it does not start")

        async def work(_: Process) -> None:
            self.log.append(f"+{name}")
            try:
                await asyncio.Event().wait()
            finally:
                self.log.append(f"-{name}")

        return ChildSpec(name, work, restart=restart, init=init)

    def do(self, work: Any) -> Any:
        async def settled() -> Any:
            result = await work
            for _ in range(100):
                await asyncio.sleep(0)
            return result

        return self.runner.run(settled())

    def now(self) -> float:
        return self.runner.get_loop().time()

    def problem(self, work: Any) -> str:
        """The problem that a request meets, "" for none."""

        async def ask() -> str:
            try:
                await work
            except ChildError as error:
                return error.problem
            except OSError:
                return "start"
            return ""

        return self.do(ask())

    def alive(self) -> bool:
        return hasattr(self, "rules") and self.rules.alive

    @precondition(alive)
    @rule(data=st.data(), reason=st.sampled_from(sorted(REASONS)))
    def a_child_ends(self, data: Any, reason: str) -> None:
        running = [child for child in self.rules.children if child.running]
        if not running:
            return
        child = data.draw(st.sampled_from(running))
        self.rules.ended(child, reason, self.now())

        async def end() -> None:
            self.supervisor.child(child.id).end(REASONS[reason])

        self.do(end())

    @precondition(alive)
    @rule(data=st.data(), times=st.integers(1, 3))
    def the_next_starts_fail(self, data: Any, times: int) -> None:
        if self.rules.children:
            name = data.draw(st.sampled_from(self.rules.children)).id
            self.rules.failing[name] = self.failing[name] = times

    @precondition(alive)
    @rule(restart=RESTARTS, fails=st.booleans())
    def start_child(self, restart: Any, fails: bool) -> None:
        name = f"c{self.made}"
        self.made += 1
        if fails:
            self.failing[name] = 1
        found = self.problem(self.supervisor.start_child(self.spec(name, restart)))
        assert found == ("start" if fails else "")
        if not fails:
            child = Child(name, restart)
            self.rules.children.append(child)
            self.rules.starts(child)

    @precondition(alive)
    @rule(number=st.integers(0, 6))
    def terminate_child(self, number: int) -> None:
        child = self.rules.find(f"c{number}")
        found = self.problem(self.supervisor.terminate_child(f"c{number}"))
        assert found == ("" if child else "not_found")
        if child is not None:
            self.rules.stop(child)

    @precondition(alive)
    @rule(number=st.integers(0, 6))
    def restart_child(self, number: int) -> None:
        child = self.rules.find(f"c{number}")
        found = self.problem(self.supervisor.restart_child(f"c{number}"))
        if child is None:
            assert found == "not_found"
        elif child.running:
            assert found == "running"
        else:
            assert found == ("" if self.rules.starts(child) else "start")

    @precondition(alive)
    @rule(number=st.integers(0, 6))
    def delete_child(self, number: int) -> None:
        child = self.rules.find(f"c{number}")
        found = self.problem(self.supervisor.delete_child(f"c{number}"))
        assert found == ("not_found" if child is None else "running" if child.running else "")
        if child is not None and not child.running:
            self.rules.children.remove(child)

    @rule(seconds=st.sampled_from([0.5, 1.0, 1.1, 5.0, 5.1]))
    def time_passes(self, seconds: float) -> None:
        self.do(asyncio.sleep(seconds))

    @invariant()
    def all_is_as_the_rules_say(self) -> None:
        if not hasattr(self, "rules"):
            return
        # Those that end or begin at one moment do so in this order, but for the first to end.
        assert sorted(self.log) == sorted(self.rules.log)
        assert self.supervisor.process.alive == self.rules.alive
        if self.rules.alive:
            found = self.do(self.supervisor.which_children())
            expected = [(child.id, child.running) for child in self.rules.children]
            assert [(child.id, child.process is not None) for child in found] == expected
            assert self.log == self.rules.log
        else:
            assert not self.orchestrator.list()

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.do(self.orchestrator.shutdown())
            assert not self.orchestrator.list()
            running = {name[1:] for name in self.log if name.startswith("+")}
            for name in running:
                assert self.log.count(f"+{name}") == self.log.count(f"-{name}")
            self.runner.close()


TestSupervised = Supervised.TestCase
TestSupervised.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
