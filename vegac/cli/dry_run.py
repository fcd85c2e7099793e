"""What a run would do, without doing it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vegac.cli.results import shown

if TYPE_CHECKING:
    from vega_runtime.options import RunOptions
    from vega_runtime.session import Session
    from vega_runtime.workflow import Workflow


def plan(
    workflow: "Workflow[Any, Any]", inputs: dict[str, Any], options: "RunOptions", path: Path
) -> str:
    """The workflow, its inputs, its agents with their models, and what would stop the run."""
    from vega_runtime.checks import problems
    from vega_runtime.session import Session

    session = Session(workflow.program, options)
    lines = [f"workflow {workflow.name} of {path}"]
    if workflow.description:
        lines.append(f"  {workflow.description}")
    lines += _section("inputs", [(name, _short(value)) for name, value in inputs.items()])
    lines += _section("agents", [(agent.name, _agent(agent, session)) for agent in workflow.agents])
    lines += _section("limits", _limits(workflow, options))
    found = [line for problem in problems(session, workflow) for line in problem.splitlines()]
    lines += ["", "no model was called"]
    if found:
        lines += ["the run would stop:", *(f"  {line}" for line in found)]
    return "\n".join(lines)


def _section(title: str, rows: list[tuple[str, str]]) -> list[str]:
    if not rows:
        return []
    longest = max(len(name) for name, _ in rows)
    return ["", title, *(f"  {name:<{longest}}  {text}" for name, text in rows)]


def _short(value: Any) -> str:
    text = shown(value, "json").replace("\n", " ")
    return text if len(text) <= 100 else f"{text[:97]}..."


def _agent(agent: Any, session: "Session") -> str:
    from vega_runtime.member import model_of

    try:
        model = model_of(session, agent)[0] or "no model"
    except KeyError as error:
        model = f"model of ${{{error.args[0]}}}"
    tools = [tool if isinstance(tool, str) else tool.name for tool in agent.tools or ()]
    return f"{model}  tools: {', '.join(tools)}" if tools else model


def _limits(workflow: "Workflow[Any, Any]", options: "RunOptions") -> list[tuple[str, str]]:
    from vegac.cli.progress import seconds

    budgets = (
        ("budget of the run", options.budget),
        ("budget of the settings", workflow.program.settings.budget),
        ("budget of the workflow", workflow.budget),
    )
    timeouts = (
        ("timeout of the run", options.timeout),
        ("timeout of the workflow", workflow.timeout),
    )
    return [(name, f"${amount:.2f}") for name, amount in budgets if amount is not None] + [
        (name, seconds(time)) for name, time in timeouts if time is not None
    ]
