"""Operands: their types without null, and how messages call them."""

from vega_grammar.filters import FILTERS
from vegac.ir import nodes as ir
from vegac.semantics.types import ANY, ERROR, NEVER, NULL, Type, may_be_null, without_null


def known_type(type_: Type) -> Type:
    """A type without its null part, which has a finding of its own."""
    rest = without_null(type_)
    return ANY if rest == NEVER and type_ == NULL else rest


def needs_care(expr: ir.Expr) -> bool:
    """Whether a value may be null, and that is worth a word: the author of `xs | first` knows, or
    knows better, whether `xs` is empty."""
    if isinstance(expr, ir.FilterCall) and FILTERS[expr.name].result == "element":
        return False
    return may_be_null(expr.type)


def is_failure_kind(expr: ir.Expr) -> bool:
    """Whether it is `error.type`, which is one of the names that failures have."""
    return (
        isinstance(expr, ir.Field)
        and expr.name == "type"
        and without_null(expr.value.type) == ERROR
    )


def is_fraction(expr: ir.Expr) -> bool:
    """Whether it is a constant such as 1.5 or 2.0, which counts nothing."""
    return isinstance(expr, ir.Const) and isinstance(expr.value, float)


def subject_of(expr: ir.Expr) -> str:
    """How a message begins that is about a value."""
    match expr:
        case ir.Variable(name=name) | ir.ComputedVariable(name=name) | ir.Parameter(name=name):
            return f"'{name}'"
        case ir.EnvValue(name=name):
            return f"'env.{name}'"
        case ir.Field() if is_failure_kind(expr):
            return "the type of a failure"
        case ir.Const(value=None):
            return "this"
        case _:
            return "this value"
