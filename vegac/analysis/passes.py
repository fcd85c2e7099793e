"""The passes over a lowered program, in order."""

from vegac.ir import nodes as ir
from vegac.ir.build.program import ProgramContext
from vegac.source.findings import Findings


def analyse(context: ProgramContext, program: ir.Program, findings: Findings) -> None:
    """Run every pass; findings go to the list."""
    del context, program, findings
