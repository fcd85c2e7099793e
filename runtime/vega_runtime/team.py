"""Delegation: an agent with a `team` hands tasks to its members.

A delegated task is a message of the run like any other: it goes to the member's one conversation in
the run, is paid from the budgets of the step that it is done for (and the member's own), and its
limits, retries and supervision are the member's. Who waits for a task is not asked to do part of
it, so there are no circles. Tasks of one reply run at once, unless they could reach the same agent:
then they run in the order of the calls. When the message to the lead fails, the conversations of
its team are as they were before it.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from .agent import Agent
from .blackboard import Blackboard
from .env import resolve_env
from .errors import ToolError, VegaError
from .models.base import Message, ToolCall, ToolResult
from .text import text
from .tools.definition import Args, Tool, ToolContext
from .tools.schema import Param

if TYPE_CHECKING:
    from .session import Session
    from .step import Step

MAX_DEPTH = 10
"""How many agents may wait for each other."""
MAX_TASKS = 200
"""How many tasks may be handed on for one message of a workflow, over all levels."""
_LONGEST_ROLE = 200
"""Characters of what a lead is told of a member."""


def member_name(member: "str | Agent") -> str:
    """The name of a member of a team, which may be given as the agent itself."""
    return member if isinstance(member, str) else member.name


def closure(session: "Session", name: str) -> set[str]:
    """An agent and all that tasks handed to it may reach."""
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        agent = session.agents.get(one)
        if one not in reached and agent is not None:
            reached.add(one)
            waiting += [member_name(member) for member in agent.team]
    return reached


class Delegating:
    """What a step that may delegate knows of it. `waiting` are the agents above it in the chain,
    the outermost first, its own included."""

    __slots__ = ("board", "locks", "number", "spent", "talk", "tools", "waiting")

    def __init__(
        self, waiting: tuple[str, ...], board: Blackboard | None, spent: list[int] | None = None
    ) -> None:
        self.waiting = waiting
        self.board = board
        self.spent = [0] if spent is None else spent
        """How many tasks were handed on, counted over all levels."""
        self.locks: dict[str, asyncio.Lock] = {}
        self.number = 0
        self.talk: Sequence[Message] = ()
        self.tools: Mapping[str, Tool] = {}


def prepare(step: "Step") -> Delegating | None:
    """The delegation of a step: None for an agent that has no team and works for none with a
    blackboard, and for a message that is limited to tools of its own."""
    agent = step.member.agent
    above = step.above
    board = None if above is None else above.board
    if board is None and agent.delegation is not None and agent.delegation.blackboard:
        board = step.session.board(agent.name)
    if not agent.team and board is None:
        return None
    waiting = (*(above.waiting if above is not None else ()), agent.name)
    delegating = Delegating(waiting, board, None if above is None else above.spent)
    if step.tools is None:
        delegating.tools = {tool.name: tool for tool in _tools(step, delegating)}
    return delegating


def _tools(step: "Step", delegating: Delegating) -> Iterable[Tool]:
    session = step.session
    names = [member_name(member) for member in step.member.agent.team]
    members = [
        session.agents[name]
        for name in dict.fromkeys(names)
        if name not in delegating.waiting and name in session.agents
    ]
    if members and len(delegating.waiting) <= MAX_DEPTH:
        yield DelegateTool(step, delegating, members)
    if delegating.board is not None:
        yield from _board_tools(delegating.board)


class DelegateTool(Tool):
    """Hands a task to a member of the team and returns its reply."""

    usual_capabilities = ()

    def __init__(self, step: "Step", delegating: Delegating, members: Sequence[Agent]) -> None:
        known = [resolve_env(member, step.session.env) for member in members]
        who = "\n".join(f"- {member.name}{_role(member)}" for member in known)
        super().__init__(
            "delegate",
            description=f"Give a task to a member of your team and get the reply.\n{who}",
            params={
                "agent": Param(
                    "string",
                    "The member of the team",
                    required=True,
                    enum=[member.name for member in members],
                ),
                "message": Param(
                    "string", "The task, with all that the member needs to know", required=True
                ),
            },
        )
        self._step = step
        self._delegating = delegating

    async def run(self, args: Args, context: ToolContext) -> str:  # noqa: ARG002
        step, delegating = self._step, self._delegating
        if delegating.spent[0] >= MAX_TASKS:
            raise ToolError(f"{MAX_TASKS} tasks were handed on already; do the rest yourself")
        delegating.spent[0] += 1
        delegating.number += 1
        number = delegating.number
        name: str = args["agent"]
        reached = closure(step.session, name).difference(delegating.waiting)
        async with _turn(delegating, reached):
            return await _hand_on(step, delegating, step.session.agents[name], number, args)


async def _hand_on(
    step: "Step", delegating: Delegating, agent: Agent, number: int, args: Args
) -> str:
    from .step import Step, observed, perform

    run, session = step.run, step.session
    if session.mcp is not None:
        await session.mcp.need(agent.tools)
    member = session.member(agent)
    ledgers = step.ledgers
    if member.ledger is not None and member.ledger not in ledgers:
        ledgers = (*ledgers, member.ledger)
    task = Step(run, step.site, member, run.dialogue(agent), args["message"], ledgers)
    task.above = delegating
    task.preface = _preface(step.member.agent, delegating.talk)
    task.stream = step.stream
    task.sandbox = step.sandbox
    task.key = f"{step.key or run.key(step.site)}/{agent.name}[{number - 1}]"
    reply: Any = await (observed(task) if task.watched else perform(task))
    return text(reply)


def _role(agent: Agent) -> str:
    """What a lead is told of a member: its description, else how its instructions begin."""
    said = str(agent.description or agent.display_name or "")
    if not said and isinstance(agent.system, str):
        said = agent.system.strip().partition("\n")[0]
    if not said:
        return ""
    return f": {said if len(said) <= _LONGEST_ROLE else said[: _LONGEST_ROLE - 3] + '...'}"


def _preface(lead: Agent, talk: Sequence[Message]) -> str:
    """What a member gets to see of the lead's conversation, before its task."""
    rules = lead.delegation
    if rules is None or rules.context_window == 0:
        return ""
    said = [m for m in talk if m.role in rules.include_roles and m.text]
    lines = [f"{message.role}: {message.text}" for message in said[-rules.context_window :]]
    if not lines:
        return ""
    return "\n\n".join([f"The conversation of {lead.name} that this task comes from:", *lines])


@asynccontextmanager
async def _turn(delegating: Delegating, reached: set[str]) -> AsyncGenerator[None]:
    """Wait until no other task of this reply can reach one of these agents.

    The locks are taken in one order, so that tasks never wait for each other in a circle.
    """
    async with AsyncExitStack() as stack:
        for name in sorted(reached):
            lock = delegating.locks.setdefault(name, asyncio.Lock())
            await stack.enter_async_context(lock)
        yield


class Undo:
    """The conversations of an agent's team before a message to it."""

    def __init__(self, step: "Step") -> None:
        self._run = step.run
        self._names = closure(step.session, step.member.agent.name)
        self._names -= set(step.above.waiting) if step.above is not None else set()
        self._names.discard(step.member.agent.name)
        self._past = step.run.past()

    def undo(self) -> None:
        """Go back to them."""
        self._run.restore_some(self._names, self._past)


async def use(step: "Step", tool: Tool, call: ToolCall, context: ToolContext) -> ToolResult:
    """Call a tool of the team. A failure is a result that says so, but for what nothing may catch:
    the budgets around the step, and what ends the whole run."""
    try:
        return ToolResult(call.id, await tool.run(tool.check(call.arguments), context))
    except VegaError as error:
        if step.run.is_fatal(error):
            raise
        return ToolResult(call.id, error.message, is_error=True)


# The blackboard


def _board_tools(board: Blackboard) -> Iterable[Tool]:
    key = Param("string", "The name of the value", required=True)
    yield _BoardTool(
        "bb_read",
        board,
        description="Read a value from the blackboard of your team.",
        params={"key": key},
    )
    yield _BoardTool(
        "bb_write",
        board,
        description="Write a value on the blackboard of your team.",
        params={"key": key, "value": Param("any", "The value", required=True)},
    )
    yield _BoardTool(
        "bb_list", board, description="List the names on the blackboard of your team.", params={}
    )


class _BoardTool(Tool):
    def __init__(
        self, name: str, board: Blackboard, *, description: str, params: Mapping[str, Param]
    ) -> None:
        super().__init__(name, description=description, params=params)
        self._board = board

    async def run(self, args: Args, context: ToolContext) -> str:  # noqa: ARG002
        match self.name:
            case "bb_read":
                return text(self._board.read(args["key"]))
            case "bb_write":
                self._board.write(args["key"], args["value"])
                return f"wrote '{args['key']}'"
            case _:
                return "\n".join(self._board.keys()) or "the blackboard is empty"
