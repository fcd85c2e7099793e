"""Walking the IR: the statements of a block, the expressions of a statement."""

from collections.abc import Iterator

from vegac.ir import nodes as ir


def blocks_of(statement: ir.Statement) -> list[ir.Block]:
    """The blocks directly inside a statement."""
    match statement:
        case ir.If(then=then, otherwise=otherwise):
            return [then, otherwise]
        case ir.Try(body=body, handler=handler, finally_=finally_):
            return [body, *([handler] if handler is not None else []), finally_]
        case ir.OnTimeout(body=body, handler=handler):
            return [body, handler]
        case ir.Parallel(branches=branches):
            return [branch.body for branch in branches]
        case ir.For() | ir.ParallelFor() | ir.Repeat() | ir.Scope() | ir.Attempts():
            return [statement.body]
        case _:
            return []


def statements(block: ir.Block) -> Iterator[ir.Statement]:
    """All statements of a block, outer before inner."""
    for statement in block:
        yield statement
        for inner in blocks_of(statement):
            yield from statements(inner)


def expressions_of(statement: ir.Statement) -> Iterator[ir.Expr]:
    """The expressions of a statement itself, not of the blocks in it."""
    for field in statement.__struct_fields__:
        yield from _expressions_in(getattr(statement, field))


def _expressions_in(value: object) -> Iterator[ir.Expr]:
    match value:
        case ir.Expr():
            yield value
        case ir.ComputedTarget(name=name):
            yield name
        case ir.Branch(result=result) if result is not None:
            yield result
        case tuple():
            for item in value:  # pyright: ignore[reportUnknownVariableType]
                yield from _expressions_in(item)  # pyright: ignore[reportUnknownArgumentType]
        case list() if value and isinstance(value[0], ir.Branch):
            for item in value:  # pyright: ignore[reportUnknownVariableType]
                yield from _expressions_in(item)  # pyright: ignore[reportUnknownArgumentType]
        case dict():
            for item in value.values():  # pyright: ignore[reportUnknownVariableType]
                yield from _expressions_in(item)  # pyright: ignore[reportUnknownArgumentType]
        case _:
            pass


def subexpressions(expression: ir.Expr) -> Iterator[ir.Expr]:
    """An expression and all expressions in it."""
    yield expression
    for field in expression.__struct_fields__:
        value = getattr(expression, field)
        if isinstance(value, ir.Expr):
            yield from subexpressions(value)
        elif isinstance(value, tuple):
            for item in value:  # pyright: ignore[reportUnknownVariableType]
                if isinstance(item, ir.Expr):
                    yield from subexpressions(item)
