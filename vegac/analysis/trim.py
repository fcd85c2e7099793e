"""Removing what nobody reads: targets of statements whose variable is never used."""

from collections.abc import Iterator

from vegac.ir import nodes as ir
from vegac.analysis.walking import blocks_of, expressions_of, statements, subexpressions


def trim(program: ir.Program, keep_variables: bool = False) -> None:
    """Drop targets that are never read, in place. With `keep_variables` only hidden ones."""
    for workflow in program.workflows:
        while _trim_once(workflow, keep_variables):
            pass


def _trim_once(workflow: ir.Workflow, keep_variables: bool) -> bool:
    read = {
        part.name
        for expression in _all_expressions(workflow.body)
        for part in subexpressions(expression)
        if isinstance(part, ir.Variable)
    }
    if keep_variables:
        read |= {n for n in workflow.variables if n != "result" and not n.startswith("steps.")}
    changed = False
    for statement in statements(workflow.body):
        changed |= _trim_statement(statement, read)
    workflow.initial = tuple(name for name in workflow.initial if name in read)
    changed |= _drop_empty(workflow.body)
    return changed


def _all_expressions(block: ir.Block) -> Iterator[ir.Expr]:
    for statement in statements(block):
        yield from expressions_of(statement)


def _trim_statement(statement: ir.Statement, read: set[str]) -> bool:
    changed = False
    for field in ("targets", "error_targets", "reset_error"):
        targets: tuple[ir.AnyTarget, ...] | None = getattr(statement, field, None)
        if targets is None:
            continue
        kept = tuple(t for t in targets if not isinstance(t, ir.Target) or t.name in read)
        if len(kept) != len(targets):
            setattr(statement, field, kept)
            changed = True
    if isinstance(statement, ir.ParallelFor) and not statement.targets:
        changed |= statement.result is not None
        statement.result = None
    if isinstance(statement, ir.For) and not statement.targets:
        changed |= statement.collected is not None
        statement.collected = None
    if isinstance(statement, ir.Parallel):
        for branch in statement.branches:
            kept_saves = tuple(t for t in branch.saves if t.name in read)
            changed |= len(kept_saves) != len(branch.saves)
            branch.saves = kept_saves
            if not statement.targets and branch.result is not None:
                branch.result = None
                changed = True
    return changed


def _drop_empty(block: ir.Block) -> bool:
    """Remove assignments without targets (an expression has no effect)."""
    changed = False
    for statement in list(block):
        for inner in blocks_of(statement):
            changed |= _drop_empty(inner)
    kept = [s for s in block if not (isinstance(s, ir.Assign) and not s.targets)]
    if len(kept) != len(block):
        block[:] = kept
        changed = True
    return changed
