"""Going through the IR as functions see it: each branch of a parallel step is one of its own."""

from collections.abc import Callable, Iterator
from typing import Any

from vegac.ir import nodes as ir


def children(expr: ir.Expr) -> tuple[ir.Expr, ...]:
    """The expressions directly inside `expr`, in order of evaluation."""
    find = _CHILDREN.get(type(expr))
    return () if find is None else find(expr)


def _bounds(expr: ir.Slice) -> tuple[ir.Expr, ...]:
    return (expr.value, *(bound for bound in (expr.lower, expr.upper) if bound is not None))


_CHILDREN: dict[type[ir.Expr], Callable[[Any], tuple[ir.Expr, ...]]] = {
    ir.Template: lambda expr: tuple(part for part in expr.parts if not isinstance(part, str)),
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


def walk(expr: ir.Expr) -> Iterator[ir.Expr]:
    """`expr` and every expression inside it, each before what is inside it."""
    stack = [expr]
    while stack:
        found = stack.pop()
        yield found
        inner = children(found)
        if inner:
            stack.extend(reversed(inner))


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
    match statement:
        case (
            ir.Send(targets=found)
            | ir.Assign(targets=found)
            | ir.Repeat(targets=found)
            | ir.Call(targets=found)
            | ir.Recall(targets=found)
            | ir.Ask(targets=found)
            | ir.ParallelFor(targets=found)
        ):
            return found
        case ir.For(names=names, targets=found):
            return (*names, *found)
        case ir.Parallel(branches=branches, targets=found):
            return (*(target for branch in branches for target in branch.saves), *found)
        case ir.Try(error_targets=errors, reset_error=reset):
            return (*errors, *reset)
        case _:
            return ()


def expressions(statement: ir.Statement) -> list[ir.Expr]:
    """The expressions that the statement itself evaluates, those of its branches not included."""
    found: list[ir.Expr] = []
    match statement:
        case ir.Send(message=message, options=options):
            found = [
                message,
                *(expr for option in options.values() for expr in static_expressions(option)),
            ]
        case ir.Assign(value=value) | ir.Return(value=value):
            found = [value]
        case ir.If(condition=condition):
            found = [condition]
        case ir.For(collection=collection, collected=collected):
            found = [collection, *_present(collected)]
        case ir.ParallelFor(collection=collection, limit=limit):
            found = [collection, *_present(limit)]
        case ir.Repeat(until=until, limit=limit):
            found = [limit, *_present(until)]
        case ir.Parallel(limit=limit):
            found = _present(limit)
        case ir.Call(arguments=arguments):
            found = list(arguments.values())
        case ir.Fail(message=message):
            found = [message]
        case ir.Remember(key=key, value=value):
            found = [key, value]
        case ir.Recall(key=key, default=default):
            found = [key, *_present(default)]
        case ir.Ask(question=question, choices=choices, default=default):
            found = [question, *_present(choices, default)]
        case _:
            pass
    found += [target.name for target in targets(statement) if isinstance(target, ir.ComputedTarget)]
    return found


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
    match statement:
        case ir.If(then=then, otherwise=otherwise):
            return (then, otherwise)
        case ir.For(body=body) | ir.Repeat(body=body) | ir.Scope(body=body):
            return (body,)
        case ir.Attempts(body=body):
            return (body,)
        case ir.Try(body=body, handler=handler, finally_=finally_):
            return (body, handler or [], finally_)
        case ir.OnTimeout(body=body, handler=handler):
            return (body, handler)
        case _:
            return ()


def branches(statement: ir.Statement) -> tuple[ir.Block, ...]:
    """The blocks that run beside each other, each a function of its own."""
    match statement:
        case ir.Parallel(branches=found):
            return tuple(branch.body for branch in found)
        case ir.ParallelFor(body=body):
            return (body,)
        case _:
            return ()


def statements(block: ir.Block, into_branches: bool = True) -> Iterator[ir.Statement]:
    """Every statement of a block, nested ones after the one that holds them."""
    for statement in block:
        yield statement
        for inner in blocks(statement):
            yield from statements(inner, into_branches)
        if into_branches:
            for inner in branches(statement):
                yield from statements(inner, into_branches)


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
