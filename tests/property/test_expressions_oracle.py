"""Compiled expressions have the values that the language reference gives them."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from tests.property.compiled import Refused, compiled, source
from tests.property.evaluator import Evaluator, Failure, Unspecified, same, text_of
from tests.property.evaluator import evaluate as expected_value
from tests.property.strategies import (
    COLOURS,
    TYPES,
    VALUES,
    VARIABLES,
    declaration,
    environments,
    examples,
    expressions,
    literal,
)
from vega_runtime.errors import ExpressionError
from vegac.evaluate import check_expression, evaluate
from vegac.semantics.type_syntax import parse_type
from vegac.semantics.types import ANY, Enum, Type, optional
from vegac.source.diagnostic import Diagnostic
from vegac.syntax import expressions as ast
from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.expression_walk import walk

FAILS: Any = Failure()
"""Stands for the value of what has none."""

NAME = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\.?[A-Za-z_]\w*")


def names_in(expression: str) -> tuple[str, ...]:
    """The variables that an expression may read."""
    return tuple(sorted(set(NAME.findall(expression)) & VARIABLES.keys()))


def expected(expression: str, variables: dict[str, Any]) -> Any:
    try:
        return expected_value(expression, variables)
    except Failure:
        return FAILS


def assert_same(found: Any, wanted: Any) -> None:
    assert (found is FAILS) == (wanted is FAILS), (found, wanted)
    assert found is FAILS or same(found, wanted), (found, wanted)


def assert_says_why(failure: ExpressionError) -> None:
    assert failure.message
    assert failure.place is not None


# --- variables of any type ------------------------------------------------------------------------


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An expression with values of its variables."""
    expression = draw(expressions())
    return expression, draw(environments(names_in(expression)))


def check_untyped(expression: str, variables: dict[str, Any]) -> None:
    try:
        wanted = expected(expression, variables)
    except Unspecified:
        return
    try:
        evaluation = evaluate(expression, variables)
    except ExpressionError as failure:
        assert_says_why(failure)
        assert_same(FAILS, wanted)
        return
    if any(finding.severity == "error" for finding in evaluation.diagnostics):
        return
    assert_same(evaluation.value, wanted)


@given(questions())
@examples(300)
def test_expressions_over_values_of_any_type(question: tuple[str, dict[str, Any]]) -> None:
    check_untyped(*question)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(questions())
@examples(8_000)
def test_many_expressions_over_values_of_any_type(question: tuple[str, dict[str, Any]]) -> None:
    check_untyped(*question)


# --- variables of known types, in workflows -------------------------------------------------------


class Setting(Struct):
    """An expression in a workflow.

    `values` are those of its variables, `inputs` the declarations of some of them; `steps` give
    their values to the others and return what the expression makes where it stands in `place`.
    """

    expression: str
    place: str
    values: dict[str, Any]
    inputs: dict[str, Any]
    steps: list[dict[str, Any]]

    def program(self) -> dict[str, Any]:
        return {"workflows": {"w": {"inputs": self.inputs, "steps": self.steps}}}

    def expected(self) -> Any:
        found = expected(self.expression, self.values)
        if found is FAILS:
            return FAILS
        match self.place:
            case "text":
                return f"<{text_of(found)}>"
            case "test":
                return bool(found)
            case "parts":
                return {"a": [found, text_of(found) + "."], "b": "both"}
            case _:
                return found


def hole(expression: str) -> str:
    return "{{ " + expression + " }}"


@st.composite
def workflow_settings(draw: st.DrawFn) -> Setting:
    expression = draw(expressions())
    values = draw(environments(names_in(expression)))
    inputs: dict[str, Any] = {}
    steps: list[dict[str, Any]] = []
    for name in list(values):
        match draw(st.sampled_from(("input", "input", "set", "either"))):
            case "input":
                inputs[name] = declaration(VARIABLES[name])
            case "set":
                steps.append({"set": {name: hole(literal(values[name]))}})
            case _:
                other = draw(VALUES[draw(st.sampled_from(TYPES))] | VALUES[VARIABLES[name]])
                inputs["flag"] = "boolean"
                values["flag"] = values.get("flag", draw(st.booleans()))
                steps.append({"set": {name: hole(literal(values[name]))}})
                steps.append({"if": "flag", "then": [{"set": {name: hole(literal(other))}}]})
                values[name] = other if values["flag"] else values[name]
    place = draw(st.sampled_from(("value", "value", "variable", "text", "test", "parts")))
    return Setting(expression, place, values, inputs, steps + last_steps(expression, place))


def last_steps(expression: str, place: str) -> list[dict[str, Any]]:
    """Steps that return what an expression makes in a place."""
    match place:
        case "value":
            return [{"return": hole(expression)}]
        case "variable":
            return [{"set": {"made": hole(expression)}}, {"return": "made"}]
        case "text":
            return [{"return": f"<{hole(expression)}>"}]
        case "test":
            return [{"if": expression, "then": [{"return": True}]}, {"return": False}]
        case _:
            parts = {"a": [hole(expression), hole(expression) + "."], "b": "both"}
            return [{"return": parts}]


def check_typed(setting: Setting) -> None:
    try:
        wanted = setting.expected()
    except Unspecified:
        return
    try:
        _, module = compiled(source(setting.program()))
    except Refused as refused:
        codes = {item.code for item in refused.report.diagnostics if item.severity == "error"}
        assert codes <= {*CERTAIN, "limit-exceeded"}
        return
    given = {name: value for name, value in setting.values.items() if name in setting.inputs}
    try:
        found = asyncio.run(module.PROGRAM.workflows["w"].execute(given))
    except ExpressionError as failure:
        assert_says_why(failure)
        found = FAILS
    assert_same(found, wanted)


@pytest.mark.parametrize(
    ("expression", "place", "given", "set_"),
    [
        ("s | default(ls[0])", "value", {"s": "a", "ls": []}, {}),
        ("s | first", "text", {"s": ""}, {}),
        ("ls | last", "variable", {"ls": []}, {}),
        ("[ls | first] | join", "value", {"ls": []}, {}),
        ("(li | max) + 1", "value", {"li": []}, {}),
        ("s | if('', 'x')", "text", {"s": ""}, {}),
        ("q.k", "value", {}, {"q": None}),
    ],
)
def test_what_once_went_wrong(
    expression: str, place: str, given: dict[str, Any], set_: dict[str, Any]
) -> None:
    inputs = {name: declaration(VARIABLES[name]) for name in given}
    steps = [
        {"set": {name: hole(literal(value)) for name, value in set_.items()}},
        *last_steps(expression, place),
    ]
    setting = Setting(expression, place, given | set_, inputs, steps)
    compiled(source(setting.program()))
    check_typed(setting)


@given(workflow_settings())
@examples(300)
def test_expressions_over_values_of_known_types(setting: Setting) -> None:
    check_typed(setting)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(workflow_settings())
@examples(8_000)
def test_many_expressions_over_values_of_known_types(setting: Setting) -> None:
    check_typed(setting)


# --- findings -------------------------------------------------------------------------------------

CERTAIN = (
    "type-mismatch",
    "filter-type",
    "filter-arguments",
    "division-by-zero",
    "unknown-field",
    "always-false",
)
"""What the checker says of an expression whatever the values are."""


def type_of(name: str) -> Type:
    word = VARIABLES[name]
    if word == "enum":
        return Enum(COLOURS)
    found = parse_type(word.removesuffix("?")) or ANY
    return optional(found) if word.endswith("?") else found


def accused(expr: ast.Expr, finding: Diagnostic) -> list[ast.Expr]:
    """The parts of an expression that a finding may be about."""
    place = (finding.span.start, finding.span.end)

    def at(*parts: ast.Expr | None) -> bool:
        return any(part is not None and (part.start, part.end) == place for part in parts)

    found: list[ast.Expr] = []
    for part in walk(expr):
        match part:
            case ast.Binary(operator_start=start, right=right):
                fits = start == place[0] or at(right)
            case ast.Filter(name_start=start, arguments=arguments):
                fits = start == place[0] or at(*(argument.value for argument in arguments))
            case ast.Field(name_start=start):
                fits = start == place[0]
            case ast.Index(index=index):
                fits = at(index)
            case ast.Slice(value=value, lower=lower, upper=upper):
                fits = at(value, lower, upper)
            case ast.Negate() | ast.Compare():
                fits = at(part)
            case _:
                fits = False
        if fits:
            found.append(part)
    return found


def is_wrong(part: ast.Expr, values: dict[str, Any]) -> bool:
    """Whether a part has no value, or the one that a comparison of different kinds or a search for
    a field that no element has always gives. Empty lists are lists of anything, and
    null has a finding of its own."""
    try:
        found = Evaluator(values).value(part)
        match part:
            case ast.Compare(operator=operator):
                return found is (operator in ("!=", "not in"))
            case ast.Slice(lower=lower, upper=upper):
                bounds = [bound for bound in (lower, upper) if bound is not None]
                return any(Evaluator(values).value(bound) is None for bound in bounds)
            case ast.Filter(value=receiver, name=name):
                return Evaluator(values).value(receiver) == [] or (name == "where" and found == [])
            case _:
                return False
    except (Failure, Unspecified):
        return True


@st.composite
def accusations(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """An expression with many mistakes, and values of its variables."""
    expression = draw(expressions(depth=2, chaos=3))
    names = names_in(expression)
    return expression, draw(st.lists(environments(names), min_size=4, max_size=4))


def check_findings(expression: str, environments: list[dict[str, Any]]) -> None:
    types = {name: type_of(name) for name in names_in(expression)}
    _, evaluation = check_expression(expression, types)
    expr = parse_expression(expression).expr
    guarded = [
        inner
        for part in walk(expr)
        if isinstance(part, ast.Filter) and part.name == "default"
        for inner in walk(part.value)
    ]
    for finding in evaluation.diagnostics:
        if finding.code not in CERTAIN:
            assert finding.severity != "error" or finding.code == "limit-exceeded"
            continue
        parts = accused(expr, finding)
        assert parts
        if finding.code == "unknown-field" and any(part in guarded for part in parts):
            continue  # under `default`, where fields may be missing but are rarely meant to be
        assert any(all(is_wrong(part, values) for values in environments) for part in parts)


@pytest.mark.parametrize(
    "expression", ["ls[:null]", "-([][0])", "[][0] + 1", "[][0] | upper", "{}.a < 1"]
)
def test_what_is_not_surely_wrong_is_no_error(expression: str) -> None:
    types = {name: type_of(name) for name in names_in(expression)}
    _, evaluation = check_expression(expression, types)
    assert [item for item in evaluation.diagnostics if item.severity == "error"] == []


@given(accusations())
@examples(400)
def test_what_the_checker_calls_wrong_is_wrong(case: tuple[str, list[dict[str, Any]]]) -> None:
    check_findings(*case)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(accusations())
@examples(6_000)
def test_all_that_the_checker_calls_wrong_is_wrong(
    case: tuple[str, list[dict[str, Any]]],
) -> None:
    check_findings(*case)
