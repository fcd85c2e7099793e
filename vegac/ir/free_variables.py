"""What a block reads of its surroundings: the arguments of the function that a branch becomes."""

from msgspec import Struct

from vegac.ir import nodes as ir
from vegac.ir.traverse import expressions, targets, walk


class Needs(Struct, frozen=True):
    """Variables and loops (by level) that are read before the block itself has set them, and
    whether it looks up computed names. All in the order in which they are met."""

    variables: tuple[str, ...] = ()
    loops: tuple[int, ...] = ()
    computed: bool = False


def needs(
    body: ir.Block,
    bound: tuple[str, ...] = (),
    loops: tuple[int, ...] = (),
    at_end: tuple[str, ...] = (),
    result: ir.Expr | None = None,
) -> Needs:
    """What `body` needs from outside when it starts with `bound` variables and `loops` set.

    `at_end` are variables that are read after it, `result` an expression evaluated there.
    """
    finder = _Finder()
    known = finder.block(body, {*bound, *map(_loop, loops)})
    if known is not None:
        finder.read_names(at_end, known)
        if result is not None:
            finder.read(result, known)
    return Needs(tuple(finder.variables), tuple(finder.loops), finder.computed)


def ends(body: ir.Block) -> bool:
    """Whether every path through the block ends in `return` or `fail`."""
    return any(map(_ends, body))


def _ends(statement: ir.Statement) -> bool:
    match statement:
        case ir.Return() | ir.Fail():
            return True
        case ir.If(then=then, otherwise=otherwise, certain=certain):
            return ends(then) and (certain or ends(otherwise))
        case ir.OnTimeout(body=body, handler=handler):
            return ends(body) and ends(handler)
        case ir.Try(body=body, handler=handler, finally_=finally_):
            return (ends(body) and (handler is None or ends(handler))) or ends(finally_)
        case ir.Repeat(body=body) | ir.Scope(body=body) | ir.Attempts(body=body):
            return ends(body)
        case _:
            return False


def _loop(level: int) -> str:
    return f"<loop {level}>"


class _Finder:
    def __init__(self) -> None:
        self.variables: dict[str, None] = {}
        self.loops: dict[int, None] = {}
        self.computed = False

    def read_names(self, names: tuple[str, ...], known: set[str]) -> None:
        for name in names:
            if name not in known:
                self.variables[name] = None

    def read(self, expr: ir.Expr, known: set[str]) -> None:
        for part in walk(expr):
            match part:
                case ir.Variable(name=name) if name not in known:
                    self.variables[name] = None
                case ir.LoopState(level=level) if _loop(level) not in known:
                    self.loops[level] = None
                case ir.ComputedVariable():
                    self.computed = True
                case _:
                    pass

    def block(self, body: ir.Block, known: set[str]) -> set[str] | None:
        """Go through a block; returns what is set after it, None where its end is not reached."""
        for statement in body:
            after = self.statement(statement, known)
            if after is None:
                return None
            known = after
        return known

    def statement(self, statement: ir.Statement, known: set[str]) -> set[str] | None:
        match statement:
            case ir.Return() | ir.Fail():
                self._expressions(statement, known)
                return None
            case ir.If(then=then, certain=True):
                return self.block(then, known)
            case ir.If(then=then, otherwise=otherwise):
                self._expressions(statement, known)
                return _both(self.block(then, known), self.block(otherwise, known))
            case ir.For():
                return self._for(statement, known)
            case ir.Repeat():
                return self._repeat(statement, known)
            case ir.Parallel():
                return self._parallel(statement, known)
            case ir.ParallelFor():
                return self._parallel_for(statement, known)
            case ir.Try():
                return self._try(statement, known)
            case ir.OnTimeout(body=body, handler=handler):
                return _both(self.block(body, known), self.block(handler, known))
            case ir.Scope(body=body) | ir.Attempts(body=body):
                return self.block(body, known)
            case _:
                self._expressions(statement, known)
                return known | _names(statement)

    def _expressions(self, statement: ir.Statement, known: set[str]) -> None:
        for expr in expressions(statement):
            self.read(expr, known)

    def _for(self, loop: ir.For, known: set[str]) -> set[str]:
        self.read(loop.collection, known)
        inside = known | {target.name for target in loop.names} | {_loop(loop.level)}
        after = self.block(loop.body, inside)
        if after is not None and loop.collected is not None:
            self.read(loop.collected, after)
        self._computed_targets(loop.targets, known)
        return known | {_loop(loop.level)} | _plain(loop.targets)

    def _repeat(self, loop: ir.Repeat, known: set[str]) -> set[str] | None:
        self.read(loop.limit, known)
        after = self.block(loop.body, known | {_loop(loop.level)})
        if after is None:
            return None
        if loop.until is not None:
            self.read(loop.until, after)
        self._computed_targets(loop.targets, after)
        return after | _plain(loop.targets)

    def _parallel(self, step: ir.Parallel, known: set[str]) -> set[str]:
        if step.limit is not None:
            self.read(step.limit, known)
        saved: set[str] = set()
        for branch in step.branches:
            after = self.block(branch.body, set(known))
            if after is None:
                continue
            self.read_names(tuple(target.name for target in branch.saves), after)
            saved |= {target.name for target in branch.saves}
            if branch.result is not None:
                self.read(branch.result, after)
        self._computed_targets(step.targets, known | saved)
        return known | saved | _plain(step.targets)

    def _parallel_for(self, step: ir.ParallelFor, known: set[str]) -> set[str]:
        self.read(step.collection, known)
        if step.limit is not None:
            self.read(step.limit, known)
        inside = known | {target.name for target in step.names} | {_loop(step.level)}
        after = self.block(step.body, inside)
        if after is not None and step.result is not None:
            self.read(step.result, after)
        self._computed_targets(step.targets, known)
        return known | {_loop(step.level)} | _plain(step.targets)

    def _try(self, step: ir.Try, known: set[str]) -> set[str] | None:
        after = self.block(step.body, known)
        if after is not None:
            after = after | {target.name for target in step.reset_error}
        if step.handler is not None:
            errors = {target.name for target in step.error_targets}
            after = _both(after, self.block(step.handler, known | errors))
        ended = self.block(step.finally_, known)
        if after is None or ended is None:
            return None
        return after | ended

    def _computed_targets(self, found: tuple[ir.AnyTarget, ...], known: set[str]) -> None:
        for target in found:
            if isinstance(target, ir.ComputedTarget):
                self.read(target.name, known)


def _both(left: set[str] | None, right: set[str] | None) -> set[str] | None:
    if left is None:
        return right
    return left if right is None else left & right


def _names(statement: ir.Statement) -> set[str]:
    return _plain(targets(statement))


def _plain(found: tuple[ir.AnyTarget, ...]) -> set[str]:
    return {target.name for target in found if isinstance(target, ir.Target)}
