"""Limits of the Python that a program becomes."""

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.nesting import MAX_BLOCKS, MAX_CHAIN, nested_blocks
from vegac.ir.traverse import children
from vegac.source.findings import Findings


def check_nesting(contents: Contents, findings: Findings) -> None:
    """`limit-exceeded`: steps or expressions that are nested deeper than Python compiles."""
    workflow = contents.workflow
    if nested_blocks(workflow.body) > MAX_BLOCKS:
        findings.report(
            "limit-exceeded",
            workflow.span,
            f"the steps of workflow '{workflow.name}' are nested more than {MAX_BLOCKS} deep",
            hint="move the inner ones into a workflow of their own",
        )
    for expression, parts in contents.expressions:
        if len(parts) > MAX_CHAIN and _is_deep(expression):
            findings.report(
                "limit-exceeded",
                expression.span,
                f"this expression is nested more than {MAX_CHAIN} deep",
                hint="compute a part of it with `set` first",
            )


def _is_deep(expression: ir.Expr) -> bool:
    level = [expression]
    for _ in range(MAX_CHAIN):
        level = [child for parent in level for child in children(parent)]
        if not level:
            return False
    return True
