"""Time limits and budgets inside others that end first."""

from collections.abc import Callable

from msgspec import Struct

from vegac.ir.build.program import ProgramContext
from vegac.semantics.literals import parse_duration, parse_money
from vegac.source.diagnostic import Label
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.syntax.document import Step
from vegac.syntax.nodes import Mapping, Node, Scalar


class Limit(Struct, frozen=True):
    """A limit in seconds or dollars, where it stands and what it ends, in words."""

    value: float
    span: Span
    text: str
    owner: str


class _Kind(Struct, frozen=True):
    code: str
    noun: str


_LIMITS = frozenset({"timeout", "total_timeout", "budget"})
_TIME = _Kind("timeout-never-reached", "time limit")
_MONEY = _Kind("budget-never-reached", "budget")


def run_budget(context: ProgramContext) -> Limit | None:
    """The budget that the settings give each run."""
    return limit_of(_setting(context, "budget"), parse_money, "the run")


def check_limits(
    node: Node, steps: list[Step], run_budget: Limit | None, findings: Findings
) -> None:
    """`timeout-never-reached` and `budget-never-reached`, in the workflow that a node declares."""
    if not isinstance(node, Mapping):
        return
    timeout = limit_of(node.get("timeout"), parse_duration, "the workflow")
    budget = limit_of(node.get("budget"), parse_money, "the workflow")
    _check(budget, run_budget, _MONEY, findings)
    for step in steps:
        _step(step, timeout, _less(budget, run_budget), findings)


def check_agent_budgets(
    context: ProgramContext, run_budget: Limit | None, findings: Findings
) -> None:
    """`budget-never-reached`, in agents."""
    for declaration in context.declarations.agents.values():
        node = declaration.node.get("budget") if isinstance(declaration.node, Mapping) else None
        _check(agent_budget(node), run_budget, _MONEY, findings)


def agent_budget(node: Node | None) -> Limit | None:
    """The budget that an agent's `budget` sets. One that handles being exceeded ends nothing."""
    if isinstance(node, Mapping):
        if isinstance(node.get("on_exceed"), Scalar):
            return None
        node = node.get("limit")
    return limit_of(node, parse_money, "the agent")


def _step(
    step: Step, outer_time: Limit | None, outer_money: Limit | None, findings: Findings
) -> None:
    time, money = outer_time, outer_money
    if not _LIMITS.isdisjoint(step.fields):
        timeout = limit_of(step.get("timeout"), parse_duration, "this step")
        total = limit_of(step.get("total_timeout"), parse_duration, "this step")
        budget = limit_of(step.get("budget"), parse_money, "this step")
        handled = "on_timeout" in step.blocks
        _check(total, outer_time, _TIME, findings, handled)
        _check(timeout, _less(outer_time, total), _TIME, findings, handled and total is None)
        _check(budget, outer_money, _MONEY, findings)
        time = _less(_less(outer_time, total), timeout)
        money = _less(outer_money, budget)
    for name, block in step.blocks.items():
        late = name == "on_timeout"
        for inner in block:
            _step(inner, outer_time if late else time, outer_money if late else money, findings)
    for _, block in step.elifs:
        for inner in block:
            _step(inner, time, money, findings)


def _check(
    inner: Limit | None,
    outer: Limit | None,
    kind: _Kind,
    findings: Findings,
    handled: bool = False,
) -> None:
    """Report a limit beyond the one around it; where something waits for it, one as large too."""
    if inner is None or outer is None or inner.value < outer.value:
        return
    if inner.value == outer.value and not handled:
        return
    findings.report(
        kind.code,
        inner.span,
        f"this {kind.noun} of {inner.text} is never reached: {outer.owner} ends at {outer.text}",
        hint=f"make it less than {outer.text}, or raise the other one",
        labels=(Label(outer.span, "ends first"),),
    )


def _less(a: Limit | None, b: Limit | None) -> Limit | None:
    if a is None or b is None:
        return a or b
    return b if b.value < a.value else a


def limit_of(node: Node | None, parse: Callable[[str], float | None], owner: str) -> Limit | None:
    """The limit that a node writes, if it does."""
    if not isinstance(node, Scalar):
        return None
    value = parse(node.value)
    return None if value is None else Limit(value, node.span, node.value, owner)


def _setting(context: ProgramContext, name: str) -> Node | None:
    declaration = context.declarations.settings
    if declaration is None or not isinstance(declaration.node, Mapping):
        return None
    return declaration.node.get(name)
