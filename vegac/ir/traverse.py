"""Going through the IR as functions see it: each branch of a parallel step is one of its own."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from vegac.ir import nodes as ir


def children(expr: ir.Expr) -> Sequence[ir.Expr]:
    """The expressions directly inside `expr`, in order of evaluation."""
    find = _CHILDREN.get(type(expr))
    return () if find is None else find(expr)


def _bounds(expr: ir.Slice) -> tuple[ir.Expr, ...]:
    return (expr.value, *(bound for bound in (expr.lower, expr.upper) if bound is not None))


_CHILDREN: dict[type[ir.Expr], Callable[[Any], Sequence[ir.Expr]]] = {
    ir.Template: lambda expr: [part for part in expr.parts if part.__class__ is not str],
    ir.ListValue: lambda expr: expr.items,
    ir.MapValue: lambda expr: expr.values,
    ir.Negate: lambda expr: (expr.operand,),
    ir.Not: lambda expr: (expr.operand,),
    ir.Binary: lambda expr: (expr.left, expr.right),
    ir.Compare: lambda expr: (expr.left, expr.right),
    ir.Logical: lambda expr: expr.operands,
    ir.Conditional: lambda expr: (expr.condition, expr.then, expr.otherwise),
    ir.Field: lambda expr: (expr.value,),
    ir.Index: lambda expr: (expr.value, expr.index),
    ir.Slice: _bounds,
    ir.Dig: lambda expr: (expr.base, *expr.path),
    ir.FilterCall: lambda expr: (expr.value, *expr.arguments),
}


def walk(expr: ir.Expr) -> list[ir.Expr]:
    """`expr` and every expression inside it, each before what is inside it."""
    found = [expr]
    find = _CHILDREN.get(type(expr))
    if find is not None:
        _gather_parts(find(expr), found)
    return found


def _gather_parts(parts: Sequence[ir.Expr], found: list[ir.Expr]) -> None:
    for part in parts:
        found.append(part)
        find = _CHILDREN.get(type(part))
        if find is not None:
            _gather_parts(find(part), found)


def static_expressions(value: "ir.StaticValue | ir.Expr") -> Iterator[ir.Expr]:
    """The expressions inside a static value or an option of a step."""
    match value:
        case ir.Expr():
            yield value
        case ir.Computed(value=expr):
            yield expr
        case ir.Construct(arguments=arguments, positional=positional):
            for item in (*positional, *arguments.values()):
                yield from static_expressions(item)
        case tuple():
            for item in value:
                yield from static_expressions(item)
        case dict():
            for item in value.values():
                yield from static_expressions(item)
        case _:
            pass


def targets(statement: ir.Statement) -> tuple[ir.AnyTarget, ...]:
    """What the statement itself sets in its function, not what the blocks inside it set."""
    find = _TARGETS.get(type(statement))
    return () if find is None else find(statement)


def _own_targets(statement: Any) -> tuple[ir.AnyTarget, ...]:
    return statement.targets


_TARGETS: dict[type[ir.Statement], Callable[[Any], tuple[ir.AnyTarget, ...]]] = {
    **dict.fromkeys(
        (ir.Send, ir.Assign, ir.Repeat, ir.Call, ir.Recall, ir.Ask, ir.ParallelFor), _own_targets
    ),
    ir.For: lambda loop: (*loop.names, *loop.targets),
    ir.Parallel: lambda parallel: (
        *(target for branch in parallel.branches for target in branch.saves),
        *parallel.targets,
    ),
    ir.Try: lambda attempt: (*attempt.error_targets, *attempt.reset_error),
}


def expressions(statement: ir.Statement) -> list[ir.Expr]:
    """The expressions that the statement itself evaluates, those of its branches not included."""
    find = _EXPRESSIONS.get(type(statement))
    found = [] if find is None else find(statement)
    for target in targets(statement):
        if isinstance(target, ir.ComputedTarget):
            found.append(target.name)
    return found


def _of_send(send: ir.Send) -> list[ir.Expr]:
    found = [send.message]
    for option in send.options.values():
        found += static_expressions(option)
    return found


_EXPRESSIONS: dict[type[ir.Statement], Callable[[Any], list[ir.Expr]]] = {
    ir.Send: _of_send,
    ir.Assign: lambda assign: [assign.value],
    ir.Return: lambda end: [end.value],
    ir.If: lambda choice: [choice.condition],
    ir.For: lambda loop: [loop.collection, *_present(loop.collected)],
    ir.ParallelFor: lambda loop: [loop.collection, *_present(loop.limit)],
    ir.Repeat: lambda loop: [loop.limit, *_present(loop.until)],
    ir.Parallel: lambda parallel: _present(parallel.limit),
    ir.Call: lambda call: list(call.arguments.values()),
    ir.Fail: lambda fail: [fail.message],
    ir.Remember: lambda memory: [memory.key, memory.value],
    ir.Recall: lambda memory: [memory.key, *_present(memory.default)],
    ir.Ask: lambda ask: [ask.question, *_present(ask.choices, ask.default)],
}


def _present(*found: ir.Expr | None) -> list[ir.Expr]:
    return [expr for expr in found if expr is not None]


def results(statement: ir.Statement) -> list[ir.Expr]:
    """The expressions that stand for the branches of a statement, evaluated in those."""
    match statement:
        case ir.Parallel(branches=found):
            return _present(*(branch.result for branch in found))
        case ir.ParallelFor(result=result):
            return _present(result)
        case _:
            return []


def blocks(statement: ir.Statement) -> tuple[ir.Block, ...]:
    """The blocks inside a statement that belong to the same function: not those of branches."""
    find = _BLOCKS.get(type(statement))
    return () if find is None else find(statement)


def _body(statement: Any) -> tuple[ir.Block, ...]:
    return (statement.body,)


_BLOCKS: dict[type[ir.Statement], Callable[[Any], tuple[ir.Block, ...]]] = {
    **dict.fromkeys((ir.For, ir.Repeat, ir.Scope, ir.Attempts), _body),
    ir.If: lambda choice: (choice.then, choice.otherwise),
    ir.Try: lambda attempt: (attempt.body, attempt.handler or [], attempt.finally_),
    ir.OnTimeout: lambda scope: (scope.body, scope.handler),
}


def branches(statement: ir.Statement) -> tuple[ir.Block, ...]:
    """The blocks that run beside each other, each a function of its own."""
    match statement:
        case ir.Parallel(branches=found):
            return tuple(branch.body for branch in found)
        case ir.ParallelFor(body=body):
            return (body,)
        case _:
            return ()


def statements(block: ir.Block, into_branches: bool = True) -> list[ir.Statement]:
    """Every statement of a block, nested ones after the one that holds them."""
    found: list[ir.Statement] = []
    _gather(block, into_branches, found)
    return found


def _gather(block: ir.Block, into_branches: bool, found: list[ir.Statement]) -> None:
    for statement in block:
        found.append(statement)
        kind = type(statement)
        find = _BLOCKS.get(kind)
        if find is not None:
            for inner in find(statement):
                _gather(inner, into_branches, found)
        elif into_branches and (kind is ir.Parallel or kind is ir.ParallelFor):
            for inner in branches(statement):
                _gather(inner, into_branches, found)


_EFFECTS = (
    ir.Send,
    ir.Call,
    ir.Parallel,
    ir.ParallelFor,
    ir.Ask,
    ir.Remember,
    ir.Recall,
    ir.Attempts,
)


def has_effects(block: ir.Block) -> bool:
    """Whether the block does anything but compute: what it does then has a key of its own for each
    round of a loop around it."""
    return any(
        isinstance(statement, _EFFECTS) or any(map(reads_clock, expressions(statement)))
        for statement in statements(block)
    )


def reads_clock(expr: ir.Expr) -> bool:
    """Whether evaluating twice may give two values."""
    return any(
        isinstance(part, ir.RunValue) and part.name in ("date", "time", "now", "random")
        for part in walk(expr)
    )


def may_fail(expr: ir.Expr) -> bool:
    """Whether evaluating the expression may raise an error."""
    return any(_may_fail(part) for part in walk(expr))


def _may_fail(expr: ir.Expr) -> bool:
    match expr:
        case ir.Compare(operator="==" | "!="):
            return False
        case ir.Field(value=ir.LoopState()):
            return False
        case ir.ComputedVariable(guarded=guarded):
            return not guarded
        case ir.FilterCall(name="default" | "string"):
            return False
        case (
            ir.Negate()
            | ir.Binary()
            | ir.Compare()
            | ir.Field()
            | ir.Index()
            | ir.Slice()
            | ir.FilterCall()
        ):
            return True
        case _:
            return False
