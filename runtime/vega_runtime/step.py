"""One send: the message, the rounds of model and tool calls, and the limits around them.

The layers, from the outside: `total_timeout` > `retry` > `timeout` of the step, then the rounds of
requests (see `calls`) and tool calls. A layer that is not configured is not entered.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .calls import again_and_again, answer
from .conversation import EMPTY, Conversation, view
from .errors import FormatError, MaxIterationsExceeded, VegaError, raise_failure
from .events import StepEnded, StepStarted, ToolEnded, ToolStarted
from .models.base import Message, Request, Response, ToolCall, ToolResult, ToolSchema, Usage
from .scopes import Deadline

if TYPE_CHECKING:
    from .agent import Retry
    from .budget import Ledger
    from .dialogue import Dialogue
    from .forms import Form
    from .member import Member
    from .meter import Meter
    from .run import Run
    from .team import Delegating
    from .tools.registry import ToolSet
    from .tools.sandbox import Sandbox

NO_USAGE = Usage()


class Step:
    """A send on its way."""

    __slots__ = (
        "above",
        "attach",
        "caller",
        "calls",
        "cost",
        "delegating",
        "effects",
        "form",
        "fresh",
        "key",
        "ledgers",
        "listener",
        "member",
        "message",
        "meter",
        "preface",
        "process",
        "retry",
        "run",
        "sandbox",
        "session",
        "site",
        "size",
        "stream",
        "timeout",
        "tools",
        "total_timeout",
        "usage",
    )

    def __init__(
        self,
        run: "Run",
        site: str,
        member: "Member",
        process: "Dialogue",
        message: str,
        ledgers: "tuple[Ledger, ...]",
    ) -> None:
        self.run = run
        self.session = run.session
        self.site = site
        self.member = member
        self.process = process
        self.message = message
        self.ledgers = ledgers
        self.timeout: float | None = None
        self.total_timeout: float | None = None
        self.retry: Retry | None = None
        self.form: Form[Any] | None = None
        self.tools: tuple[Any, ...] | None = None
        self.fresh = False
        self.attach: tuple[str, ...] = ()
        self.calls = 0
        self.size = -1
        """The most input tokens that the request has that is being made, -1: not counted yet."""
        self.effects = 0
        self.key = ""
        self.usage = NO_USAGE
        self.cost: int | None = 0
        self.stream = run.session.options.stream
        self.listener: Callable[[Any], None] | None = None
        """Is told what the observers are, of this step alone."""
        self.meter: Meter | None = None
        self.caller = member.agent.name
        """Who rate limits are shared out to."""
        self.sandbox: Sandbox | None = None
        """The files of its tools, where they are not the run's."""
        self.above: Delegating | None = None
        """The delegation of the step that handed this one on."""
        self.delegating: Delegating | None = None
        """What it has to hand tasks on itself."""
        self.preface = ""
        """What the agent gets to see before the message."""

    @property
    def watched(self) -> bool:
        """Whether anybody wants to be told of events."""
        return self.listener is not None or bool(self.session.observers)

    def emit(self, event: Any) -> None:
        """Tell the observers of the run and of the step."""
        if self.session.observers:
            self.session.emit(event)
        if self.listener is not None:
            self.listener(event)


async def perform(step: Step) -> Any:
    """Send, with the step's own limits around it; errors carry the step's site."""
    supervisor = step.member.supervisor
    try:
        if supervisor is not None:
            await supervisor.admit()
        if step.total_timeout is not None:
            async with Deadline(step.total_timeout, step.site):
                return await _attempts(step)
        return await _attempts(step)
    except VegaError as error:
        if error.site is None or "/" not in error.site:
            error.site = step.site
        if supervisor is not None:
            supervisor.failed(step, error)
        raise


async def observed(step: Step) -> Any:
    """`perform`, with events at its start and its end."""
    agent = step.member.agent.name
    step.key = step.key or step.run.key(step.site)
    clock = asyncio.get_running_loop().time
    step.emit(StepStarted(step.site, step.key, agent, step.message))
    started = clock()
    reply: Any = None
    failure: BaseException | None = None
    try:
        reply = await perform(step)
        return reply
    except BaseException as error:
        failure = error
        raise
    finally:
        duration = clock() - started
        step.emit(
            StepEnded(step.site, step.key, agent, reply, failure, duration, step.usage, step.cost)
        )


async def _attempts(step: Step) -> Any:
    if step.retry is None:
        return await _attempt(step)
    return await again_and_again(step, lambda: _attempt(step), step.retry, also=(FormatError,))


async def _attempt(step: Step) -> Any:
    if step.timeout is None:
        return await turn(step)
    async with Deadline(step.timeout, step.site):
        return await turn(step)


# The conversation


async def turn(step: Step) -> Any:
    """Say the message to the agent's process and return its reply. A failure leaves no trace."""
    process, member = step.process, step.member
    toolset = member.toolset if step.tools is None else step.session.toolset(step.tools)
    async with process.lock:
        before = EMPTY if step.fresh or member.fresh else process.conversation
        said = f"{step.preface}\n\nYour task:\n\n{step.message}" if step.preface else step.message
        message = Message("user", said)
        if step.attach:
            from .attach import attachments

            files = step.sandbox or step.session.sandbox
            message = replace(message, attachments=await attachments(files, step.attach))
        if member.summarises:
            from .summary import shortened

            before = await shortened(step, before, message)
            if not step.fresh:
                process.conversation = before
        talk = before.then(message)
        if not member.agent.team and step.above is None and not member.has_board:
            reply, process.conversation = await _converse(step, talk, toolset)
        else:
            reply, process.conversation = await _lead(step, talk, toolset)
        return reply


async def _lead(
    step: Step, talk: Conversation, toolset: "ToolSet | None"
) -> tuple[Any, Conversation]:
    """`_converse` of an agent that may hand tasks on, or does one that was handed on."""
    from .team import Undo, prepare

    step.delegating = prepare(step)
    before = Undo(step)
    try:
        return await _converse(step, talk, toolset)
    except BaseException:
        before.undo()
        raise


async def _converse(
    step: Step, talk: Conversation, toolset: "ToolSet | None"
) -> tuple[Any, Conversation]:
    """Talk to the model until it has a reply in the form that the step asks for."""
    form = step.form
    system = _system(step)
    schemas: Sequence[ToolSchema] = toolset.schemas() if toolset is not None else ()
    if step.delegating is not None:
        schemas = [*schemas, *_team_schemas(step.delegating, toolset)]
    repair: Conversation | None = None
    rounds = 0
    before = len(talk) - 1
    while True:
        request = _request(step, system, talk, schemas, turn=len(talk) - before)
        response = await answer(step, request)
        said = Message("assistant", response.text, response.tool_calls, raw=response.raw)
        if response.tool_calls:
            rounds += 1
            _check_rounds(step, rounds)
            if step.delegating is not None:
                step.delegating.talk = talk.then(said)
            results = await _use_tools(step, toolset, response.tool_calls)
            talk = talk.then(said).then(Message("user", tool_results=results))
            continue
        if response.stop_reason in ("max_tokens", "refusal"):
            _notice_end(step, response)
        if form is None:
            return response.text, talk.then(said)
        try:
            value = form.parse(response.text)
        except FormatError as error:
            if repair is not None:
                raise
            repair = talk = talk.then(said).then(Message("user", _repair(error, form)))
            continue
        if repair is not None and talk is repair:
            # The bad reply and the request to repair it are of no use to later turns.
            talk = talk.before_last().before_last()
        return value, talk.then(said)


def _notice_end(step: Step, response: Response) -> None:
    name = step.member.agent.name
    if response.stop_reason == "refusal":
        step.session.notice(f"the model refused to answer a message to {name} ({step.site})")
    else:
        step.session.notice(
            f"a reply of {name} was cut at its limit of {step.member.max_tokens} tokens "
            f"({step.site}); `max_tokens` of the agent raises it"
        )


def _system(step: Step) -> str:
    """The instructions for this message: the agent's own, what it knows, and the reply's form."""
    member = step.member
    system = member.system
    parts = [system if isinstance(system, str) else system(step.run), member.knowledge]
    if member.skills:
        from .skills import active, as_text

        parts.append(as_text(active(member.skills, step.message, member.max_skills)))
    if step.form is not None:
        parts.append(step.form.instructions)
    return "\n\n".join(part for part in parts if part)


def _request(
    step: Step, system: str, talk: Conversation, schemas: "Sequence[ToolSchema]", turn: int
) -> Request:
    member = step.member
    target = member.target
    context = member.agent.context
    return Request(
        model=target.name,
        messages=talk if context is None else view(talk, context, turn),
        system=system,
        tools=schemas,
        max_tokens=member.max_tokens,
        temperature=member.temperature,
        params=member.params,
        base_url=target.base_url,
        output_schema=None if step.form is None else step.form.json_schema,
        agent=member.agent.name,
    )


def _repair(error: FormatError, form: "Form[Any]") -> str:
    return f"Your reply could not be used: {error.message}\n\n{form.instructions}".rstrip()


# Tools


def _check_rounds(step: Step, rounds: int) -> None:
    agent = step.member.agent
    if rounds > agent.max_iterations:
        raise MaxIterationsExceeded(
            f"the agent {agent.name} asked for tools more than {agent.max_iterations} times for "
            "one message; raise its `max_iterations`, or tell it when to stop"
        )


async def _use_tools(
    step: Step, toolset: "ToolSet | None", calls: tuple[ToolCall, ...]
) -> tuple[ToolResult, ...]:
    """Run the tool calls of one reply, all at once; results in the order of the calls."""
    if len(calls) == 1:
        return (await _use_tool(step, toolset, calls[0]),)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_use_tool(step, toolset, call)) for call in calls]
    except ExceptionGroup as failures:
        # Tools fail with a result; this is a task of the team that ended the step.
        raise_failure(failures.exceptions[0])
    return tuple(task.result() for task in tasks)


def _team_schemas(delegating: "Delegating", toolset: "ToolSet | None") -> "list[ToolSchema]":
    """The tools of the team as a model sees them; a tool of the agent hides one of its name."""
    tools = delegating.tools.values()
    return [tool.schema for tool in tools if toolset is None or tool.name not in toolset]


def _is_of_team(step: Step, toolset: "ToolSet | None", call: ToolCall) -> bool:
    return (
        step.delegating is not None
        and call.name in step.delegating.tools
        and (toolset is None or call.name not in toolset)
    )


async def _use_tool(step: Step, toolset: "ToolSet | None", call: ToolCall) -> ToolResult:
    session = step.session
    observed = step.watched
    clock = asyncio.get_running_loop().time
    started = clock()
    if observed:
        step.emit(ToolStarted(step.site, step.key, call.name, call.arguments, call.id))
    result: ToolResult | None = None
    try:
        if _is_of_team(step, toolset, call):
            from .team import use

            assert step.delegating is not None
            context = session.tool_context
            result = await use(step, step.delegating.tools[call.name], call, context)
        elif toolset is None:
            result = ToolResult(call.id, f"there is no tool '{call.name}'", is_error=True)
        else:
            step.effects += 1
            key = f"{session.run_id}/{step.key or step.run.key(step.site)}/{step.effects}"
            context = replace(session.tool_context, idempotency_key=key)
            if step.sandbox is not None:
                context = replace(context, sandbox=step.sandbox)
            result = await toolset.call(call, context)
        return result
    finally:
        if step.meter is not None:
            step.meter.tool_called()
        if observed:
            content = None if result is None else result.content
            failed = result is None or result.is_error
            step.emit(
                ToolEnded(
                    step.site,
                    step.key,
                    call.name,
                    None if failed else content,
                    (content or "cancelled") if failed else None,
                    clock() - started,
                    call.id,
                )
            )
