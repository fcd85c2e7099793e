"""What the language shares with Jinja2 means the same there.

Left out, because they differ and should:

- Booleans are numbers in Jinja2 (`true + 1`, `1 == true`), and `*` and `%` work on strings.
- Jinja2 chains comparisons (`1 < x < 3`), has `if` without `else`, `**`, `~`, tests and calls.
- A missing key or element is undefined there, and no matter if nobody looks at it; here it fails
  unless `default` comes next, so `Missing` makes it fail there too. `default` takes undefined
  values alone there, or with its second argument all that are false, and so `0` and `false` too:
  it gets strings here.
- `upper`, `join`, `replace` and the like turn anything into text there; here they want strings, and
  the texts of null, booleans, lists and maps differ. Elements of `join` are strings and numbers.
- `first`, `last`, `min` and `max` of nothing are undefined there and null here.
- `reverse` of a list is an iterator there: strings alone are reversed.
- `min`, `max`, `sort` and `unique` ignore case there: `min` and `max` get numbers.
- `sum` of floats is rounded as in Python there, differently since 3.12: it adds one by one here.
- `round` without digits gives a float there; with digits both are Python's `round`.
- `int` and `float` of what is no number are 0 there, and `'1_0'` is a number there.
- `truncate`, `indent`, `tojson`, `wordcount`, `slice`, `map` and `urlencode` of maps have other
  arguments or meanings there.
- A constant zero as a divisor and a field that a map surely lacks are found by the checker, even
  behind an `or` that Jinja2 ends at.
- Literals: digits with `_` are there alone, a number that is too large is infinite there, and
  strings have more escapes there (`\\x41`, octal ones).
"""

from functools import reduce
from operator import add
from typing import Any, ClassVar

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined, TemplateError

from tests.property.evaluator import same
from tests.property.strategies import examples, literal, quoted
from vega_runtime.errors import ExpressionError
from vegac.evaluate import evaluate

FAILS: Any = object()


class Missing(StrictUndefined):
    """What is missing; `all` are those that were met and that no `default` was asked for.

    What is looked up in it is missing too, as anywhere in a chain of the language: Jinja2 fails.
    """

    all: ClassVar[list["Missing"]] = []

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.all.append(self)

    def __getitem__(self, key: Any) -> "Missing":
        self.all[:] = [missing for missing in self.all if missing is not self]
        return Missing(name=self._undefined_name)


def default(value: Any, other: Any, boolean: bool) -> Any:
    Missing.all[:] = [missing for missing in Missing.all if missing is not value]
    return other if isinstance(value, Missing) or (boolean and not value) else value


ENVIRONMENT = Environment(undefined=Missing, optimized=False)
ENVIRONMENT.filters["default"] = default
ENVIRONMENT.filters["sum"] = lambda numbers: reduce(add, numbers, 0)

STRINGS = st.text("abAB zé-.,'\"\\\n", max_size=6)
NUMERALS = st.sampled_from(("3", "-4", " 12 ", "2.5", "007", "1e3"))
INTEGERS = st.integers(-9, 9) | st.sampled_from((10**12, -255))
NUMBERS = INTEGERS | st.sampled_from((0.5, -2.25, 1e3, 3.0, 1e-7))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": STRINGS,
    "numeral": NUMERALS,
    "integer": INTEGERS,
    "number": NUMBERS,
    "boolean": st.booleans(),
    "strings": st.lists(STRINGS, max_size=4),
    "numbers": st.lists(NUMBERS, max_size=4),
    "map": st.dictionaries(st.sampled_from(("k", "n", "a b")), NUMBERS, max_size=3),
}
VARIABLES = {
    "s": "string",
    "t": "string",
    "d": "numeral",
    "i": "integer",
    "x": "number",
    "y": "number",
    "b": "boolean",
    "ss": "strings",
    "ns": "numbers",
    "ms": "numbers",
    "m": "map",
}
LOOSEST, OR, AND, NOT, COMPARE, SUM, TERM, FILTERED, SIGN, ATOM = range(10)
"""How tightly an expression binds."""


class Expressions:
    """Draws expressions of known types, with no more parentheses than their precedence demands, so
    that the two must agree on it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def below(self, count: int) -> int:
        return self.draw(st.integers(0, count - 1))

    def one_of(self, options: Any) -> Any:
        return options[self.below(len(options))]

    def of(self, want: str, depth: int, at_least: int = LOOSEST) -> str:
        text, level = self.made(want, depth)
        return text if level >= at_least and self.below(8) else f"({text})"

    def made(self, want: str, depth: int) -> tuple[str, int]:
        if depth <= 0 or self.below(6) == 0:
            return self.atom(want)
        match self.below(8):
            case 0:
                then, condition = self.of(want, depth - 1, OR), self.of("boolean", depth - 1, OR)
                return f"{then} if {condition} else {self.of(want, depth - 1)}", LOOSEST
            case 1:
                left, right = self.of(want, depth - 1, AND), self.of(want, depth - 1, AND)
                return f"{left} or {right}", OR
            case 2:
                left, right = self.of(want, depth - 1, NOT), self.of(want, depth - 1, NOT)
                return f"{left} and {right}", AND
            case _:
                return getattr(self, want)(depth - 1)

    def atom(self, want: str) -> tuple[str, int]:
        names = [name for name, type_ in VARIABLES.items() if self.fits(type_, want)]
        if names and self.below(4):
            return self.one_of(names), ATOM
        text = literal(self.draw(VALUES[want]))
        return text, ATOM

    def fits(self, type_: str, want: str) -> bool:
        also = {("integer", "number"), ("numeral", "string")}
        return type_ == want or (type_, want) in also

    # --- by type -------------------------------------------------------------------------------

    def integer(self, depth: int) -> tuple[str, int]:
        match self.below(6):
            case 0:
                sign = self.one_of("+-")
                left = self.of("integer", depth, SUM)
                return f"{left} {sign} {self.of('integer', depth, TERM)}", SUM
            case 1:
                sign = self.one_of(("*", "//", "%"))
                left = self.of("integer", depth, TERM)
                return f"{left} {sign} {self.of('integer', depth, FILTERED)}", TERM
            case 2:
                counted = self.one_of(("string", "strings", "numbers", "map"))
                return f"{self.of(counted, depth, FILTERED)} | length", FILTERED
            case 3:
                return f"{self.of(self.one_of(('number', 'numeral')), depth, FILTERED)} | int", 7
            case 4:
                return f"{self.of('integer', depth, FILTERED)} | abs", FILTERED
            case _:
                return f"-{self.of('integer', depth, SIGN)}", SIGN

    def number(self, depth: int) -> tuple[str, int]:
        match self.below(9):
            case 0:
                left = self.of("number", depth, SUM)
                return f"{left} {self.one_of('+-')} {self.of('number', depth, TERM)}", SUM
            case 1 | 2:
                sign = self.one_of(("*", "/", "//", "%"))
                left = self.of("number", depth, TERM)
                return f"{left} {sign} {self.of('number', depth, FILTERED)}", TERM
            case 3:
                return f"-{self.of('number', depth, SIGN)}", SIGN
            case 4:
                return f"{self.of('number', depth, FILTERED)} | round({self.below(4)})", FILTERED
            case 5:
                return f"{self.of('number', depth, FILTERED)} | {self.one_of(('abs', 'float'))}", 7
            case 6:
                name = self.one_of(("sum", "min", "max", "first", "last"))
                return f"{self.filled(depth)} | {name}", FILTERED
            case 7:
                return f"{self.of('numbers', depth, ATOM)}[{self.of('integer', depth)}]", ATOM
            case _:
                key = self.one_of((".k", ".n", "['a b']"))
                return f"{self.of('map', depth, ATOM)}{key}", ATOM

    def filled(self, depth: int) -> str:
        """A list of numbers that is not empty."""
        return f"({self.of('numbers', depth, SUM)} + [{self.of('number', depth)}])"

    def numeral(self, depth: int) -> tuple[str, int]:
        return f"{self.of('integer', depth, FILTERED)} | string", FILTERED

    def boolean(self, depth: int) -> tuple[str, int]:
        match self.below(6):
            case 0 | 1:
                kind = self.one_of(("number", "string"))
                sign = self.one_of(("<", "<=", ">", ">=", "==", "!="))
                left = self.of(kind, depth, SUM)
                return f"{left} {sign} {self.of(kind, depth, SUM)}", COMPARE
            case 2:
                kind = self.one_of(("numbers", "strings", "map"))
                sign = self.one_of(("==", "!="))
                left = self.of(kind, depth, SUM)
                return f"{left} {sign} {self.of(kind, depth, SUM)}", COMPARE
            case 3 | 4:
                inner, outer = self.one_of(
                    (("string", "string"), ("number", "numbers"), ("string", "map"))
                )
                word = self.one_of(("in", "not in"))
                left = self.of(inner, depth, SUM)
                return f"{left} {word} {self.of(outer, depth, SUM)}", COMPARE
            case _:
                return f"not {self.of(self.one_of(list(VALUES)), depth, NOT)}", NOT

    def string(self, depth: int) -> tuple[str, int]:
        value = self.of("string", depth, FILTERED)
        match self.below(9):
            case 0:
                left = self.of("string", depth, SUM)
                return f"{left} + {self.of('string', depth, TERM)}", SUM
            case 1 | 2:
                name = self.one_of(("upper", "lower", "trim", "title", "capitalize", "reverse"))
                return f"{value} | {name}", FILTERED
            case 3:
                old, new = quoted(self.one_of("ab-")), self.of("string", depth)
                return f"{value} | replace({old}, {new})", FILTERED
            case 4:
                kind = self.one_of(("strings", "numbers"))
                separator = self.of("string", depth)
                return f"{self.of(kind, depth, FILTERED)} | join({separator})", FILTERED
            case 5:
                return f"{self.of('string', depth, ATOM)}[{self.of('integer', depth)}]", ATOM
            case 6:
                return f"{self.of('string', depth, ATOM)}[{self.bounds(depth)}]", ATOM
            case 7:
                return f"{self.of('strings', depth, ATOM)}[{self.of('integer', depth)}]", ATOM
            case _:
                return f"{value} | default({self.of('string', depth)}, true)", FILTERED

    def bounds(self, depth: int) -> str:
        # Vega needs a space between a filter's argument and a colon; none has one without brackets.
        first = self.of("integer", depth, ATOM) if self.below(3) else ""
        return f"{first}:{self.of('integer', depth, ATOM) if self.below(3) else ''}"

    def strings(self, depth: int) -> tuple[str, int]:
        return self.list("string", "strings", depth)

    def numbers(self, depth: int) -> tuple[str, int]:
        return self.list("number", "numbers", depth)

    def list(self, inner: str, want: str, depth: int) -> tuple[str, int]:
        match self.below(3):
            case 0:
                items = ", ".join(self.of(inner, depth) for _ in range(self.below(3)))
                return f"[{items}]", ATOM
            case 1:
                return f"{self.of(want, depth, SUM)} + {self.of(want, depth, TERM)}", SUM
            case _:
                return f"{self.of(want, depth, ATOM)}[{self.bounds(depth)}]", ATOM

    def map(self, depth: int) -> tuple[str, int]:
        keys = ("'k'", "'n'", "'a b'")[: self.below(4)]
        return "{" + ", ".join(f"{key}: {self.of('number', depth)}" for key in keys) + "}", ATOM


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An expression, with values of all variables."""
    made = Expressions(draw)
    expression = made.of(made.one_of(list(VALUES)), 3)
    return expression, {name: draw(VALUES[type_]) for name, type_ in VARIABLES.items()}


def by_jinja(expression: str, variables: dict[str, Any]) -> Any:
    try:
        compiled = ENVIRONMENT.compile_expression(expression, undefined_to_none=False)
        Missing.all.clear()
        found = compiled(**variables)
        if Missing.all:
            return FAILS
    except (TemplateError, ZeroDivisionError, OverflowError, TypeError):
        return FAILS
    return found


def by_vega(expression: str, variables: dict[str, Any]) -> Any:
    # The second argument makes Jinja2's `default` take empty texts for missing, as ours does.
    try:
        evaluation = evaluate(expression.replace(", true)", ")"), variables)
    except ExpressionError:
        return FAILS
    errors = [item for item in evaluation.diagnostics if item.severity == "error"]
    if any(item.code in ("division-by-zero", "unknown-field") for item in errors):
        reject()  # the checker reports it even where Jinja2 never comes to it
    assert all(item.code == "limit-exceeded" for item in errors), errors
    return FAILS if errors else evaluation.value


def check(expression: str, variables: dict[str, Any]) -> None:
    if len(expression) > 1000:
        return
    ours, theirs = by_vega(expression, variables), by_jinja(expression, variables)
    assert (ours is FAILS) == (theirs is FAILS), (ours, theirs)
    assert ours is FAILS or same(ours, theirs), (ours, theirs)


@given(questions())
@examples(400)
def test_shared_expressions_mean_what_they_mean_in_jinja(
    question: tuple[str, dict[str, Any]],
) -> None:
    check(*question)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(questions())
@examples(20_000)
def test_many_shared_expressions_mean_what_they_mean_in_jinja(
    question: tuple[str, dict[str, Any]],
) -> None:
    check(*question)
