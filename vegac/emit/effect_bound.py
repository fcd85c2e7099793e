"""How many effects a branch has at most: a durable run reserves their places before it starts."""

from vegac.ir import nodes as ir
from vegac.ir.traverse import blocks, branches, expressions, walk


def effect_bound(body: ir.Block, program: ir.Program) -> int | None:
    """The most effects of a block, None where there is no bound known before it runs."""
    total = 0
    for statement in body:
        found = _of_statement(statement, program)
        if found is None:
            return None
        total += found
    return total


def _of_statement(statement: ir.Statement, program: ir.Program) -> int | None:
    own = sum(_clock_reads(expr) for expr in expressions(statement))
    match statement:
        case ir.Send():
            return own + 1 if _is_one_effect(statement, program) else None
        case ir.Ask() | ir.Remember() | ir.Recall():
            return own + 1
        case ir.Call() | ir.Attempts():
            return None
        case ir.For() | ir.Repeat() | ir.ParallelFor():
            inside = effect_bound(statement.body, program)
            return own if inside == 0 else None
        case ir.If(then=then, otherwise=otherwise):
            sides = [effect_bound(then, program), effect_bound(otherwise, program)]
            known = [side for side in sides if side is not None]
            return own + max(known) if len(known) == len(sides) else None
        case _:
            for inner in (*blocks(statement), *branches(statement)):
                found = effect_bound(inner, program)
                if found is None:
                    return None
                own += found
            return own


def _is_one_effect(step: ir.Send, program: ir.Program) -> bool:
    """Whether a send is one call of the model: no tools, no second try, no repair of its form."""
    if {"form", "retry"} & set(step.options):
        return False
    tools = step.options.get("tools")
    agent = next((agent for agent in program.agents if agent.name == step.agent), None)
    if agent is None or agent.options.get("team"):
        return False
    if "tools" in step.options:
        return not tools
    if "tools" in agent.options:
        return not agent.options["tools"]
    return not program.settings.get("mcp")


def _clock_reads(expr: ir.Expr) -> int:
    return sum(
        isinstance(part, ir.RunValue) and part.name in ("date", "time", "now", "random")
        for part in walk(expr)
    )
