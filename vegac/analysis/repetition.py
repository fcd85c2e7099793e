"""What repeating costs: effects made again by a retry, conversations that grow in a loop."""

from vega_grammar.keys import EFFECTFUL_TOOLS
from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.build.program import team_of, with_teams
from vegac.ir.traverse import statements
from vegac.source.findings import Findings
from vegac.source.span import Span

LONG_LOOP = 20
"""Rounds from which a conversation that grows with each is worth a remark."""


def check_repetition(program: ir.Program, workflows: list[Contents], findings: Findings) -> None:
    """`retry-repeats-effects` and `growing-conversation`.

    A step that says `context: conversation` has its author's word that the conversation may grow.
    """
    effects = _Effects(program)
    for contents in workflows:
        for send in contents.all(ir.Send):
            if "retry" in send.options:
                effect = effects.of(send)
                if effect and _tries_again(send.options["retry"]):
                    _report_retry(send.span, *effect, findings)
        for block in contents.all(ir.Attempts):
            if _tries_again(block.retry):
                for inner in statements(block.body):
                    effect = effects.of(inner) if isinstance(inner, ir.Send) else None
                    if effect:
                        _report_retry(block.span, *effect, findings)
                        break
        for loop in contents.all(ir.Repeat):
            if isinstance(loop.limit, ir.Const) and isinstance(loop.limit.value, int):
                _check_growth(program, contents, loop, loop.limit.value, findings)
        for loop in contents.all(ir.For):
            if isinstance(loop.collection, ir.ListValue):
                _check_growth(program, contents, loop, len(loop.collection.items), findings)


class _Effects:
    """Which tools of which agents change something."""

    def __init__(self, program: ir.Program) -> None:
        self.custom = {tool.name for tool in program.tools if _has_effects(tool)}
        self.agents = {
            agent.name: self._first(agent.options.get("tools")) for agent in program.agents
        }
        self.teams = {agent.name: team_of(agent) for agent in program.agents}

    def of(self, send: ir.Send) -> tuple[str, str] | None:
        """A tool with effects that may be called for this message, and the agent that calls it: the
        one that gets it, or one that tasks may be handed to."""
        if "tools" in send.options:
            tool = self._first(send.options["tools"])
            return (send.agent, tool) if tool else None
        reached = with_teams([send.agent], self.teams)
        found = ((agent, self.agents.get(agent, "")) for agent in reached)
        return next((effect for effect in found if effect[1]), None)

    def _first(self, tools: "ir.StaticValue | ir.Expr") -> str:
        for tool in tools if isinstance(tools, tuple) else ():
            reference = isinstance(tool, ir.ToolReference)
            name = tool.name if isinstance(tool, ir.ToolReference) else str(tool)
            if name in self.custom if reference else name in EFFECTFUL_TOOLS:
                return name
        return ""


def _tries_again(retry: "ir.StaticValue | ir.Expr") -> bool:
    return isinstance(retry, ir.Construct) and retry.arguments.get("max_attempts") != 1


def _has_effects(tool: ir.Tool) -> bool:
    arguments = tool.construct.arguments
    match tool.construct.name:
        case "FileWriteTool":
            return True
        case "ExecTool":
            capabilities = arguments.get("capabilities")
            return not isinstance(capabilities, tuple) or not set(capabilities) <= {"fs:read"}
        case "HttpTool":
            return arguments.get("method", "GET") != "GET"
        case _:
            return False


def _report_retry(span: Span, agent: str, tool: str, findings: Findings) -> None:
    findings.report(
        "retry-repeats-effects",
        span,
        f"a retry may repeat what '{agent}' has done with the tool '{tool}'",
        hint="make the tool safe to repeat, or limit the step's `tools`",
    )


def _check_growth(
    program: ir.Program,
    contents: Contents,
    loop: ir.For | ir.Repeat,
    rounds: int,
    findings: Findings,
) -> None:
    if rounds < LONG_LOOP or (rounds == 100 and loop.__class__ is ir.Repeat and _by_default(loop)):
        return
    wanted = {step.key.span for step in contents.steps if "context" in step.fields}
    for statement in statements(loop.body):
        if (
            isinstance(statement, ir.Send)
            and statement.span not in wanted
            and not _bounded_context(program, statement.agent)
        ):
            findings.report(
                "growing-conversation",
                statement.span,
                f"each of {rounds} rounds sends all earlier ones to '{statement.agent}' again",
                hint="say `context: fresh`, or `context: conversation` if a round needs the "
                "earlier ones",
            )
            return


def _by_default(loop: ir.Repeat | ir.For) -> bool:
    return isinstance(loop, ir.Repeat) and loop.limit.span == loop.span


def _bounded_context(program: ir.Program, name: str) -> bool:
    return any(agent.name == name and "context" in agent.options for agent in program.agents)
