"""The passes over a lowered program, in order."""

from vegac.analysis.addresses import check_addresses
from vegac.analysis.branches import check_branches
from vegac.analysis.comparisons import check_comparisons
from vegac.analysis.conditions import check_conditions
from vegac.analysis.contents import Contents
from vegac.analysis.declared_values import check_declared_values
from vegac.analysis.files import check_attached, check_tool_paths
from vegac.analysis.leaks import check_leaks
from vegac.analysis.limits import check_limits
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
from vegac.analysis.retries import check_retries
from vegac.analysis.rounds import check_rounds
from vegac.analysis.secrets import check_secrets
from vegac.analysis.truth import check_truth
from vegac.analysis.unused import check_unused
from vegac.ir import nodes as ir
from vegac.ir.build.program import ProgramContext
from vegac.source.findings import Findings


def analyse(context: ProgramContext, program: ir.Program, findings: Findings) -> None:
    """Run every pass; findings go to the list."""
    workflows = [Contents(context.built[workflow.name]) for workflow in program.workflows]
    check_names(context, findings)
    check_unused(context, program, findings)
    for workflow in workflows:
        check_conditions(workflow, findings)
        check_branches(workflow, findings)
        check_truth(workflow, findings)
        check_comparisons(workflow, findings)
        check_patterns(workflow, findings)
        check_quoted_holes(context, workflow, findings)
        check_rounds(workflow, findings)
        check_results(context, workflow, findings)
        check_nesting(workflow, findings)
        check_messages(workflow, findings)
        check_attached(workflow, findings)
    check_parameters(context, program, findings)
    check_declared_values(context, workflows, findings)
    check_recursion(program, findings)
    check_tool_keys(context, program, findings)
    check_repetition(program, workflows, findings)
    check_limits(context, findings)
    check_retries(context, workflows, findings)
    check_requests(context, program, findings)
    check_addresses(context, findings)
    check_tool_paths(program, findings)
    check_leaks(program, workflows, findings)
    check_secrets(context.declarations.trees, findings)
