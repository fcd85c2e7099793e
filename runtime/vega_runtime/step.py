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
from .errors import FormatError, MaxIterationsExceeded, VegaError
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
    from .tools.registry import ToolSet

NO_USAGE = Usage()


class Step:
    """A send on its way."""

    __slots__ = (
        "attach",
        "calls",
        "cost",
        "effects",
        "form",
        "fresh",
        "key",
        "ledgers",
        "listener",
        "member",
        "message",
        "meter",
        "process",
        "retry",
        "run",
        "session",
        "site",
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
        self.effects = 0
        self.key = ""
        self.usage = NO_USAGE
        self.cost: int | None = 0
        self.stream = run.session.options.stream
        self.listener: Callable[[Any], None] | None = None
        """Is told what the observers are, of this step alone."""
        self.meter: Meter | None = None

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
    step.key = step.run.key(step.site)
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
        message = Message("user", step.message)
        if step.attach:
            from .attach import attachments

            message = replace(message, attachments=await attachments(step.session, step.attach))
        reply, process.conversation = await _converse(step, before.then(message), toolset)
        return reply


async def _converse(
    step: Step, talk: Conversation, toolset: "ToolSet | None"
) -> tuple[Any, Conversation]:
    """Talk to the model until it has a reply in the form that the step asks for."""
    form = step.form
    system = _system(step)
    schemas = toolset.schemas() if toolset is not None else ()
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
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_use_tool(step, toolset, call)) for call in calls]
    return tuple(task.result() for task in tasks)


async def _use_tool(step: Step, toolset: "ToolSet | None", call: ToolCall) -> ToolResult:
    session = step.session
    observed = step.watched
    clock = asyncio.get_running_loop().time
    started = clock()
    if observed:
        step.emit(ToolStarted(step.site, step.key, call.name, call.arguments))
    result: ToolResult | None = None
    try:
        if toolset is None:
            result = ToolResult(call.id, f"there is no tool '{call.name}'", is_error=True)
        else:
            step.effects += 1
            key = f"{session.run_id}/{step.run.key(step.site)}/{step.effects}"
            context = replace(session.tool_context, idempotency_key=key)
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
                )
            )
