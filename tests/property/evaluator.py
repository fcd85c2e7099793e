"""The language's expressions, evaluated on the tree: what compiled expressions are held against.

It shares nothing with the compiler but the parser of expressions. It is written after the language
reference alone and favours the plain over the fast.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tests.property.reference_filters import FILTERS
from tests.property.reference_values import (
    MISSING,
    Failure,
    Unspecified,
    binary,
    compare,
    number,
    part_of,
    same,
    slice_of,
    text_of,
    whole,
)
from vegac.syntax import expressions as ast
from vegac.syntax.expression_parser import parse_expression

__all__ = ["Evaluator", "Failure", "Unspecified", "evaluate", "same", "text_of"]


def evaluate(text: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression. Raises `Failure` where it has none."""
    parsed = parse_expression(text)
    assert not parsed.problems, (text, parsed.problems)
    return Evaluator(variables).value(parsed.expr)


class Evaluator:
    """Evaluates trees over variables. Subclasses give names further meanings.

    `watch` is called with each part and its value, or with the `Failure` that it ended in.
    """

    def __init__(
        self,
        variables: Mapping[str, Any],
        watch: Callable[[ast.Expr, Any], None] | None = None,
    ) -> None:
        self.variables = variables
        self.watch = watch

    def name(self, name: str) -> Any:
        """The value of a name, `MISSING` if it has none."""
        return self.variables.get(name, MISSING)

    def special(self, expr: ast.Field) -> Any:
        """The value of a field of something that is no variable, `MISSING` if it is none."""
        return MISSING

    def text(self, value: Any) -> str:
        return text_of(value)

    # --- parts ---------------------------------------------------------------------------------

    def value(self, expr: ast.Expr) -> Any:
        if self.watch is None:
            return self._value(expr)
        try:
            found = self._value(expr)
        except Failure as failure:
            self.watch(expr, failure)
            raise
        self.watch(expr, found)
        return found

    def _value(self, expr: ast.Expr) -> Any:
        match expr:
            case ast.Literal_(value=value):
                return value
            case ast.Name(name=name):
                return self.known(self.name(name))
            case ast.ListLiteral(items=items):
                return [self.value(item) for item in items]
            case ast.MapLiteral(keys=keys, values=values):
                return dict(zip(keys, [self.value(value) for value in values], strict=True))
            case ast.Negate(operand=operand):
                return -number(self.value(operand))
            case ast.Not(operand=operand):
                return not self.value(operand)
            case ast.Binary(operator=operator, left=left, right=right):
                return binary(operator, self.value(left), self.value(right))
            case ast.Compare(operator=operator, left=left, right=right):
                return compare(operator, self.value(left), self.value(right))
            case ast.Logical(operator=operator, operands=operands):
                for operand in operands[:-1]:
                    found = self.value(operand)
                    if bool(found) == (operator == "or"):
                        return found
                return self.value(operands[-1])
            case ast.Conditional(then=then, condition=condition, otherwise=otherwise):
                return self.value(then if self.value(condition) else otherwise)
            case ast.Field() | ast.Index():
                return self.known(self.access(expr, lenient=False))
            case ast.Slice(value=value, lower=lower, upper=upper):
                sliced = self.value(value)
                return slice_of(sliced, self.bound(lower), self.bound(upper))
            case ast.Filter():
                return self.filtered(expr)
            case _:
                raise AssertionError(expr)

    def known(self, value: Any) -> Any:
        if value is MISSING:
            raise Failure
        return value

    def bound(self, expr: ast.Expr | None) -> int | None:
        found = None if expr is None else self.value(expr)
        return None if found is None else whole(found)

    def access(self, expr: ast.Expr, lenient: bool) -> Any:
        """The value of a chain of fields and elements, `MISSING` where it breaks; `lenient` under
        `default`, where nothing on the way needs to be there."""
        match expr:
            case ast.Name(name=name):
                return self.name(name)
            case ast.Field(value=value, name=name):
                special = self.special(expr)
                if special is not MISSING:
                    return special
                return part_of(self.owner(value, lenient), name)
            case ast.Index(value=value, index=index):
                owner = self.owner(value, lenient)
                return part_of(owner, self.value(index))
            case ast.Slice(value=value, lower=lower, upper=upper) if lenient:
                sliced = self.access(value, lenient)
                bounds = self.bound(lower), self.bound(upper)
                missing = sliced is MISSING or sliced is None
                return sliced if missing else slice_of(sliced, *bounds)
            case _:
                return self.value(expr)

    def owner(self, expr: ast.Expr, lenient: bool) -> Any:
        return self.access(expr, lenient) if lenient else self.value(expr)

    def filtered(self, expr: ast.Filter) -> Any:
        if expr.name == "default":
            found = self.access(expr.value, lenient=True)
            receiver = None if found is MISSING else found
        else:
            receiver = self.value(expr.value)
        arguments = [self.value(argument.value) for argument in expr.arguments]
        return FILTERS[expr.name](self, receiver, *arguments)
