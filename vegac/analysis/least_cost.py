"""Budgets that not even one reply fits into."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import msgspec

from vegac.analysis.contents import Contents
from vegac.analysis.limits import Limit, agent_budget, limit_of, run_budget
from vegac.ir import nodes as ir
from vegac.ir.build.program import ProgramContext
from vegac.ir.traverse import blocks, branches
from vegac.semantics.literals import parse_money
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.syntax.nodes import Mapping

LEAST_TOKENS = 256
"""A run never asks for a reply of fewer tokens than these, or than the agent's own limit."""
_DATED = re.compile(r"^(.*?)(?:-0)?[-@](\d{8}|latest)$")


class _Prices(msgspec.Struct):
    models: dict[str, dict[str, object]]


class _Least(msgspec.Struct, frozen=True):
    """What a run sets aside at least before it asks an agent, in dollars."""

    value: float
    agent: str
    model: str
    tokens: int


def check_least_costs(
    context: ProgramContext, program: ir.Program, workflows: list[Contents], findings: Findings
) -> None:
    """`budget-impossible`: in agents, messages, blocks, workflows and settings."""
    if not any("budget" in tree.file.text for tree in context.declarations.trees):
        return
    least = {agent.name: cost for agent in program.agents if (cost := _least(agent)) is not None}
    if not least:
        return
    tight: dict[Span, tuple[Limit, _Least]] = {}

    def compare(budget: Limit | None, cost: _Least | None) -> None:
        if budget is not None and cost is not None and 0 <= budget.value < cost.value:
            tight.setdefault(budget.span, (budget, cost))

    runs: list[_Least | None] = []
    for contents in workflows:
        budgets = {
            step.key.span: limit
            for step in contents.steps
            if (limit := limit_of(step.get("budget"), parse_money, "the step")) is not None
        }
        for send in contents.all(ir.Send):
            if send.agent in least:
                own = context.agent_builder.resolved[send.agent].fields.get("budget")
                compare(agent_budget(own[0].value if own else None), least[send.agent])
                compare(budgets.get(send.span), least[send.agent])
        for scope in contents.all(ir.Scope):
            if scope.budget is not None:
                compare(budgets.get(scope.span), _dearest(scope.body, least))
        runs.append(_dearest(contents.workflow.body, least))
        node = context.declarations.workflows[contents.workflow.name].node
        if isinstance(node, Mapping):
            compare(limit_of(node.get("budget"), parse_money, "the workflow"), runs[-1])
    known = [cost for cost in runs if cost is not None]
    if known and len(known) == len(runs):
        compare(run_budget(context), min(known, key=lambda cost: cost.value))
    for budget, cost in tight.values():
        price = f"{cost.value:.6f}".rstrip("0").rstrip(".")
        findings.report(
            "budget-impossible",
            budget.span,
            f"this budget of {budget.text} pays for no reply of '{cost.agent}': "
            f"{cost.tokens} tokens of '{cost.model}' cost ${price}",
            hint="raise it, or choose a cheaper model",
        )


def _least(agent: ir.Agent) -> _Least | None:
    """The least that is reserved for a reply; None where that is not known."""
    model, most = agent.options.get("model"), agent.options.get("max_tokens")
    if not isinstance(model, str) or "base_url" in agent.options:
        return None
    price = _output_price(model)
    tokens = min(LEAST_TOKENS, most) if isinstance(most, int) else LEAST_TOKENS
    return None if price is None else _Least(tokens * price / 1e6, agent.name, model, tokens)


def _dearest(block: ir.Block, least: dict[str, _Least]) -> _Least | None:
    """The dearest of the messages that a block surely sends."""
    found = [least[send.agent] for send in _certain(block) if send.agent in least]
    return max(found, key=lambda cost: cost.value, default=None)


def _certain(block: ir.Block) -> Iterator[ir.Send]:
    """The messages that a block sends whatever happens, unless something fails before."""
    for statement in block:
        match statement:
            case ir.Send():
                yield statement
            case ir.Scope() | ir.Attempts() | ir.Repeat() | ir.OnTimeout() | ir.Try():
                yield from _certain(statement.body)
            case ir.Parallel():
                for branch in statement.branches:
                    yield from _certain(branch.body)
            case _:
                pass
        if _may_end(statement):
            return


def _may_end(statement: ir.Statement) -> bool:
    if isinstance(statement, ir.Return | ir.Fail | ir.Call):
        return True
    return any(
        _may_end(inner) for block in (*blocks(statement), *branches(statement)) for inner in block
    )


@cache
def _prices() -> dict[str, dict[str, object]]:
    """The table of prices. It is read as data, for the compiler does without the runtime."""
    spec = find_spec("vega_runtime")
    places = spec.submodule_search_locations if spec is not None else None
    for place in places or ():
        path = Path(place, "models", "prices.json")
        if path.is_file():
            return msgspec.json.decode(path.read_bytes(), type=_Prices).models
    return {}


def _output_price(model: str) -> float | None:
    """Dollars for a million tokens of a model's replies."""
    dated = _DATED.match(model)
    found = _prices().get(model) or _prices().get(dated[1] if dated else model.removesuffix("-0"))
    price = found.get("output") if found else None
    return float(price) if isinstance(price, int | float) else None
