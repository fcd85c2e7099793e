"""Processes: running agents, with a conversation, a life and a place among others."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .actor import Actor, Body, Interruptible
from .agent import Agent, Retry, Supervision
from .conversation import EMPTY, Conversation
from .dialogue import Dialogue
from .errors import ConfigError, VegaError
from .exits import KILL, NORMAL, SHUTDOWN, Exit, exit_of
from .meter import Meter, ProcessMetrics
from .step import Step, observed, perform

if TYPE_CHECKING:
    from .budget import Ledger
    from .forms import Form
    from .member import Member
    from .models.base import Message
    from .orchestrator import Orchestrator
    from .run import Run
    from .streams import EventStream, TextStream
    from .supervise import Supervised
    from .supervisor import Supervisor
    from .tools.sandbox import Sandbox

T = TypeVar("T")

_answering: ContextVar["tuple[Process, ...]"] = ContextVar("vega_answering", default=())
"""The processes that wait for what is going on here before they can answer anything else."""


def _check_option(name: str, value: Any) -> None:
    """Raise TypeError for an option of a message that is of another kind."""
    if value is None:
        return
    match name:
        case "tools":
            good, wanted = not isinstance(value, str), "a list"
        case "timeout" | "total_timeout" | "budget":
            good = isinstance(value, int | float) and not isinstance(value, bool)
            wanted = "a number"
        case "retry":
            good, wanted = isinstance(value, Retry), "a Retry(...)"
        case "form":
            good, wanted = hasattr(value, "parse"), "one of vega_runtime.forms"
        case _:
            return
    if not good:
        raise TypeError(f"the option {name} of a message is {wanted}, not {value!r}")


def in_background() -> Context:
    """A context for tasks that nobody waits for: they may wait for whom they like."""
    context = copy_context()
    if _answering.get():
        context.run(_answering.set, ())
    return context


class Process(Actor):
    """A running agent, or a function that is supervised like one. Made by `Orchestrator.spawn`.

    Its messages form one conversation and are answered one at a time, in the order they come. A
    message that fails leaves the conversation as it was and raises to who sent it; the process
    lives on, unless it is supervised. Its end is final, told to the linked and those that monitor
    it, and never leaves anything of it running. `task`, `work_dir` and `reason` (why it was
    spawned) are for people and tools; tools of a process with a `work_dir` see that folder.
    """

    __slots__ = (
        "_ended",
        "_member",
        "_run",
        "_sandbox",
        "_sent",
        "_started",
        "agent",
        "began_at",
        "budget",
        "checkpoint",
        "depth",
        "dialogue",
        "meter",
        "name",
        "parent",
        "reason",
        "supervised",
        "supervisor",
        "task",
        "work_dir",
    )

    def __init__(
        self,
        orchestrator: "Orchestrator",
        agent: Agent | None,
        body: Body | None,
        *,
        name: str = "",
        task: str = "",
        work_dir: Path | None = None,
        parent: "Process | None" = None,
        reason: str = "",
        budget: "Ledger | None" = None,
        supervision: Supervision | None = None,
    ) -> None:
        super().__init__(orchestrator, body)
        self.agent = agent
        self.name = name or (agent.name if agent is not None else getattr(body, "__name__", ""))
        self.task = task
        self.work_dir = work_dir
        self.parent = parent
        self.reason = reason
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.budget = budget
        self.meter = Meter()
        self.dialogue = Dialogue(EMPTY)
        self.checkpoint: Conversation = EMPTY
        """The conversation that a restart begins with; see `save_checkpoint`."""
        self.supervised: Supervised | None = None
        if supervision is not None:
            from . import supervise

            self.supervised = supervise.Supervised(supervision)
        self.supervisor: Supervisor | None = None
        """The supervisor that it is a child of."""
        self._started = time.time()
        self._ended = 0.0
        self.began_at: float = asyncio.get_running_loop().time()
        """`started_at` on the clock of the event loop, in seconds."""
        self._member: Member | None = None
        self._sent = 0
        self._run: Run | None = None
        self._sandbox: Sandbox | None = None

    def __repr__(self) -> str:
        return f"<Process {self.name} {self.id[:8]} {self.status}>"

    def _name(self) -> str:
        return self.name or self.id

    # What it is

    @property
    def started_at(self) -> datetime:
        """When it was spawned."""
        return datetime.fromtimestamp(self._started).astimezone()

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; None while it lives."""
        return None if self.exit is None else datetime.fromtimestamp(self._ended).astimezone()

    def note_end(self) -> None:
        """Note when it ended."""
        self._ended = time.time()

    @property
    def metrics(self) -> ProcessMetrics:
        """What it has used so far, up to date while it works."""
        return self.meter.metrics

    @property
    def messages(self) -> "Sequence[Message]":
        """Its conversation; it grows by whole turns."""
        return list(self.dialogue.conversation)

    @property
    def children(self) -> "tuple[Process, ...]":
        """The processes it has spawned that the orchestrator still knows, in order."""
        return self.orchestrator.children_of(self)

    def siblings(self) -> "list[Process]":
        """The other living processes with the same parent."""
        parent = self.parent
        among = self.orchestrator.list() if parent is None else parent.children
        return [one for one in among if one.alive and one.parent is parent and one is not self]

    # Messages

    @overload
    async def send(
        self,
        text: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109
        total_timeout: float | None = None,
        retry: Retry | None = None,
        budget: float | None = None,
        form: None = None,
        tools: tuple[Any, ...] | None = None,
        attach: tuple[str, ...] = (),
    ) -> str: ...

    @overload
    async def send(
        self,
        text: str,
        *,
        form: "Form[T]",
        timeout: float | None = None,  # noqa: ASYNC109
        total_timeout: float | None = None,
        retry: Retry | None = None,
        budget: float | None = None,
        tools: tuple[Any, ...] | None = None,
        attach: tuple[str, ...] = (),
    ) -> T: ...

    def send(self, text: str, **options: Any) -> Coroutine[Any, Any, Any]:
        """Send a message and return the reply.

        `timeout` limits each attempt and `total_timeout` all of them, in seconds; `budget` is the
        most all attempts may cost, in US dollars. `form` says what the reply is parsed as. `tools`
        replaces the agent's tools for this message; `attach` names images and PDFs.

        Raises ModelError, BudgetExceeded, TimeoutExceeded, FormatError, RateLimited, CircuitOpen,
        MaxIterationsExceeded; the conversation is then as if the message had not been sent. Raises
        ProcessEnded when the process has ended, or ends meanwhile, and RuntimeError where a tool
        of the process waits for the process itself. Cancelling the caller cancels the call.
        """
        return self.say(text, options)

    async def say(
        self,
        text: str,
        options: dict[str, Any],
        listener: "Callable[[Any], None] | None" = None,
        dialogue: Dialogue | None = None,
    ) -> Any:
        """`send`, whose events are told to `listener`, in the process's conversation or another."""
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"a message is a text, not {text!r}")
        self.check_alive()
        answering = _answering.get()
        if dialogue is None and self in answering:
            raise RuntimeError(
                f"the process {self.name} cannot wait for its own answer while it answers a message"
            )
        token = _answering.set((*answering, self))
        try:
            return await self._say(text, options, listener, dialogue)
        finally:
            with suppress(ValueError):  # a body that is closed from outside of its context
                _answering.reset(token)

    async def _say(
        self,
        text: str,
        options: dict[str, Any],
        listener: "Callable[[Any], None] | None",
        dialogue: Dialogue | None,
    ) -> Any:
        with Interruptible(self):
            agent = self._agent()
            session = self.orchestrator.session
            if session.mcp is not None:
                await session.mcp.need(agent.tools)
                await session.mcp.need(options.get("tools") or ())
            if self._timers:
                await self.ready()
            self.status = "running"
            step = self._step(agent, text, options, dialogue or self.dialogue)
            if listener is not None:
                step.listener = listener
                step.stream = True
            failed = True
            self.meter.message_began()
            try:
                reply = await (observed(step) if step.watched else perform(step))
                failed = False
                return reply
            except VegaError as error:
                if dialogue is None:
                    self._failed_to_answer(step, error)
                raise
            finally:
                self.meter.message_ended(failed)

    def _step(self, agent: Agent, text: str, options: dict[str, Any], dialogue: Dialogue) -> Step:
        session = self.orchestrator.session
        member = self._member
        if member is None:
            member = self._member = self.orchestrator.member(agent)
        if self._run is None:
            from .run import Run

            self._run = Run(session, self.id)
        self._sent += 1
        site = f"{self.name}/{self._sent}"
        ledgers = self.orchestrator.ledgers()
        if self.budget is not None:
            ledgers = (*ledgers, self.budget)
        if options.get("budget") is not None:
            from .budget import ledger_of

            ledgers = (*ledgers, ledger_of(options["budget"], site))
        if member.ledger is not None:
            ledgers = (*ledgers, member.ledger)
        step = Step(self._run, site, member, dialogue, text, ledgers)
        step.key = f"{self.id}/{self._sent}"
        step.caller = self.id
        step.meter = self.meter
        step.sandbox = self.sandbox
        for name, value in options.items():
            _check_option(name, value)
            if name == "attach":
                step.attach = (value,) if isinstance(value, str) else tuple(map(str, value))
            elif name in ("timeout", "total_timeout", "retry", "form", "tools"):
                setattr(step, name, value)
            elif name != "budget":
                raise TypeError(f"a message has no option {name!r}")
        return step

    def _agent(self) -> Agent:
        if self.agent is None:
            raise ConfigError(f"the process {self.name} has no agent that could answer a message")
        return self.agent

    def check_alive(self) -> None:
        """Raise ProcessEnded if it has ended."""
        if self.exit is not None:
            raise self.ended_error("it has ended", self.exit)

    def _failed_to_answer(self, step: Step, error: VegaError) -> None:
        """Let a supervised process fail with its message. Its own function sees to it itself."""
        if self.supervised is None and self.supervisor is None:
            return
        from .supervise import is_fatal

        if asyncio.current_task() is not self.body_task and is_fatal(error, step.site):
            self.end(exit_of(error))

    def stream(self, text: str, **options: Any) -> "TextStream":
        """Send a message and iterate over the pieces of the reply as they come.

        After the last, the stream's `response` is the reply and `error` what went wrong. Where a
        call is tried again or tools are used, the pieces are those of all attempts and rounds.
        """
        from .streams import TextStream

        return TextStream(self, text, options)

    def stream_events(self, text: str, **options: Any) -> "EventStream":
        """Send a message and iterate over what happens: `Text`, `ToolStart`, `ToolEnd`, `Used`,
        `Retry` and at last `Done`."""
        from .streams import EventStream

        return EventStream(self, text, options)

    def send_async(self, text: str, **options: Any) -> "asyncio.Task[Any]":
        """Send a message and go on: the reply is the result of the task that is returned."""
        self.check_alive()
        return self.orchestrator.run_task(self.say(text, options), f"{self.name}: send")

    def send_callback(
        self,
        text: str,
        on_chunk: Callable[[str], object] | None = None,
        on_done: Callable[[Any, BaseException | None], object] | None = None,
        **options: Any,
    ) -> "asyncio.Task[None]":
        """Send a message; `on_chunk` is called with each piece of the reply and `on_done` once,
        with the reply or None, and the error or None. Both may be async.

        An `on_chunk` that raises is not called again, cancels the call if it still goes on, and
        is the error that `on_done` gets.
        """
        from .streams import call_back

        return call_back(self, text, options, on_chunk, on_done)

    async def batch(
        self,
        texts: Iterable[str],
        limit: int = 10,
        return_exceptions: bool = False,
        **options: Any,
    ) -> list[Any]:
        """The replies to many messages, at most `limit` at once, in the order of the messages.

        Each goes on from the conversation as it is now, none becomes part of it, and a failure is
        none of the process. The first cancels the others and is raised; with `return_exceptions`
        it is in the list.
        """
        from .combinators import batch

        past = self.dialogue.conversation

        async def one(text: str) -> Any:
            return await self.say(text, options, dialogue=Dialogue(past))

        return await batch(texts, one, limit=limit, return_exceptions=return_exceptions)

    # Its end

    def complete(self, result: Any = None) -> None:
        """End it: it is done. `result` is what it leaves."""
        if self.exit is None:
            self.result = result
        self.end(NORMAL)

    def fail(self, error: BaseException | str) -> None:
        """End it: it has failed. Its supervision may start it again."""
        self.end(exit_of(error))

    def kill(self) -> None:
        """End it at once; nothing can trap that."""
        self.signal(KILL)

    async def stop(self, timeout: float | None = 5.0) -> Exit:  # noqa: ASYNC109
        """Tell it to end, and kill it after `timeout` seconds (None: wait on); why it ended."""
        self.signal(SHUTDOWN)
        try:
            async with asyncio.timeout(timeout):
                return await self.wait()
        except TimeoutError:
            self.kill()
        return await self.wait()

    def limit(self, seconds: float) -> None:
        """End it after so many seconds, with the status `timeout`, if it lives then."""

        def end() -> None:
            from .durations import format_duration

            self.end(Exit("timeout", f"not done after {format_duration(seconds)}"))

        self.after("timeout", seconds, end)

    @property
    def seconds_left(self) -> float | None:
        """The seconds until its time is up; None without a limit."""
        timer = self._timers.get("timeout")
        if timer is None:
            return None
        return max(0.0, timer.when() - asyncio.get_running_loop().time())

    def restart(self, pause: float = 0.0) -> None:
        """Begin anew after so many seconds, with the checkpoint's conversation or a fresh one."""
        self.end(SHUTDOWN, again=pause)

    def revive(self) -> None:
        """Begin anew after it has ended. Raises MaxProcessesReached where there is no room."""
        if self.exit is None:
            return
        self.orchestrator.admit(self)
        self.restarts += 1
        self._reset()
        self._restart()

    def spawn_child(self, agent: "Agent | Body", **options: Any) -> "Process":
        """Spawn a process with this one as its parent; see `Orchestrator.spawn`.

        It does not end with its parent unless they are linked (`link=True`).
        """
        self.check_alive()
        link = options.pop("link", False)
        child = self.orchestrator.spawn(agent, parent=self, **options)
        if link:
            self.link(child)
        return child

    # Restarts

    def save_checkpoint(self) -> Conversation:
        """Let restarts begin with the conversation as it is now."""
        self.checkpoint = self.dialogue.conversation
        return self.checkpoint

    def _reset(self) -> None:
        # In place: messages that wait for their turn go on with the fresh conversation.
        self.dialogue.conversation = self.checkpoint
        self._run = None
        self._signals = None

    def _verdict(self, reason: Exit) -> float | None:
        return None if self.supervised is None else self.supervised.verdict(self, reason)

    @property
    def sandbox(self) -> "Sandbox | None":
        """The files of its tools where it has a `work_dir` of its own."""
        if self._sandbox is None and self.work_dir is not None:
            from .tools.sandbox import Sandbox

            self._sandbox = Sandbox(self.work_dir)
        return self._sandbox
