"""The value of arithmetic that holds no variables."""

from collections.abc import Callable

from vegac.ir import nodes as ir

Number = int | float

_OPERATORS: dict[str, Callable[[Number, Number], Number]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
}


def number_of(expr: ir.Expr) -> Number | None:
    """The number that an expression always gives; None where a run decides, or it is none.

    It is as quick as a run would be: there are no powers, and expressions are short.
    """
    match expr:
        case ir.Const(value=int() | float() as value) if not isinstance(value, bool):
            return value
        case ir.Negate(operand=operand):
            inner = number_of(operand)
            return None if inner is None else -inner
        case ir.Binary(operator=sign, left=left, right=right):
            first, second = number_of(left), number_of(right)
            if first is None or second is None:
                return None
            try:
                return _OPERATORS[sign](first, second)
            except ArithmeticError:
                return None
        case _:
            return None
