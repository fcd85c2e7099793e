"""The passes over a lowered program, in order."""

from vegac.analysis.conditions import check_conditions
from vegac.analysis.recursion import check_recursion
from vegac.analysis.unused import check_unused
from vegac.ir import nodes as ir
from vegac.ir.build.program import ProgramContext
from vegac.source.findings import Findings


def analyse(context: ProgramContext, program: ir.Program, findings: Findings) -> None:
    """Run every pass; findings go to the list."""
    check_unused(context, program, findings)
    check_recursion(program, findings)
    check_conditions(program, findings)
