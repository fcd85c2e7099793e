"""Removing what nobody reads: targets whose variable is never used, and hidden ones (`result`,
`steps.NAME`) that are set again before they are read."""

import re

from vegac.analysis.total import is_total
from vegac.ir import nodes as ir
from vegac.ir.traverse import blocks, branches, expressions, results, statements, walk

_STEPS = re.compile(r"steps\.")
_HIDDEN = re.compile(r"steps\.|result$")


def trim(program: ir.Program, keep_variables: bool = False) -> None:
    """Drop targets that are never read, in place.

    With `keep_variables` only hidden ones, and `result` not: a variable may be named so.
    """
    for workflow in program.workflows:
        while _trim_once(workflow, keep_variables):
            pass


def _trim_once(workflow: ir.Workflow, keep_variables: bool) -> bool:
    read: set[str] = set()
    for statement in statements(workflow.body):
        read |= _reads(statement)
    if keep_variables:
        read |= {name for name in workflow.variables if not name.startswith("steps.")}
    changed = False
    for statement in statements(workflow.body):
        changed |= _keep_targets(statement, read)
    liveness = _Liveness(_STEPS if keep_variables else _HIDDEN)
    live = liveness.block(workflow.body, set())
    wanted = read if keep_variables else read & live
    workflow.initial = tuple(name for name in workflow.initial if name in wanted)
    return changed | liveness.changed | _drop_empty(workflow.body)


def _reads(statement: ir.Statement) -> set[str]:
    return {
        part.name
        for expression in (*expressions(statement), *results(statement))
        for part in walk(expression)
        if isinstance(part, ir.Variable)
    }


def _keep_targets(statement: ir.Statement, names: set[str]) -> bool:
    """Keep only the targets in `names`; tells whether anything went."""
    changed = False
    for field in ("targets", "error_targets", "reset_error"):
        targets: tuple[ir.AnyTarget, ...] | None = getattr(statement, field, None)
        if targets is None:
            continue
        kept = tuple(t for t in targets if not isinstance(t, ir.Target) or t.name in names)
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
            saves = tuple(t for t in branch.saves if t.name in names)
            changed |= len(saves) != len(branch.saves)
            branch.saves = saves
            if not statement.targets and branch.result is not None:
                branch.result = None
                changed = True
    return changed


def _drop_empty(block: ir.Block) -> bool:
    """Remove assignments without targets: what has no effect and cannot fail."""
    changed = False
    for statement in block:
        for inner in (*blocks(statement), *branches(statement)):
            changed |= _drop_empty(inner)
    kept = [s for s in block if not isinstance(s, ir.Assign) or s.targets or not is_total(s.value)]
    if len(kept) != len(block):
        block[:] = kept
        changed = True
    return changed


class _Liveness:
    """Goes backwards through blocks with the hidden variables that are read later.

    Variables are hidden whose names match `hidden`. `trial` passes over a loop's body find out what
    its next round reads; they change nothing.
    """

    def __init__(self, hidden: re.Pattern[str]) -> None:
        self.hidden = hidden
        self.changed = False
        self.trial = 0

    def block(self, block: ir.Block, after: set[str]) -> set[str]:
        """The variables that are read from `block` on, given those that are read after it."""
        live = set(after)
        for statement in reversed(block):
            live = self.statement(statement, live)
        return live

    def statement(self, statement: ir.Statement, after: set[str]) -> set[str]:
        match statement:
            case ir.Return() | ir.Fail():
                return _reads(statement)
            case ir.If(then=then, otherwise=otherwise):
                live = self.block(then, after) | self.block(otherwise, after)
            case ir.For() | ir.Repeat():
                live = self._loop(statement, after)
            case ir.ParallelFor(body=body, result=result):
                self._trim(statement, after)
                live = self.block(body, _names(result)) | self._without_targets(statement, after)
            case ir.Parallel(branches=found):
                self._trim(statement, after)
                live = self._without_targets(statement, after)
                for branch in found:
                    ends = _names(branch.result) | {save.name for save in branch.saves}
                    live |= self.block(branch.body, ends)
            case ir.Try(body=body, handler=handler, finally_=finally_):
                live = self._try(body, handler, finally_, after)
            case ir.OnTimeout(body=body, handler=handler):
                caught = self.block(handler, after)
                live = self.block(body, after | caught) | caught
            case ir.Scope(body=body):
                live = self.block(body, after)
            case ir.Attempts(body=body):
                self.trial += 1
                again = self.block(body, after)
                self.trial -= 1
                live = self.block(body, after | again) | again
            case _:
                self._trim(statement, after)
                live = self._without_targets(statement, after)
        return live.union(*map(_names, _first(statement)))

    def _loop(self, loop: ir.For | ir.Repeat, after: set[str]) -> set[str]:
        self._trim(loop, after)
        ends = after | _names(loop.collected if isinstance(loop, ir.For) else loop.until)
        self.trial += 1
        again = self.block(loop.body, ends)
        again |= self.block(loop.body, ends | again)
        self.trial -= 1
        live = self.block(loop.body, ends | again)
        return live | after if isinstance(loop, ir.For) else live

    def _try(
        self, body: ir.Block, handler: ir.Block | None, finally_: ir.Block, after: set[str]
    ) -> set[str]:
        last = self.block(finally_, after)
        caught = self.block(handler, last) if handler is not None else set[str]()
        anywhere = caught | last | self._everything_in(body)
        return self.block(body, anywhere) | anywhere

    def _everything_in(self, body: ir.Block) -> set[str]:
        """A `try` may end after any statement: what its body reads anywhere stays."""
        found: set[str] = set()
        for statement in statements(body):
            found |= _reads(statement)
        return found

    def _trim(self, statement: ir.Statement, after: set[str]) -> None:
        if self.trial:
            return
        targets: tuple[ir.AnyTarget, ...] = getattr(statement, "targets", ())
        names = {t.name for t in targets if isinstance(t, ir.Target)}
        dead = {name for name in names if self.hidden.match(name) and name not in after}
        if dead:
            targets = tuple(
                t for t in targets if not isinstance(t, ir.Target) or t.name not in dead
            )
            setattr(statement, "targets", targets)  # noqa: B010
            self.changed = True

    @staticmethod
    def _without_targets(statement: ir.Statement, after: set[str]) -> set[str]:
        targets: tuple[ir.AnyTarget, ...] = getattr(statement, "targets", ())
        return after - {t.name for t in targets if isinstance(t, ir.Target)}


def _first(statement: ir.Statement) -> list[ir.Expr]:
    """The expressions that are evaluated before the blocks inside a statement run."""
    match statement:
        case ir.For(collection=collection):
            return [collection]
        case ir.Repeat(limit=limit):
            return [limit]
        case _:
            return expressions(statement)


def _names(expression: ir.Expr | None) -> set[str]:
    if expression is None:
        return set()
    return {p.name for p in walk(expression) if isinstance(p, ir.Variable)}
