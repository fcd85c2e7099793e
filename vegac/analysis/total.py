"""Which expressions surely have a value, whatever the variables in them hold."""

from vega_grammar.filters import FILTERS
from vegac.ir import nodes as ir
from vegac.ir.traverse import may_fail, walk
from vegac.semantics.types import (
    INTEGER,
    NUMBER,
    STRING,
    Enum,
    ListOf,
    MapOf,
    Record,
    Type,
    members,
)


def is_total(expr: ir.Expr) -> bool:
    """Whether evaluating the expression cannot fail, as far as types tell."""
    return not may_fail(expr) or all(map(_is_safe, walk(expr)))


def _is_safe(expr: ir.Expr) -> bool:
    """Whether the expression has a value where the ones in it have theirs."""
    match expr:
        case ir.Negate(operand=operand):
            return _is_number(operand.type)
        case ir.Binary(operator="+" | "-" | "*" as operator, left=left, right=right):
            kinds = (_is_number, _is_text, _is_list) if operator == "+" else (_is_number,)
            return any(kind(left.type) and kind(right.type) for kind in kinds)
        case ir.Binary(left=left, right=ir.Const(value=int() | float() as divisor)):
            return _is_number(left.type) and divisor != 0
        case ir.Binary():
            return False
        case ir.Compare(operator="==" | "!="):
            return True
        case ir.Compare(operator="in" | "not in", left=left, right=right):
            return _is_list(right.type) or (
                _is_text(left.type) and (_is_text(right.type) or _is_map(right.type))
            )
        case ir.Compare(left=left, right=right):
            kinds = (_is_number, _is_text)
            return any(kind(left.type) and kind(right.type) for kind in kinds)
        case ir.Field(value=ir.LoopState()):
            return True
        case ir.Field(value=value, name=name):
            return isinstance(value.type, Record) and name in dict(value.type.fields)
        case ir.Index():
            return False
        case ir.Slice(value=value, lower=lower, upper=upper):
            bounds = [bound for bound in (lower, upper) if bound is not None]
            return (_is_text(value.type) or _is_list(value.type)) and all(
                bound.type == INTEGER for bound in bounds
            )
        case ir.ComputedVariable(guarded=guarded):
            return guarded
        case ir.FilterCall():
            return _is_safe_filter(expr)
        case _:
            return True


def _is_safe_filter(call: ir.FilterCall) -> bool:
    if call.name in ("default", "string"):
        return True
    spec = FILTERS.get(call.name)
    if spec is None or spec.group != "string" or not _is_text(call.value.type):
        return False
    wanted = spec.parameters[: len(call.arguments)]
    return all(
        (parameter.type == "string" and _is_text(argument.type))
        or (parameter.type == "integer" and isinstance(argument, ir.Const))
        for parameter, argument in zip(wanted, call.arguments, strict=False)
    )


def _is_number(type_: Type) -> bool:
    return all(member in (INTEGER, NUMBER) for member in members(type_))


def _is_text(type_: Type) -> bool:
    return all(member == STRING or isinstance(member, Enum) for member in members(type_))


def _is_list(type_: Type) -> bool:
    return all(isinstance(member, ListOf) for member in members(type_))


def _is_map(type_: Type) -> bool:
    return all(isinstance(member, MapOf | Record) for member in members(type_))
