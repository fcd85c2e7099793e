"""The expression tree.

Offsets count characters from the start of the expression's own text, so equal texts share a tree.
"""

from typing import Final, Literal

from msgspec import Struct

MAX_LENGTH: Final = 1000
"""How many characters an expression may have."""


class Expr(Struct, frozen=True, eq=False):
    """An expression; `text[start:end]` is its source.

    Parentheses and hole delimiters around it are not part of it, but those around its own parts
    are: `(a) + b` starts at the parenthesis, and the name in it is `a` alone.
    """

    start: int
    end: int


class Name(Expr, frozen=True, eq=False):
    name: str


class Literal_(Expr, frozen=True, eq=False):  # noqa: N801
    """A string, number (int, or float when written with a point or exponent), boolean or null."""

    value: str | int | float | bool | None


class ListLiteral(Expr, frozen=True, eq=False):
    items: tuple[Expr, ...]


class MapLiteral(Expr, frozen=True, eq=False):
    """`{a: 1, 'b c': 2}`; keys as strings, in order."""

    keys: tuple[str, ...]
    values: tuple[Expr, ...]


class Negate(Expr, frozen=True, eq=False):
    """Arithmetic minus."""

    operand: Expr


class Not(Expr, frozen=True, eq=False):
    operand: Expr


BinaryOperator = Literal["+", "-", "*", "/", "//", "%"]
CompareOperator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]


class Binary(Expr, frozen=True, eq=False):
    """Arithmetic: `left operator right`; `operator_start` is the operator's offset."""

    operator: BinaryOperator
    left: Expr
    right: Expr
    operator_start: int


class Compare(Expr, frozen=True, eq=False):
    """A comparison. `rest` holds the links of a chained one, which is a mistake to be reported."""

    operator: CompareOperator
    left: Expr
    right: Expr
    operator_start: int
    rest: tuple[tuple[CompareOperator, Expr], ...] = ()


class Logical(Expr, frozen=True, eq=False):
    """`a and b and c` or `a or b or c`: at least two operands."""

    operator: Literal["and", "or"]
    operands: tuple[Expr, ...]


class Conditional(Expr, frozen=True, eq=False):
    """`then if condition else otherwise`."""

    then: Expr
    condition: Expr
    otherwise: Expr


class Field(Expr, frozen=True, eq=False):
    """`value.name`; `name_start` is the offset of the name."""

    value: Expr
    name: str
    name_start: int


class Index(Expr, frozen=True, eq=False):
    value: Expr
    index: Expr


class Slice(Expr, frozen=True, eq=False):
    value: Expr
    lower: Expr | None
    upper: Expr | None


class Argument(Struct, frozen=True, eq=False):
    """An argument of a filter. `bare` marks a word without quotes (`default:Anonymous`), whose
    expression is then a literal string (or the literal that `true`, `null`, `3` stand for)."""

    value: Expr
    bare: bool = False


class Filter(Expr, frozen=True, eq=False):
    """`value | name:arg:arg` or `value | name(arg, arg)` (`call`)."""

    value: Expr
    name: str
    arguments: tuple[Argument, ...]
    name_start: int
    call: bool = False


class ErrorExpr(Expr, frozen=True, eq=False):
    """Where parsing failed; has type `any` and raises no further findings."""


class SyntaxProblem(Struct, frozen=True):
    """Why an expression does not parse: a range in its text, a message and a hint (the cure).

    `code` is the diagnostic's: `syntax-error`, or `limit-exceeded` for what is too long or deep.
    """

    start: int
    end: int
    message: str
    hint: str = ""
    code: str = "syntax-error"


class Parsed(Struct, frozen=True, eq=False):
    """A parsed expression; with problems, `expr` is the part that could be read or an error."""

    text: str
    expr: Expr
    problems: tuple[SyntaxProblem, ...] = ()
