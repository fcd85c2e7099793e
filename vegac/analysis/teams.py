"""Keys about teams of agents that have none."""

from vegac.ir import nodes as ir
from vegac.ir.build.program import ProgramContext
from vegac.source.findings import Findings
from vegac.syntax.nodes import Mapping, Scalar


def check_teams(context: ProgramContext, program: ir.Program, findings: Findings) -> None:
    """`delegation-without-team`: how an agent delegates that has nobody to delegate to.

    A blackboard has a use without a team: the agent's own notes. An agent that is extended may
    leave the team to others.
    """
    for agent in program.agents:
        node = context.declarations.agents[agent.name].node
        own = node.entry("delegation") if isinstance(node, Mapping) else None
        if own is None or agent.name in context.agent_builder.extended or agent.options.get("team"):
            continue
        if isinstance(own.value, Mapping) and not _has_board(own.value):
            findings.report(
                "delegation-without-team",
                own.key.span,
                f"agent '{agent.name}' has no `team`, so there is nobody to delegate to",
                hint="add `team:`, or remove `delegation`",
            )


def _has_board(delegation: Mapping) -> bool:
    board = delegation.get("blackboard")
    return board is not None and not (isinstance(board, Scalar) and board.value == "false")
