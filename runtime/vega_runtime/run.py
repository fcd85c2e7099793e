"""The run: what a workflow's code calls for everything that is not plain computing."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from .agent import Agent, Retry
from .conversation import EMPTY, Conversation
from .dialogue import Dialogue, Dialogues
from .errors import (
    BudgetExceeded,
    ErrorInfo,
    MaxProcessesReached,
    TimeoutExceeded,
    VegaError,
    WorkflowFailed,
    raise_failure,
)
from .failures import info, translated
from .group import Group
from .loops import Loop, at_least_one, elements
from .options import RunOptions
from .program import Program
from .scopes import Attempts, Cleanup, Scope
from .session import MAX_DEPTH, Session, ledger
from .step import Step, observed, perform

if TYPE_CHECKING:
    from datetime import datetime

    from .budget import Ledger
    from .forms import Form
    from .workflow import Workflow

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


class Run:
    """A run as the code of one workflow or branch sees it."""

    __slots__ = (
        "_base",
        "_branch",
        "_depth",
        "_frames",
        "_parent",
        "_processes",
        "ledgers",
        "order",
        "session",
        "workflow_name",
    )

    def __init__(
        self,
        session: Session,
        workflow_name: str = "",
        processes: Dialogues | None = None,
        ledgers: "tuple[Ledger, ...] | None" = None,
        order: tuple[int, ...] = (),
        depth: int = 0,
        parent: "tuple[Run, str] | None" = None,
        branch: str | int | None = None,
    ) -> None:
        self.session = session
        self.workflow_name = workflow_name
        self.ledgers: tuple[Ledger, ...] = session.ledgers if ledgers is None else ledgers
        """The budgets around the next call, from the outside."""
        self.order = order
        """The place of this branch in program order."""
        self._processes = Dialogues() if processes is None else processes
        self._parent = parent
        self._branch = branch
        self._depth = depth
        self._frames: list[tuple[str, Loop]] = []

    # Sends

    @overload
    async def send(
        self,
        site: str,
        agent: Agent,
        message: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109
        total_timeout: float | None = None,
        retry: Retry | None = None,
        budget: float | None = None,
        form: None = None,
        tools: tuple[Any, ...] | None = None,
        fresh: bool = False,
        attach: tuple[str, ...] = (),
    ) -> str: ...

    @overload
    async def send(
        self,
        site: str,
        agent: Agent,
        message: str,
        *,
        form: "Form[T]",
        timeout: float | None = None,  # noqa: ASYNC109
        total_timeout: float | None = None,
        retry: Retry | None = None,
        budget: float | None = None,
        tools: tuple[Any, ...] | None = None,
        fresh: bool = False,
        attach: tuple[str, ...] = (),
    ) -> T: ...

    async def send(
        self,
        site: str,
        agent: Agent,
        message: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109
        total_timeout: float | None = None,
        retry: Retry | None = None,
        budget: float | None = None,
        form: "Form[Any] | None" = None,
        tools: tuple[Any, ...] | None = None,
        fresh: bool = False,
        attach: tuple[str, ...] = (),
    ) -> Any:
        """Send a message to an agent and return its reply.

        `timeout` limits each attempt and `total_timeout` all of them, in seconds; `budget` is the
        most all attempts may cost, in US dollars. `form` says what the reply is parsed as. `tools`
        replaces the agent's tools for this send. `fresh` starts a new conversation; `attach` names
        images and PDFs in the sandbox.

        Raises ModelError, BudgetExceeded, TimeoutExceeded, FormatError, RateLimited, CircuitOpen,
        MaxIterationsExceeded; the conversation is then as if the message had not been sent.
        """
        session = self.session
        if session.mcp is not None:
            await session.mcp.need(agent.tools)
            await session.mcp.need(tools or ())
        member = session.member(agent)
        process = self.dialogue(agent)
        ledgers = self.ledgers
        if budget is not None:
            ledgers = (*ledgers, ledger(budget, site=site))
        if member.ledger is not None:
            ledgers = (*ledgers, member.ledger)
        step = Step(self, site, member, process, message, ledgers)
        step.timeout = timeout
        step.total_timeout = total_timeout
        step.retry = retry
        step.form = form
        step.tools = tools
        step.fresh = fresh
        step.attach = attach
        if session.observers:
            return await observed(step)
        return await perform(step)

    def dialogue(self, agent: Agent) -> Dialogue:
        """What was said to an agent here. Raises MaxProcessesReached when no more may begin."""
        return self._processes.get(agent.name) or self._start(agent)

    def _start(self, agent: Agent) -> Dialogue:
        session = self.session
        most = session.settings.max_processes
        if most is not None:
            if session.processes >= most:
                raise MaxProcessesReached(
                    f"the run already has {most} agent processes, all that "
                    "`settings.max_processes` allows; raise it, or run fewer branches at once"
                )
            session.processes += 1
        return self._processes.start(agent.name)

    # Control flow

    def group(self, site: str, limit: int | None = None) -> Group:
        """Branches that run together: `async with run.group(site) as group`.

        At most `limit` run at once. Raises ExpressionError unless it is a whole number from 1.
        """
        return Group(self, site, None if limit is None else at_least_one(limit, "parallel"))

    def items(self, site: str, iterable: Iterable[T]) -> Iterator[T]:
        """The elements of a list, or the keys of a map."""
        for _, item in self.loop(site, iterable):
            yield item

    def loop(
        self, site: str, iterable: Iterable[T], parent: Loop | None = None
    ) -> Iterator[tuple[Loop, T]]:
        """Each element with its `Loop`. Raises ExpressionError for what is no list or map."""
        items = elements(iterable)
        last = len(items) - 1
        for index, item in enumerate(items):
            loop = Loop(index, index == last, parent)
            frame = (site, loop)
            self._frames.append(frame)
            try:
                yield loop, item
            finally:
                self._leave(frame)

    def repeat(self, site: str, limit: int, parent: Loop | None = None) -> Iterator[Loop]:
        """Up to `limit` rounds. Raises ExpressionError unless it is a whole number from 1."""
        last = at_least_one(limit, "max") - 1
        for index in range(last + 1):
            loop = Loop(index, index == last, parent)
            frame = (site, loop)
            self._frames.append(frame)
            try:
                yield loop
            finally:
                self._leave(frame)

    def _leave(self, frame: tuple[str, Loop]) -> None:
        for position in range(len(self._frames) - 1, -1, -1):
            if self._frames[position] is frame:
                del self._frames[position]
                return

    async def call(
        self, site: str, workflow: "Workflow[P, R]", /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run another workflow of the program; it goes on with the conversations of this one.

        Raises WorkflowFailed when workflows call each other too deeply, and what the other raises.
        """
        return await self.enter(site, workflow, workflow.bind(args, kwargs))

    async def call_fresh(
        self, site: str, workflow: "Workflow[P, R]", /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """`call`, with new conversations that end with the other workflow."""
        values = workflow.bind(args, kwargs)
        processes = Dialogues()
        try:
            return await self.enter(site, workflow, values, processes)
        finally:
            self._end(processes)

    async def enter(
        self,
        site: str,
        workflow: "Workflow[..., R]",
        values: Mapping[str, Any],
        processes: Dialogues | None = None,
    ) -> R:
        """Run a workflow with inputs that are checked already."""
        if self._depth >= MAX_DEPTH:
            raise WorkflowFailed(
                f"workflows call each other more than {MAX_DEPTH} deep, last '{workflow.name}'; "
                "does the recursion end?",
                site=site,
            )
        self.session.admit(workflow)
        if self.session.mcp is not None:
            from .checks import with_teams

            agents = with_teams(self.session, workflow.agents)
            await self.session.mcp.prepare(workflow, agents)
        child = Run(
            self.session,
            workflow.name,
            self._processes if processes is None else processes,
            self.ledgers,
            self.order,
            self._depth + 1,
            (self, site) if site else None,
        )
        if not self.session.observers:
            return await child.work(workflow, site, values)
        from .watching import watched

        key = self.key(site) if site else workflow.name
        work = child.work(workflow, site, values)
        return await watched(self.session, site, key, workflow.name, work)

    async def work(self, workflow: "Workflow[..., R]", site: str, values: Mapping[str, Any]) -> R:
        """Do what a workflow says, within its limits."""
        if workflow.timeout is None and workflow.budget is None:
            return await workflow.fn(self, **values)
        async with Scope(self, site or workflow.name, workflow.timeout, workflow.budget):
            return await workflow.fn(self, **values)

    def scope(self, site: str, timeout: float | None = None, budget: float | None = None) -> Scope:
        """A block with a time limit (seconds) or a budget (US dollars): `async with` it.

        Raises TimeoutExceeded or BudgetExceeded with the block's site.
        """
        return Scope(self, site, timeout, budget)

    # Failures

    def attempts(self, site: str, retry: Retry) -> Attempts:
        """The attempts at a block with `retry`; see `Attempts.again`."""
        return Attempts(self, site, retry)

    def failed(self, site: str, message: str) -> WorkflowFailed:
        """The error of a `fail` step, to be raised."""
        return WorkflowFailed(message, site=site)

    def caught(self, failure: Exception) -> ErrorInfo:
        """What `catch` and `continue_on_error` see of a failure.

        What they must not take goes on: Cancelled, the budgets of blocks that are still open, and
        exceptions that are no failure of the program but a defect.
        """
        error = translated(failure, self.session.program)
        if not isinstance(error, VegaError) or self.is_fatal(error):
            raise_failure(error)
        return info(error)

    def is_fatal(self, error: VegaError) -> bool:
        """Whether an error passes through every `catch` around here."""
        if not error.catchable:
            return True
        return isinstance(error, BudgetExceeded) and error.scope in self.ledgers

    def own(self, expired: TimeoutExceeded, site: str) -> None:
        """Return if it was this step's own time that ran out, else raise the error again."""
        if expired.site != site:
            raise_failure(expired)

    def cleanup(self) -> Cleanup:
        """The body of a `finally`: `async with run.cleanup()`."""
        return Cleanup(self)

    def publish(
        self,
        variables: Mapping[str, Any],
        others: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
        computed: Mapping[str, Any] | None = None,
    ) -> None:
        """Tell the observers the variables of the workflow, where it ends.

        `others` may be set or not: they are so if the name that they map to is in `values`, the
        function's own variables. `computed` are those whose names were computed.
        """
        if self.session.observers:
            from .events import Published

            here = values or {}
            found = {name: here[own] for name, own in (others or {}).items() if own in here}
            published = {**found, **variables, **(computed or {})}
            self.session.emit(Published(self.workflow_name, published))

    # What the program reads

    @property
    def id(self) -> str:
        """The run's identifier."""
        return self.session.run_id

    def env(self, name: str) -> str | None:
        """A variable of the run's environment."""
        return self.session.env.get(name)

    def date(self) -> str:
        """The date, YYYY-MM-DD."""
        return self._noted("date", lambda: self._now().strftime("%Y-%m-%d"))

    def time(self) -> str:
        """The time of day, HH:MM:SS."""
        return self._noted("time", lambda: self._now().strftime("%H:%M:%S"))

    def now(self) -> str:
        """Date and time with the offset from UTC, as RFC 3339 writes them."""
        return self._noted("now", lambda: self._now().isoformat(timespec="seconds"))

    def random(self) -> str:
        """A new random UUID."""
        from uuid import UUID

        def draw() -> str:
            return str(UUID(int=self.session.random.getrandbits(128), version=4))

        return self._noted("random", draw)

    def _now(self) -> "datetime":
        clock = self.session.options.wall_clock
        if clock is None:
            from datetime import datetime

            return datetime.now().astimezone()
        now = clock()
        return now if now.tzinfo is not None else now.astimezone()

    def _noted(self, kind: str, read: "Callable[[], str]") -> str:
        return self.session.noted(kind, self.key(self.workflow_name), read)

    # People and memory

    async def ask(
        self, site: str, question: str, choices: tuple[str, ...] = (), default: str | None = None
    ) -> str:
        """Ask a person. Raises ConfigError when there is nobody to ask and no default."""
        session = self.session
        return await session.noted_later(
            "answer",
            self.key(site),
            lambda: session.asker.ask(question, choices, default, site),
        )

    def reset_processes(self) -> None:
        """Restart the processes of all agents with fresh conversations."""
        self._processes.reset()

    async def remember(self, site: str, key: str, value: Any) -> None:
        """Keep a JSON value under a key, for later runs too."""
        await _at(site, self.session.memory.store(key, value))

    async def recall(self, site: str, key: str, default: Any = None) -> Any:
        """The value kept under a key, or `default`."""
        session = self.session
        return await session.noted_later(
            "recalled", self.key(site), lambda: _at(site, session.memory.get(key, default))
        )

    # For the rest of the runtime

    def key(self, site: str) -> str:
        """The site with the index of each loop, branch and call around it."""
        base = above = ""
        parts: list[str] = []
        if self._parent is not None:
            run, above = self._parent
            parts.append(run.key(above))
            if self._branch is not None:
                parts.append(str(self._branch))
                base = f"{above}/{self._branch}"
        for loop_site, loop in self._frames:
            parts.append(f"{self._relative(loop_site, base, above)}[{loop.index}]")
            base = loop_site
        parts.append(self._relative(site, base, above))
        return "/".join(parts)

    def _relative(self, site: str, *said: str) -> str:
        """`site` without what its key says before it."""
        if not any(said):
            return site
        for base in (*said, self.workflow_name):
            if base and site.startswith(f"{base}/"):
                return site[len(base) + 1 :]
        return site

    def past(self) -> Mapping[str, Conversation]:
        """The conversations as they are now."""
        return self._processes.past()

    def restore(self, past: Mapping[str, Conversation]) -> None:
        """Go back to what `past()` returned."""
        self._processes.restore(past)

    def restore_some(self, names: Iterable[str], past: Mapping[str, Conversation]) -> None:
        """Go back to what `past()` returned with some agents."""
        for name in names:
            dialogue = self._processes.get(name)
            if dialogue is not None:
                dialogue.conversation = past.get(name, EMPTY)

    def fork(
        self, site: str, key: str | int, number: int, past: Mapping[str, Conversation]
    ) -> "Run":
        """The run of a branch, whose conversations begin with `past`."""
        return Run(
            self.session,
            self.workflow_name,
            Dialogues(past),
            self.ledgers,
            (*self.order, number),
            self._depth,
            (self, site),
            key,
        )

    def leave(self) -> None:
        """End the processes of a branch."""
        self._end(self._processes)

    def _end(self, processes: Dialogues) -> None:
        if self.session.settings.max_processes is not None:
            self.session.processes -= len(processes)


async def _at(site: str, work: Awaitable[T]) -> T:
    """`work`, whose errors belong to a step."""
    try:
        return await work
    except VegaError as error:
        error.site = error.site or site
        raise


@asynccontextmanager
async def open_run(program: Program, options: RunOptions | None = None) -> AsyncGenerator[Run]:
    """A run of a program, for workflows called with `run.call("", workflow, ...)`.

    Raises ConfigError before a workflow's first step when something that its agents need is
    missing. Errors carry their place in the source.
    """
    options = options or RunOptions()
    async with Session(program, options) as session:
        try:
            if options.timeout is None:
                yield Run(session)
            else:
                async with Scope(run := Run(session), "", options.timeout, None):
                    yield run
        except Exception as error:
            raise_failure(translated(error, program))
