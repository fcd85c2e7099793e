"""The orchestrator: spawns processes, knows them all, and sees to it that each of them ends."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from inspect import isawaitable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .actor import Body, Status
from .agent import Agent, Supervision
from .budget import around
from .errors import ConfigError, MaxProcessesReached
from .events import Restarted
from .exits import SHUTDOWN, Exit, Monitor
from .options import RunOptions
from .process import Process, in_background
from .process_group import ProcessGroup
from .program import program
from .settings import Settings
from .shared_session import SharedSession

if TYPE_CHECKING:
    from .budget import Ledger
    from .child_specs import ChildSpec
    from .health import Alert, HealthMonitor, HealthRules
    from .member import Member
    from .supervisor import Supervisor
    from .tools.registry import Tools

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")

KEPT = 1000
"""So many processes that have ended can still be looked up."""


class Orchestrator:
    """Runs processes. `async with` it, or `shutdown` it at the end.

    `settings` are those of a program: the default model, rate limits by model, retries, budget and
    so on; `options` those of a run. At most `max_processes` live at once. `health` starts a
    monitor of all processes. `tools` are those that agents may list by name, with what stands
    around their calls.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        options: RunOptions | None = None,
        *,
        max_processes: int | None = None,
        health: "HealthRules | None" = None,
        tools: "Tools | None" = None,
    ) -> None:
        settings = settings or Settings()
        # The limit of the settings is for the dialogues of a run; here it is for processes.
        own = settings.replace(max_processes=None)
        self.session = SharedSession(
            program("an orchestrator", settings=own), options or RunOptions()
        )
        self.session.registry = tools
        self.max_processes = settings.max_processes if max_processes is None else max_processes
        self.health: HealthMonitor | None = None
        if health is not None:
            from . import health as watching

            self.health = watching.HealthMonitor(self, health)
        self._alive: dict[str, Process] = {}
        self._ended: dict[str, Process] = {}
        self._names: dict[str, Process] = {}
        self._names_of: dict[Process, set[str]] = {}
        self._children: dict[Process, dict[Process, None]] = {}
        self._groups: dict[str, ProcessGroup] = {}
        self._agents: dict[str, Agent] = {}
        self._supervisors: list[Supervisor] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._posted: deque[Callable[[], None]] = deque()
        self._posting = False
        self._callbacks: dict[str, list[Callable[..., object]]] = {}
        self._open = True
        self._entered = False

    async def __aenter__(self) -> "Orchestrator":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.shutdown()

    # Spawning

    def spawn(
        self,
        agent: Agent | Body,
        *,
        body: Body | None = None,
        name: str | None = None,
        task: str = "",
        work_dir: Path | str | None = None,
        parent: Process | None = None,
        reason: str = "",
        timeout: float | None = None,
        budget: float | None = None,
        supervision: Supervision | None = None,
    ) -> Process:
        """Start a process: of an agent, of an async function, or of both (`body`).

        A process with a function lives as long as the function runs, and its result is the
        function's; without one it lives until it is told to end. `name` registers it. After
        `timeout` seconds it ends with the status `timeout`; its calls may cost `budget` US dollars
        together. `supervision` replaces the agent's.

        Raises MaxProcessesReached, ValueError for a name that is taken or a budget below 0,
        TypeError for what is no agent and no function, RuntimeError after `shutdown`, and
        ConfigError for an agent named like another one.
        """
        self._check_room()
        if parent is not None:
            self._check_own(parent)
        if name is not None:
            self._check_name(name)
        made = self.make(
            agent,
            body=body,
            name=name or "",
            task=task,
            work_dir=None if work_dir is None else Path(work_dir),
            parent=parent,
            reason=reason,
            budget=budget,
            supervision=supervision,
        )
        self.admit(made)
        if name is not None:
            self._give_name(name, made)
        if timeout is not None:
            made.limit(timeout)
        made.start()
        self.tell("started", made)
        return made

    def launch(self, process: Process) -> None:
        """Let a process that was made begin to live."""
        self.admit(process)
        process.start()
        self.tell("started", process)

    def make(
        self,
        agent: Agent | Body,
        *,
        body: Body | None = None,
        budget: float | None = None,
        supervision: Supervision | None = None,
        **options: Any,
    ) -> Process:
        """A process that does not live yet."""
        ledger: Ledger | None = None
        member: Agent | None = None
        if budget is not None:
            from .budget import ledger_of

            ledger = ledger_of(budget, "the process")
        if body is not None and not callable(body):
            raise TypeError(f"the body of a process is an async function, not {body!r}")
        if isinstance(agent, Agent):
            member = agent
            known = self._agents.setdefault(agent.name, agent)
            if known is not agent and known != agent:
                raise ConfigError(
                    f"another agent of this orchestrator is called '{agent.name}' too: rename one"
                )
            rules = supervision or agent.supervision or self.session.settings.supervision
        elif callable(agent):
            body, rules = agent, supervision
        else:
            raise TypeError(f"a process is made of an agent or an async function, not {agent!r}")
        return Process(self, member, body, budget=ledger, supervision=rules, **options)

    def _check_room(self) -> None:
        if not self._open:
            raise RuntimeError("the orchestrator was shut down; nothing can be spawned any more")
        most = self.max_processes
        if most is not None and len(self._alive) >= most:
            raise MaxProcessesReached(
                f"{most} processes are alive already, all that `max_processes` allows; end some, "
                "or raise it"
            )

    def admit(self, process: Process) -> None:
        """Count a process among the living. Raises MaxProcessesReached where there is no room."""
        self._check_room()
        self._enter()
        self._ended.pop(process.id, None)
        self._alive[process.id] = process
        if process.parent is not None:
            self._children.setdefault(process.parent, {})[process] = None

    def _enter(self) -> None:
        if self._entered:
            return
        self._entered = True
        loop = asyncio.get_running_loop()
        self.session.started = loop.time()
        self.session.turn = getattr(loop, "turn", None)
        if self.session.log is not None:
            self.session.log.run_id = self.session.run_id
            self.session.log.processes = True
        self.session.open_telemetry()
        if self.health is not None:
            self.health.start()

    async def supervise(
        self,
        *children: "ChildSpec",
        name: str = "",
        **options: Any,
    ) -> "Supervisor":
        """Start a supervisor with its children; see `SupervisorSpec` for the options.

        Raises SupervisorFailed when a child does not start; those before it are stopped then.
        """
        from .child_specs import SupervisorSpec
        from .supervisor import Supervisor

        supervisor = Supervisor(self, SupervisorSpec(children, **options), name)
        self._supervisors = [one for one in self._supervisors if one.process.alive]
        self._supervisors.append(supervisor)
        try:
            await supervisor.start()
        except BaseException:
            self._supervisors.remove(supervisor)
            raise
        return supervisor

    # Looking up

    def get(self, process_id: str) -> Process | None:
        """The process with this id, for a while after its end too."""
        return self._alive.get(process_id) or self._ended.get(process_id)

    def get_by_name(self, name: str) -> Process | None:
        """The living process that is registered under a name."""
        return self._names.get(name)

    def register(self, name: str, process: Process) -> None:
        """Give a process a name. It loses it with its end.

        Raises ValueError for a name that is taken or a process of another orchestrator,
        ProcessEnded for a process that has ended.
        """
        process.check_alive()
        self._check_own(process)
        self._check_name(name)
        self._give_name(name, process)

    def _check_own(self, process: Process) -> None:
        if process.orchestrator is not self:
            raise ValueError(f"{process!r} belongs to another orchestrator")

    def _give_name(self, name: str, process: Process) -> None:
        self._names[name] = process
        self._names_of.setdefault(process, set()).add(name)

    def _check_name(self, name: str) -> None:
        if name in self._names:
            raise ValueError(f"the name '{name}' is taken by {self._names[name]!r}")

    def unregister(self, name: str) -> None:
        """Free a name. Raises LookupError when nobody has it."""
        if name not in self._names:
            raise LookupError(f"no process is called '{name}'")
        process = self._names.pop(name)
        self._names_of[process].discard(name)

    def list(self, status: Status | None = None) -> tuple[Process, ...]:
        """The living processes, or those with a status; the last that ended are known too."""
        if status is None:
            return tuple(self._alive.values())
        everyone = (*self._ended.values(), *self._alive.values())
        return tuple(process for process in everyone if process.status == status)

    def children_of(self, parent: Process) -> tuple[Process, ...]:
        """The processes that one has spawned, as far as they are known, oldest first."""
        return tuple(self._children.get(parent, ()))

    def tree(self) -> str:
        """Who spawned whom, as indented lines: name, id, status and the reason for spawning."""
        known = (*self._ended.values(), *self._alive.values())
        roots = sorted((one for one in known if one.parent is None), key=lambda one: one.began_at)
        lines: list[str] = []
        ahead = [(process, 0) for process in reversed(roots)]
        while ahead:
            process, depth = ahead.pop()
            why = f" - {process.reason}" if process.reason else ""
            lines.append(f"{'  ' * depth}{process.name} {process.id[:8]} {process.status}{why}")
            ahead += [(child, depth + 1) for child in reversed(self.children_of(process))]
        return "\n".join(lines)

    def group(self, name: str) -> ProcessGroup:
        """The group with a name, made when it is first asked for."""
        return self._groups.setdefault(name, ProcessGroup(name))

    def monitor(self, process: Process) -> Monitor:
        """Be told when a process ends: `await monitor.wait()`."""
        return process.watched_by(None)

    def demonitor(self, monitor: Monitor) -> None:
        """Be told no more."""
        monitor.process.forget_monitor(monitor)
        monitor.stop()

    # Ends

    def kill(self, process: Process | str) -> bool:
        """End a process at once; False if there is none of that id that lives."""
        found = self._alive.get(process) if isinstance(process, str) else process
        if found is None or not found.alive:
            return False
        found.kill()
        return True

    async def shutdown(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """End everything: supervisors with their children, then all other processes, then the
        connections of the models. What does not end within `timeout` seconds is killed, and all
        that is left is when who waits for it is cancelled. Calling it again does no harm.

        Raises RuntimeError in a process's own function, which could not wait for its own end.
        """
        me = asyncio.current_task()
        if any(process.body_task is me for process in self._alive.values()):
            raise RuntimeError("a process cannot wait for its own end: shut down from outside")
        self._open = False
        try:
            await self._end_all(timeout)
        except BaseException:
            # Whoever waits was cancelled. Nothing is asked to end any more, all of it is ended.
            for process in list(self._alive.values()):
                process.supervised = None
                process.kill()
            for task in self._tasks - {me}:
                task.cancel()
            raise
        finally:
            await self.session.__aexit__(None, None, None)

    async def _end_all(self, timeout: float) -> None:  # noqa: ASYNC109
        if self.health is not None:
            self.health.stop()
        for supervisor in reversed(self._supervisors):
            await supervisor.stop(timeout)
        self._supervisors.clear()
        left = list(self._alive.values())
        for process in reversed(left):
            process.supervised = None
            process.signal(SHUTDOWN)
        if any(process.alive for process in left):
            ends = asyncio.gather(*(process.wait() for process in left))
            try:
                async with asyncio.timeout(timeout):
                    await ends
            except TimeoutError:
                for process in left:
                    process.kill()
                await asyncio.gather(*(process.wait() for process in left))
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        if tasks:
            # Those that waited for a process get to know of its end before they are cancelled.
            await asyncio.wait(tasks, timeout=0.1)
            for task in tasks:
                task.cancel()
            done, _ = await asyncio.wait(tasks, timeout=timeout)
            for task in done:
                if not task.cancelled():
                    task.exception()  # nobody will ask for it any more

    # Events

    def on_started(self, callback: F) -> F:
        """Call `callback(process)` when a process starts. Usable as a decorator, as all of these;
        an async function becomes a task."""
        return self._on("started", callback)

    def on_completed(self, callback: F) -> F:
        """Call `callback(process)` when a process has completed."""
        return self._on("completed", callback)

    def on_failed(self, callback: F) -> F:
        """Call `callback(process)` when a process has failed, or its time was up, for good."""
        return self._on("failed", callback)

    def on_restarted(self, callback: F) -> F:
        """Call `callback(process)` when a process has started again."""
        return self._on("restarted", callback)

    def on_alert(self, callback: F) -> F:
        """Call `callback(alert)` when the health monitor, or a failure that nobody took, alerts."""
        return self._on("alert", callback)

    def _on(self, event: str, callback: F) -> F:
        self._callbacks.setdefault(event, []).append(callback)
        return callback

    def tell(self, event: str, *values: Any) -> None:
        """Call who wants to know of an event."""
        if event == "restarted" and self.session.observers:
            self.session.emit(Restarted(values[0].name))
        for callback in self._callbacks.get(event, ()):
            self.call_back(callback, *values)

    def call_back(self, callback: Callable[..., object] | None, *values: Any) -> object:
        """Call a user's function; one that fails is logged and does no harm."""
        if callback is None:
            return None
        try:
            result = callback(*values)
        except Exception:
            logging.getLogger("vega").exception("a callback failed")
            return None
        if isawaitable(result):
            self.run_task(_awaited(result), "callback")
        return result

    # For processes

    def member(self, agent: Agent) -> "Member":
        """The agent as it is here: its model, limits and tools. Raises ConfigError."""
        member = self.session.member(agent)
        member.supervisor = None  # the processes have their own
        return member

    def ledgers(self) -> "tuple[Ledger, ...]":
        """The budgets around a message that is sent here and now."""
        return self.session.ledgers + around()

    def run_task(self, work: "Coroutine[Any, Any, T]", name: str) -> "asyncio.Task[T]":
        """Run something that does not outlive the orchestrator."""
        task = asyncio.get_running_loop().create_task(work, name=name, context=in_background())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def post(self, receiver: Process, sender: Process, reason: Exit) -> None:
        """Deliver the end of a linked process, after what is being delivered."""
        self.later(lambda: receiver.signal(reason, sender, link=True))

    def later(self, action: Callable[[], None]) -> None:
        """Do something when what is going on is done, in order: a chain of ends is no recursion."""
        self._posted.append(action)
        if self._posting:
            return
        self._posting = True
        try:
            while self._posted:
                self._posted.popleft()()
        finally:
            self._posting = False

    def ended(self, process: Process) -> None:
        """Note that a process has ended."""
        process.note_end()
        self._alive.pop(process.id, None)
        self._ended[process.id] = process
        while len(self._ended) > KEPT:
            self._forget(self._ended.pop(next(iter(self._ended))))
        for name in self._names_of.pop(process, ()):
            del self._names[name]
        for group in self._groups.values():
            group.leave(process)
        self.tell("completed" if process.status == "completed" else "failed", process)

    def _forget(self, process: Process) -> None:
        for child in self._children.pop(process, ()):
            child.parent = None  # or a chain of ended parents would never be freed
        if process.parent is not None and process.parent in self._children:
            self._children[process.parent].pop(process, None)

    def restarted(self, process: Process) -> None:
        """Note that a process has started again."""
        self.tell("restarted", process)

    def escalated(self, process: Process, reason: Exit) -> None:
        """Note a failure that was passed up and that nobody dealt with."""
        from .health import Alert

        self.alert(
            Alert("escalation", process, f"{process.name} failed and nobody took it: {reason}")
        )

    def alert(self, alert: "Alert") -> None:
        """Tell of something that a person should look at."""
        if self.health is not None:
            self.health.put(alert)
        self.tell("alert", alert)


async def _awaited(work: Awaitable[Any]) -> None:
    try:
        await work
    except Exception:
        logging.getLogger("vega").exception("a callback failed")
