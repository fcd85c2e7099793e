"""Steps whose first word is no agent."""

from typing import TYPE_CHECKING

from vega_grammar import keys as grammar
from vegac.source.suggest import names_of, unknown_name
from vegac.syntax.document import Step
from vegac.syntax.nodes import Scalar

if TYPE_CHECKING:
    from vegac.ir.build.program import ProgramContext


def report_unknown_agent(context: "ProgramContext", step: Step) -> None:
    """`unknown-agent`, but where an agent of that name may stand in a file that cannot be read."""
    agents = names_of(context.agents)
    details = unknown_name(step.agent, "agents", agents, also=grammar.STEPS)
    if not details["suggestions"] and "agents" in context.incomplete:
        return
    if not agents:
        details["notes"] = ("there are no agents",)
    value = step.value.value if isinstance(step.value, Scalar) else ""
    if value in agents and not details["suggestions"]:
        details["hint"] = f"the agent's name is the key: write `{value}: MESSAGE`"
    elif step.agent in grammar.STEPS:
        details["hint"] = _as_step(step)
    context.findings.report(
        "unknown-agent",
        step.key.value_span(*step.agent_range),
        f"no agent is named '{step.agent}'",
        **details,
    )


def _as_step(step: Step) -> str:
    """How the step is written whose keyword stands in place of an agent, as `if x == 1:` does."""
    rest = step.key.value[step.agent_range[1] :].strip()
    if step.agent == "if" and rest:
        return f"a condition is written `if: {rest}`, with its steps below `then:`"
    return f"`{step.agent}` is the key of a step: write `{step.agent}:`"
