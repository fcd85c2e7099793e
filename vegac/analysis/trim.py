"""Removing what nobody reads: targets whose variable is never used, or set again before it is."""

from vegac.analysis.total import is_total
from vegac.ir import nodes as ir
from vegac.ir.traverse import blocks, branches, expressions, results, statements, walk
from vegac.ir.traverse import targets as targets_of
from vegac.semantics.types import BOOLEAN, NULL


def trim(program: ir.Program, keep_variables: bool = False) -> None:
    """Drop targets that are never read, in place.

    With `keep_variables` only the hidden ones (`steps.NAME`): the others are shown at the end.
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
    liveness = _Liveness(hidden_only=keep_variables)
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
    """Remove what has no effect and cannot fail: assignments without targets, steps around nothing.
    A condition with an `else` alone is turned round."""
    changed = False
    kept: ir.Block = []
    for statement in block:
        for inner in (*blocks(statement), *branches(statement)):
            changed |= _drop_empty(inner)
        left = _left_of(statement)
        changed |= left != [statement]
        kept += left
    if changed:
        block[:] = kept
    return changed


def _left_of(statement: ir.Statement) -> ir.Block:
    """The statements that do the same."""
    match statement:
        case ir.Assign(targets=()) if is_total(statement.value):
            return []
        case ir.If(then=[], otherwise=[]) if is_total(statement.condition):
            return []
        case ir.If(span=span, site=site, then=[], otherwise=[_, *_] as otherwise):
            condition = ir.Not(BOOLEAN, statement.condition.span, statement.condition)
            return [ir.If(span, site, condition, otherwise, [])]
        case ir.Try(span=span, site=site, body=[], finally_=finally_):
            null = ir.Const(NULL, span, None)
            reset = statement.reset_error
            return [*([ir.Assign(span, site, reset, null)] if reset else []), *finally_]
        case ir.Scope(body=[]) | ir.Attempts(body=[]) | ir.OnTimeout(body=[]):
            return []
        case _:
            return [statement]


class _Liveness:
    """Goes backwards through blocks with the variables that are read later, and drops targets that
    are not among them; with `hidden_only` no others than `steps.NAME`.

    `failing` are the variables that are read after a failure: by the handlers around a statement.
    `trial` passes over a block find out what is read when it runs again; they change nothing.
    """

    def __init__(self, hidden_only: bool) -> None:
        self.hidden_only = hidden_only
        self.changed = False
        self.trial = 0
        self.failing: set[str] = set()

    def block(self, block: ir.Block, after: set[str]) -> set[str]:
        """The variables that are read from `block` on, given those that are read after it."""
        live = set(after)
        for statement in reversed(block):
            live = self.statement(statement, live)
        return live

    def statement(self, statement: ir.Statement, after: set[str]) -> set[str]:
        match statement:
            case ir.Return() | ir.Fail():
                live = set[str]()
            case ir.If(then=then, otherwise=otherwise):
                live = self.block(then, after) | self.block(otherwise, after)
            case ir.For() | ir.Repeat():
                live = self._loop(statement, after)
            case ir.ParallelFor(body=body, result=result):
                self._trim(statement, after)
                live = self._branch(body, _names(result)) - _loop_names(statement)
                live |= _without_targets(statement, after)
            case ir.Parallel(branches=found):
                self._trim(statement, after)
                live = _without_targets(statement, after)
                for branch in found:
                    ends = _names(branch.result) | {save.name for save in branch.saves}
                    live |= self._branch(branch.body, ends)
            case ir.Try():
                live = self._try(statement, after)
            case ir.OnTimeout(body=body, handler=handler):
                caught = self.block(handler, after)
                live = self._inside(body, after, self.failing | caught)
            case ir.Scope(body=body):
                live = self.block(body, after)
            case ir.Attempts(body=body):
                again = self._try_out(body, after)
                live = self._inside(body, after, self.failing | again)
            case ir.Assign(value=value) if is_total(value):
                self._trim(statement, after)
                return _without_targets(statement, after) | _reads(statement)
            case _:
                self._trim(statement, after)
                live = _without_targets(statement, after)
        return live.union(self.failing, *map(_names, _first(statement)))

    def _loop(self, loop: ir.For | ir.Repeat, after: set[str]) -> set[str]:
        self._trim(loop, after)
        ends = after | _names(loop.collected if isinstance(loop, ir.For) else loop.until)
        again = self._try_out(loop.body, ends)
        live = self.block(loop.body, ends | again)
        return (live - _loop_names(loop)) | after if isinstance(loop, ir.For) else live

    def _try(self, step: ir.Try, after: set[str]) -> set[str]:
        leaving = self._try_out(step.finally_, self.failing)
        last = self.block(step.finally_, after | self.failing)
        caught = set[str]()
        if step.handler is not None:
            caught = self._inside(step.handler, last, leaving)
        return self._inside(step.body, last, leaving | caught) | leaving | caught

    def _branch(self, body: ir.Block, ends: set[str]) -> set[str]:
        """What a branch sets is lost when it fails: no handler around it can read that."""
        return self._inside(body, ends, set())

    def _inside(self, body: ir.Block, after: set[str], failing: set[str]) -> set[str]:
        before, self.failing = self.failing, failing
        live = self.block(body, after)
        self.failing = before
        return live

    def _try_out(self, body: ir.Block, after: set[str]) -> set[str]:
        self.trial += 1
        live = self.block(body, after)
        self.trial -= 1
        return live

    def _trim(self, statement: ir.Statement, after: set[str]) -> None:
        if self.trial:
            return
        targets: tuple[ir.AnyTarget, ...] = getattr(statement, "targets", ())
        kept = tuple(target for target in targets if not self._is_dead(target, after))
        if len(kept) != len(targets):
            setattr(statement, "targets", kept)  # noqa: B010
            self.changed = True

    def _is_dead(self, target: ir.AnyTarget, after: set[str]) -> bool:
        if not isinstance(target, ir.Target) or target.name in after:
            return False
        return target.name.startswith("steps.") or not self.hidden_only


def _without_targets(statement: ir.Statement, after: set[str]) -> set[str]:
    return after - {
        target.name for target in targets_of(statement) if isinstance(target, ir.Target)
    }


def _loop_names(loop: ir.For | ir.ParallelFor) -> set[str]:
    return {target.name for target in loop.names}


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
