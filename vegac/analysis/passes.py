"""The passes over a lowered program, in order."""

from vegac.analysis.conditions import check_conditions
from vegac.analysis.names import check_names
from vegac.analysis.recursion import check_recursion
from vegac.analysis.repetition import check_repetition
from vegac.analysis.secrets import check_secrets
from vegac.analysis.unused import check_unused
from vegac.ir import nodes as ir
from vegac.ir.build.program import ProgramContext
from vegac.source.findings import Findings


def analyse(context: ProgramContext, program: ir.Program, findings: Findings) -> None:
    """Run every pass; findings go to the list."""
    check_names(context, findings)
    check_unused(context, program, findings)
    check_recursion(program, findings)
    check_conditions(program, findings)
    check_repetition(program, findings)
    check_secrets(context.declarations.trees, findings)
