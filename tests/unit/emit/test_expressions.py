"""Expressions: Python's own operators where types are known mean what the checked ones mean."""

from random import Random
from typing import Any

import pytest
from hypothesis import given as property_of
from hypothesis import settings, strategies
from msgspec.structs import replace

from tests.unit.emit.build import (
    HERE,
    binary,
    body_of,
    compare,
    const,
    emit,
    field,
    filtered,
    give,
    given,
    list_of,
    map_of,
    put,
    run,
    text,
    var,
    workflow,
)
from tests.unit.emit.generate import BASIC, INPUTS, Generator
from vega_runtime.errors import ExpressionError
from vegac.ir import nodes as ir
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    ERROR,
    INTEGER,
    NUMBER,
    STRING,
    Enum,
    ListOf,
    MapOf,
    Type,
    optional,
)


def inputs(typed: bool) -> list[ir.Input]:
    return [
        given(
            name,
            type_ if typed else ANY,
            type_text="any",
            has_default=True,
            required=False,
            default=value,
        )
        for name, (type_, value) in INPUTS.items()
    ]


def untyped(value: Any) -> Any:
    """The same expression with nothing known of any part of it."""
    if isinstance(value, tuple):
        return tuple(untyped(item) for item in value)
    if not isinstance(value, ir.Expr):
        return value
    fields = {name: untyped(getattr(value, name)) for name in value.__struct_fields__}
    if not isinstance(value, ir.Const | ir.Template | ir.LoopState):
        fields["type"] = ANY
    return replace(value, **fields)


def outcome(expr: ir.Expr, typed: bool) -> Any:
    module = emit(workflow([give(expr)], *inputs(typed), agents=()), agents=[])
    try:
        return run(module).output
    except ExpressionError:
        return ExpressionError


def normal(value: Any) -> Any:
    """A value in which `True` and `1` differ."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    return (isinstance(value, bool), value)


@settings(max_examples=120, deadline=None)
@property_of(strategies.integers(0, 10_000_000), strategies.sampled_from(BASIC))
def test_known_types_change_no_value(seed: int, wanted: Type) -> None:
    expr = Generator(Random(seed)).expr(wanted)
    assert normal(outcome(expr, True)) == normal(outcome(untyped(expr), False))


S, N, WHOLE, B, A = (
    var("s"),
    var("n", NUMBER),
    var("i", INTEGER),
    var("b", BOOLEAN),
    var("a", ANY),
)
XS, WORDS, M, MAYBE = (
    var("xs", ListOf(INTEGER)),
    var("words", ListOf(STRING)),
    var("m", MapOf(STRING)),
    var("o", optional(STRING)),
)


def code(expr: ir.Expr, **variables: Type) -> str:
    """The emitted expression."""
    more = [given(name, type_) for name, type_ in variables.items()]
    module = emit(workflow([give(expr)], *inputs(True), *more))
    body = body_of(module)
    assert body.startswith("return ")
    return body.removeprefix("return ")


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (binary(S, "+", const("!"), STRING), 's + "!"'),
        (binary(WHOLE, "*", binary(WHOLE, "+", const(1), INTEGER), INTEGER), "i * (i + 1)"),
        (binary(binary(WHOLE, "-", const(1), INTEGER), "-", WHOLE, INTEGER), "i - 1 - i"),
        (binary(WHOLE, "-", binary(WHOLE, "-", const(1), INTEGER), INTEGER), "i - (i - 1)"),
        (binary(A, "+", const(1)), "values.add(a, 1)"),
        (binary(XS, "+", list_of(WHOLE), ListOf(INTEGER)), "[*xs, i]"),
        (compare(S, "==", const("x")), 's == "x"'),
        (compare(A, "==", const("x")), 'values.equal(a, "x")'),
        (compare(B, "==", const(True)), "values.equal(b, True)"),
        (compare(WHOLE, "==", B), "values.equal(i, b)"),
        (compare(MAYBE, "==", const(None)), "o is None"),
        (compare(const(None), "!=", A), "a is not None"),
        (compare(const("k"), "in", M), '"k" in m'),
        (compare(A, "in", XS), "values.contains(a, xs)"),
        (ir.Not(BOOLEAN, HERE, compare(S, "in", WORDS)), "s not in words"),
        (ir.Not(BOOLEAN, HERE, compare(MAYBE, "==", const(None))), "o is not None"),
        (ir.Not(BOOLEAN, HERE, compare(A, "==", const(1))), "not values.equal(a, 1)"),
        (field(M, "k", STRING), 'm["k"]'),
        (field(A, "k"), 'values.field(a, "k")'),
        (ir.Index(INTEGER, HERE, XS, const(-1)), "xs[-1]"),
        (ir.Slice(STRING, HERE, S, const(1), None), "s[1:]"),
        (ir.Dig(ANY, HERE, A, (const("k"), const(0))), 'values.dig(a, "k", 0)'),
        (filtered(S, "upper"), "s.upper()"),
        (filtered(A, "upper"), "filters.upper(a)"),
        (filtered(WORDS, "length"), "len(words)"),
        (filtered(WORDS, "join", const("-")), '"-".join(words)'),
        (filtered(list_of(S, MAYBE), "join", const(", ")), 'f"{s}, {text(o)}"'),
        (filtered(MAYBE, "default", const("none")), 'o or "none"'),
        (filtered(N, "default", const(1)), "filters.default(n, 1)"),
        (text("n=", WHOLE, ", ", N), 'f"n={i}, {text(n)}"'),
        (text("say ", filtered(S, "replace", const("'"), const('"'))), None),
        (ir.EnvValue(optional(STRING), HERE, "HOME"), 'run.env("HOME")'),
        (map_of(a=WHOLE), '{"a": i}'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_python_that_a_person_would_write(expr: ir.Expr, expected: str | None) -> None:
    if expected is not None:
        assert code(expr) == expected
    outcome(expr, True)


def test_enums_are_compared_as_strings_where_they_can_be_equal() -> None:
    tone = var("tone", Enum(("casual", "formal")))
    assert code(compare(tone, "==", const("casual")), tone=tone.type) == 'tone == "casual"'
    never = code(compare(tone, "==", const("rude")), tone=tone.type)
    assert never == 'values.equal(tone, "rude")'


def test_a_constant_that_was_just_set_is_compared_by_value() -> None:
    body = [put("x", const("a")), give(compare(var("x"), "==", const("b")))]
    module = emit(workflow(body, variables={"x": STRING}, result=BOOLEAN))
    assert 'values.equal(x, "b")' in module.text
    assert run(module).output is False


def test_fields_of_an_error_that_may_be_null() -> None:
    error = var("error", optional(ERROR))
    body = [give(text("<", field(error, "type"), ">"))]
    module = emit(workflow(body, variables={"error": ERROR}, initial=("error",), result=STRING))
    assert run(module).output == "<>"


@pytest.mark.parametrize("quote", ["'", '"', "\\", "#", "{", "}", "\n", "\ud800", "\u202e", '"""'])
def test_texts_with_awkward_characters(quote: str) -> None:
    parts = text(f"{quote}a", S, quote, filtered(S, "replace", const("e"), const(quote)), "\n")
    module = emit(workflow([give(parts)], given("s"), result=STRING))
    module.text.encode()
    assert run(module, {"s": "es"}).output == f"{quote}aes{quote}{quote}s\n"


def test_a_long_text_is_cut_into_lines() -> None:
    lines = [
        "You are to write an article for many.",
        "",
        "- Be brief and never, ever repeat yourself.",
        "",
    ]
    message = text("\n".join(lines), "Topic: ", S, "\n")
    module = emit(
        workflow([put("x", message), give(var("x"))], given("s"), variables={"x": STRING})
    )
    assert '"You are to write an article for many.\\n\\n"\n' in module.text
    assert '"- Be brief and never, ever repeat yourself.\\n"\n' in module.text
    assert 'f"Topic: {s}\\n"\n' in module.text
    assert run(module, {"s": "cats"}).output == "\n".join(lines) + "Topic: cats\n"
