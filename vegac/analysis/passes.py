"""The passes over a lowered program, in order."""

from msgspec import Struct, field

from vegac.analysis.addresses import check_addresses
from vegac.analysis.branches import check_branches
from vegac.analysis.comparisons import check_comparisons
from vegac.analysis.conditions import check_conditions
from vegac.analysis.contents import Contents
from vegac.analysis.declared_values import check_declared_values, check_parameter_values
from vegac.analysis.dollars import check_dollars
from vegac.analysis.files import check_attached, check_tool_paths
from vegac.analysis.leaks import check_leaks
from vegac.analysis.least_cost import check_least_costs
from vegac.analysis.limits import Limit, check_agent_budgets, check_limits, run_budget
from vegac.analysis.messages import check_messages
from vegac.analysis.names import check_names
from vegac.analysis.nesting import check_nesting
from vegac.analysis.parameters import check_parameters
from vegac.analysis.patterns import check_patterns
from vegac.analysis.quoted_holes import check_quoted_holes, check_tool_keys
from vegac.analysis.recursion import check_recursion
from vegac.analysis.repetition import check_repetition
from vegac.analysis.requests import check_requests
from vegac.analysis.results import check_results
from vegac.analysis.retries import check_retries, check_step_retries
from vegac.analysis.rounds import check_rounds
from vegac.analysis.secrets import check_secrets
from vegac.analysis.teams import check_teams
from vegac.analysis.truth import check_truth
from vegac.analysis.unused import check_unused
from vegac.ir import nodes as ir
from vegac.ir.build.program import ProgramContext
from vegac.semantics.types import Type
from vegac.source.diagnostic import Diagnostic
from vegac.source.findings import Findings


class Judged(Struct, eq=False):
    """What the passes over a workflow alone have found in it; `results` are the types that the
    workflows that it calls return, `budget` is that of each run."""

    contents: Contents
    results: list[Type | None]
    budget: Limit | None
    findings: list[Diagnostic]


class Judgements(Struct, eq=False):
    """What is remembered of the workflows of one program; `count` says how many were judged so
    far."""

    workflows: dict[str, Judged] = field(default_factory=dict[str, Judged])
    count: int = 0


def analyse(
    context: ProgramContext,
    program: ir.Program,
    findings: Findings,
    known: Judgements | None = None,
) -> None:
    """Run every pass; findings go to the list. Workflows that are known are not judged again."""
    known = Judgements() if known is None else known
    budget = run_budget(context)
    known.workflows = {
        workflow.name: _judged(context, workflow.name, budget, known)
        for workflow in program.workflows
    }
    workflows = [judged.contents for judged in known.workflows.values()]
    check_unused(context, program, findings)
    for judged in known.workflows.values():
        findings.items += judged.findings
    check_parameters(context, program, findings)
    check_parameter_values(context, findings)
    check_recursion(workflows, findings)
    check_tool_keys(context, program, findings)
    check_repetition(program, workflows, findings)
    check_agent_budgets(context, budget, findings)
    check_least_costs(context, program, workflows, findings)
    check_retries(context, findings)
    check_teams(context, program, findings)
    check_requests(context, program, findings)
    check_addresses(context, findings)
    check_tool_paths(program, findings)
    check_leaks(program, workflows, findings)
    check_secrets(context.declarations.trees, findings)
    check_dollars(context.declarations.trees, findings)


def _judged(context: ProgramContext, name: str, budget: Limit | None, known: Judgements) -> Judged:
    """What is wrong in a workflow by itself: nothing else of the program matters but what the
    workflows that it calls return, and what a run may cost."""
    built = context.built[name]
    callees = [context.built.get(callee) for callee in built.calls]
    results = [callee.workflow.result_type if callee else None for callee in callees]
    before = known.workflows.get(name)
    if (
        before is not None
        and before.contents.built is built
        and before.results == results
        and before.budget == budget
    ):
        return before
    known.count += 1
    contents = Contents(built)
    node = context.declarations.workflows[name].node
    findings = Findings()
    check_names(built, findings)
    check_conditions(contents, findings)
    check_branches(contents, findings)
    check_truth(contents, findings)
    check_comparisons(contents, findings)
    check_patterns(contents, findings)
    check_quoted_holes(context, contents, findings)
    check_rounds(contents, findings)
    check_results(context, contents, findings)
    check_nesting(contents, findings)
    check_messages(contents, findings)
    check_attached(contents, findings)
    check_declared_values(node, contents, findings)
    check_limits(node, built.steps, budget, findings)
    check_step_retries(contents, findings)
    return Judged(contents, results, budget, findings.items)
