"""What is wrong between a test and its program, as far as it shows without a run."""

from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from vega_grammar.testing import ERROR_TYPES
from vega_grammar.tools import BUILTIN_TOOLS
from vegac.ir import nodes as ir
from vegac.ir.build.arguments import Argument, check_arguments, cure, requoted
from vegac.ir.build.workflow import value_type
from vegac.semantics.constants import is_of_type, map_type, type_of_constant
from vegac.semantics.type_syntax import article
from vegac.semantics.types import ANY, ListOf, Type, union
from vegac.source.diagnostic import Diagnostic
from vegac.source.findings import Findings
from vegac.source.registry import report
from vegac.source.suggest import available, did_you_mean, nearest, unknown_name
from vegac.syntax.core_schema import to_value
from vegac.syntax.nodes import ErrorNode, Node, Scalar, Sequence
from vegac.syntax.nodes import Mapping as MappingNode
from vegac.testing.cases import Case, Checks, TestFile
from vegac.testing.naming import unknown_agents, unknown_workflow
from vegac.testing.questions import questions
from vegac.workspace import Report


def unfit(file: TestFile, case: Case, checked: Report) -> list[Diagnostic]:
    """Why the workflow of a test cannot be run as the test says: names that its program, which was
    checked, does not have, and inputs that its workflow does not take."""
    declared = checked.declarations
    if declared is None:
        return []
    found = [*unknown_agents(file, case, declared.agents)]
    wrong = unknown_workflow(case, declared.workflows)
    if wrong is not None and not declared.workflows and checked.has_errors:
        return found  # what should be one is reported
    if wrong is not None:
        return found if case.broken and case.workflow is None else [*found, wrong]
    workflow = workflow_of(case, checked)
    if workflow is not None and not case.broken and not _wants_input_error(case):
        found += _inputs(case, workflow)
    return found


def unmet(case: Case, checked: Report) -> Iterator[Diagnostic]:
    """What a test expects in vain: a run would show it as a difference."""
    workflow = workflow_of(case, checked)
    if workflow is None or checked.program is None or case.broken:
        return
    yield from _unknown_tools(case, checked.program)
    reached = _reached(workflow, checked.program)
    for name, node in _called(case):
        if name not in reached and any(agent.name == name for agent in checked.program.agents):
            yield report(
                "unknown-agent",
                node.span,
                f"workflow '{workflow.name}' sends nothing to '{name}'",
                hint=did_you_mean(name, reached),
                notes=(available("agents that it sends to", reached),),
            )
    if case.expect.error is not None:
        return
    yield from _unanswered(case, workflow)
    if case.replay is None:
        yield from questions(case, workflow)
    yield from _never_equal("the output", case.expect.output, workflow.result_type)
    if workflow.computed:
        return
    known = {one.name for one in workflow.inputs}
    known |= {name for name in workflow.variables if not name.startswith("steps.")}
    for key in case.expect.variable_keys:
        name = key.value
        if name in known:
            continue
        yield report(
            "undefined-variable",
            key.span,
            f"workflow '{workflow.name}' has no variable '{name}'",
            **unknown_name(name, "variables", known),
        )


def unreadable_expressions(case: Case) -> Iterator[Diagnostic]:
    """The errors in expressions that are to have a value, or to fail only when they are
    evaluated."""
    from vegac.testing.expressions import problems_of

    for one in case.expressions:
        if one.error is None or one.error in ERROR_TYPES:
            yield from problems_of(one.expr, one.vars)


def workflow_of(case: Case, checked: Report) -> ir.Workflow | None:
    """The workflow that a test runs; None where the program has errors, or no such workflow."""
    if checked.program is None or checked.has_errors:
        return None
    workflows = checked.program.workflows
    if case.workflow is None:
        return workflows[0] if len(workflows) == 1 else None
    named = case.workflow.value
    return next((one for one in workflows if one.name == named), None)


# --- inputs ------------------------------------------------------------------------------------


def _wants_input_error(case: Case) -> bool:
    error = case.expect.error
    return error is not None and error.type in (None, "InputError")


def _inputs(case: Case, workflow: ir.Workflow) -> list[Diagnostic]:
    findings = Findings()
    given: list[Argument] = [(entry, _literal(entry.value)) for entry in case.given]
    declared = {one.name: one for one in workflow.inputs}
    place = case.inputs_key or case.key
    check_arguments(findings, workflow.name, declared, given, place.span, "inputs")
    # Another test's misspelling says nothing about what is missing in this one.
    return [
        replace(finding, subject="") if finding.code == "missing-input" else finding
        for finding in findings.items
    ]


def _literal(node: Node) -> ir.Expr:
    """A value of a test as the compiler knows literals, each part with its place."""
    match node:
        case Scalar():
            value = to_value(node)
            assert value is None or isinstance(value, str | int | float | bool)
            return ir.Const(type_of_constant(value), node.span, value)
        case Sequence(items=items):
            parts = tuple(map(_literal, items))
            return ir.ListValue(ListOf(union(part.type for part in parts)), node.span, parts)
        case MappingNode(entries=entries):
            keys = tuple(entry.key.value for entry in entries)
            values = tuple(_literal(entry.value) for entry in entries)
            types: list[Type] = [value.type for value in values]
            return ir.MapValue(map_type(keys, types), node.span, keys, values)
        case _:
            return ir.Const(ANY, node.span, None)


# --- expectations ------------------------------------------------------------------------------


def _called(case: Case) -> Iterator[tuple[str, Node]]:
    """The agents that must get a message, with where the test says so."""
    expect = case.expect
    if expect.calls is not None and isinstance(expect.calls.node, Sequence):
        yield from zip(expect.calls.agents, expect.calls.node.items, strict=True)
    for sent in expect.sent:
        if sent.messages:
            yield sent.agent, sent.key


def _reached(workflow: ir.Workflow, program: ir.Program) -> Collection[str]:
    """The agents that a workflow may send to, and all in their teams."""
    teams: Mapping[str, object] = {one.name: one.options.get("team") for one in program.agents}
    reached: dict[str, None] = {}
    left = list(workflow.agents)
    while left:
        name = left.pop()
        if name not in reached:
            reached[name] = None
            team = teams.get(name)
            left += [str(member) for member in team] if isinstance(team, list | tuple) else []
    return reached


def _unanswered(case: Case, workflow: ir.Workflow) -> Iterator[Diagnostic]:
    """That the script has nothing for the first message of a workflow, which is always sent."""
    first = next((one for one in workflow.body if not isinstance(one, ir.Assign)), None)
    if not isinstance(first, ir.Send) or case.live or case.replay is not None:
        return
    if any(entry.get("agent", first.agent) == first.agent for entry in case.script or ()):
        return
    sends = f"workflow '{workflow.name}' sends a message to '{first.agent}'"
    if case.script is None:
        said, hint = "the test has no `model:`", "write the replies there, or use `replay:`"
    else:
        said, hint = "the script has no reply for it", f"add one with `agent: {first.agent}`"
    place = case.model_key or case.key
    message = f"{sends}, and {said}"
    yield report("missing-key", place.span, message, hint=hint, subject=first.agent)


def _unknown_tools(case: Case, program: ir.Program) -> Iterator[Diagnostic]:
    """Calls in the script of tools that nobody has, where the name is that of a tool but for a
    misspelling: a test may well show what becomes of a call that is refused."""
    known = [*(tool.name for tool in program.tools), *BUILTIN_TOOLS]
    for name, node in case.tools:
        near = nearest(name, known)
        if name not in known and near:
            yield report(
                "unknown-tool",
                node.span,
                f"the program has no tool named '{name}'",
                severity="warning",
                hint=did_you_mean(name, known),
                subject=name,
                suggestions=tuple(near),
            )


def _never_equal(what: str, checks: Checks, type_: Type) -> Iterator[Diagnostic]:
    for check in checks:
        node = check.node
        if check.kind != "equal" or check.wanted is None or isinstance(node, ErrorNode):
            continue
        if not is_of_type(check.wanted, type_):
            here = value_type(check.wanted)
            yield report(
                "type-mismatch",
                node.span,
                f"{what} is {article(type_)}, and never equal to {article(here)}",
                hint=cure(here, type_),
                fixes=requoted(node, node.span, type_),
            )
