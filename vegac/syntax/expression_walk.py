"""Walks expression trees, without recursion: `a + b + c + ...` may be hundreds of links deep."""

from collections.abc import Iterator

from vegac.syntax.expressions import (
    Binary,
    Compare,
    Conditional,
    Expr,
    Field,
    Filter,
    Index,
    ListLiteral,
    Logical,
    MapLiteral,
    Negate,
    Not,
    Slice,
)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of `expr`, in the order of the source."""
    match expr:
        case Field(value=value):
            return (value,)
        case Binary(left=left, right=right):
            return left, right
        case Compare(left=left, right=right, rest=rest):
            return left, right, *(link for _, link in rest)
        case Logical(operands=operands):
            return operands
        case Filter(value=value, arguments=arguments):
            return value, *(argument.value for argument in arguments)
        case Index(value=value, index=index):
            return value, index
        case Slice(value=value, lower=lower, upper=upper):
            return tuple(part for part in (value, lower, upper) if part is not None)
        case Negate(operand=operand) | Not(operand=operand):
            return (operand,)
        case Conditional(then=then, condition=condition, otherwise=otherwise):
            return then, condition, otherwise
        case ListLiteral(items=items):
            return items
        case MapLiteral(values=values):
            return values
        case _:
            return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """`expr` and all its parts, each before its own parts, in the order of the source."""
    pending = [expr]
    while pending:
        item = pending.pop()
        yield item
        pending.extend(reversed(children(item)))


def depth(expr: Expr) -> int:
    """How deep parts nest in `expr`. The left side of a chain counts as deep as the chain."""
    deepest = 0
    pending = [(expr, 1)]
    while pending:
        item, level = pending.pop()
        deepest = max(deepest, level)
        chain = isinstance(item, Binary | Filter | Field | Index | Slice)
        for position, part in enumerate(children(item)):
            pending.append((part, level if chain and position == 0 else level + 1))
    return deepest


def links(expr: Expr) -> int:
    """How many parts stand inside each other at most, those of chains counted one by one."""
    level, count = [expr], 0
    while level:
        level = [part for item in level for part in children(item)]
        count += 1
    return count


def shape(expr: Expr) -> tuple[object, ...]:
    """What `expr` says, without where it stands: equal for trees that differ in offsets alone."""
    return tuple(_label(item) for item in walk(expr))


def _label(expr: Expr) -> tuple[object, ...]:
    """A node without its parts and places, but with how many parts it has."""
    label: list[object] = [type(expr).__name__, len(children(expr))]
    for name in expr.__struct_fields__:
        value: object = getattr(expr, name)
        if name in ("operator", "name", "keys", "call", "value") and not isinstance(value, Expr):
            label += [type(value).__name__, value]  # 1, 1.0 and true are three values
    match expr:
        case Compare(rest=rest):
            label.append(tuple(operator for operator, _ in rest))
        case Slice(lower=lower, upper=upper):
            label += [lower is None, upper is None]
        case Filter(arguments=arguments):
            label.append(tuple(argument.bare for argument in arguments))
        case _:
            pass
    return tuple(label)
