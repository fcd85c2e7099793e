"""Creating what a program names and does not have: agents, workflows, tools, inputs."""

from collections.abc import Iterator

from vega_lsp.features.insertions import Changes, Inserter
from vega_lsp.session import Snapshot
from vegac.semantics.literals import NAME, PUBLIC_NAME
from vegac.source.diagnostic import Diagnostic
from vegac.source.span import Span
from vegac.syntax.document import Step, walk

Creation = tuple[str, Changes | None]


def creations(snapshot: Snapshot, finding: Diagnostic) -> Iterator[tuple[str, Changes]]:
    """What would cure a finding by adding to the program: titles with their changes."""
    for title, changes in _creations(snapshot, finding):
        if changes:
            yield title, changes


def _creations(snapshot: Snapshot, finding: Diagnostic) -> Iterator[Creation]:
    inserter = Inserter(snapshot.session, snapshot.program)
    name = finding.subject
    match finding.code:
        case "unknown-agent" | "unknown-workflow" | "unknown-tool" if PUBLIC_NAME.fullmatch(name):
            kind = finding.code.removeprefix("unknown-")
            lines = _BODIES[kind](snapshot)
            changes = inserter.definition(snapshot.tree, f"{kind}s", name, lines)
            yield f"Create the {kind} '{name}'", changes
        case "undefined-variable" | "implicit-input" if NAME.fullmatch(name):
            workflow = _workflow_at(snapshot, finding.span)
            if workflow:
                changes = inserter.input(workflow, name)
                yield f"Add the input '{name}' to the workflow '{workflow}'", changes
        case "unknown-input" if NAME.fullmatch(name):
            place = snapshot.program.index.place_at(finding.span.unit, finding.span.start)
            if place is not None and place.kind == "argument":
                changes = inserter.input(place.detail, name)
                yield f"Add the input '{name}' to the workflow '{place.detail}'", changes
        case "missing-input":
            step = _step_of(snapshot, finding.span)
            if step is not None:
                value = f"<<{name}>>" if _is_known(snapshot, finding.span, name) else '""'
                yield f"Pass the input '{name}'", inserter.argument(step, name, value)
        case _:
            pass


def _agent(snapshot: Snapshot) -> list[str]:
    program = snapshot.program.report.program
    default = program.settings.get("default_model") if program else None
    models = [] if default else [f"model: {_usual_model(snapshot)}"]
    return [*models, "system: You are a helpful assistant."]


def _usual_model(snapshot: Snapshot) -> str:
    """The model of the program's other agents."""
    for place in snapshot.program.index.places:
        if place.kind == "model" and place.section == "agents":
            return place.node.value
    return "claude-haiku-4-5"


def _workflow(snapshot: Snapshot) -> list[str]:
    agents = snapshot.program.index.named("agent")
    agent = agents[0].name if agents else "Agent"
    return ["inputs: {task: string}", "steps:", f'  - {agent}: "<<task>>"']


def _tool(_: Snapshot) -> list[str]:
    return [
        "description: What this tool does",
        "params: {query: {type: string, required: true}}",
        "implementation:",
        "  type: http",
        "  url: https://example.com/<<query>>",
    ]


_BODIES = {"agent": _agent, "workflow": _workflow, "tool": _tool}


# --- where a finding is ---------------------------------------------------------------------------


def _workflow_at(snapshot: Snapshot, span: Span) -> str:
    place = snapshot.program.index.place_at(span.unit, span.start)
    return place.owner if place is not None and place.section == "workflows" else ""


def _step_of(snapshot: Snapshot, span: Span) -> Step | None:
    """The step with its main key at a place."""
    for steps in snapshot.program.index.steps.values():
        for step in walk(steps):
            if step.key.span == span:
                return step
    return None


def _is_known(snapshot: Snapshot, span: Span, name: str) -> bool:
    return name in snapshot.program.index.variables(_workflow_at(snapshot, span))
