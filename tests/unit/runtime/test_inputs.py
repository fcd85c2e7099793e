"""Inputs: types, defaults, what narrows them, and texts of the command line."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega_runtime import Input, InputError, Run, RunOptions, program, workflow
from vega_runtime.inputs import raw_inputs, usage_line, validate_inputs
from vega_runtime.virtual_time import run_virtual

DECLARED = {
    "task": Input("string", description="what to do"),
    "rounds": Input("integer", default=3, min=1, max=9),
    "tone": Input("string", default="plain", enum=["plain", "loud"]),
    "extra": Input("object", required=False),
}


@pytest.mark.parametrize(
    ("type_name", "value", "expected"),
    [
        ("string", "a", "a"),
        ("number", 1.5, 1.5),
        ("number", 2, 2),
        ("integer", 3.0, 3),
        ("boolean", False, False),
        ("array", [1, "a"], [1, "a"]),
        ("object", {"a": 1}, {"a": 1}),
        ("any", None, None),
        ("list[integer]", [1.0, 2], [1, 2]),
        ("list[list[string]]", [["a"], []], [["a"], []]),
        ("map[number]", {"a": 1}, {"a": 1}),
        ("map[any]", {"a": None}, {"a": None}),
    ],
)
def test_values_that_fit(type_name: str, value: Any, expected: Any) -> None:
    fitted = validate_inputs({"x": Input(type_name)}, {"x": value})["x"]
    assert fitted == expected
    assert type(fitted) is type(expected)


@pytest.mark.parametrize(
    ("type_name", "value", "message"),
    [
        ("string", 1, "must be a text, not 1"),
        ("string", None, "must be a text, not null"),
        ("number", True, "must be a number, not true"),
        ("number", "3", 'must be a number, not "3"'),
        ("integer", 3.5, "must be a whole number, not 3.5"),
        ("boolean", "true", "must be true or false"),
        ("array", {"a": 1}, "must be a list"),
        ("object", [1], "must be a map"),
        ("list[string]", ["a", 1], "at 1 must be a text, not 1"),
        ("map[list[number]]", {"k": [True]}, 'at "k" at 0 must be a number, not true'),
        ("list[string]", "abc", "must be a list, each a text"),
    ],
)
def test_values_that_do_not_fit(type_name: str, value: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        validate_inputs({"x": Input(type_name)}, {"x": value})
    assert message in str(caught.value)


def test_all_problems_are_reported_at_once_with_the_usage() -> None:
    usage = usage_line("f.vega.yaml", "w", DECLARED)
    with pytest.raises(InputError) as caught:
        validate_inputs(DECLARED, {"rounds": 10, "tone": "shrill", "tsk": "x"}, usage)
    assert str(caught.value).splitlines() == [
        "the input 'task' is missing (a text: what to do)",
        "the input 'rounds' is 10, and the most is 9",
        "the input 'tone' must be one of plain, loud, not \"shrill\"",
        "there is no input 'tsk'; did you mean 'task'?",
        "usage: vegac run f.vega.yaml w --task TEXT [--rounds INTEGER=3] "
        '[--tone plain|loud="plain"] [--extra JSON]',
    ]


def test_defaults_fill_in_and_are_not_shared() -> None:
    declared = {"a": Input("array", default=[1]), "b": Input("string", required=False)}
    first = validate_inputs(declared, {})
    first["a"].append(2)
    assert validate_inputs(declared, {"b": None}) == {"a": [1], "b": None}


def test_true_is_not_one_in_an_enum() -> None:
    declared = {"x": Input("any", enum=[1, "a"])}
    assert validate_inputs(declared, {"x": 1}) == {"x": 1}
    with pytest.raises(InputError):
        validate_inputs(declared, {"x": True})


@pytest.mark.parametrize(
    ("type_name", "text", "expected"),
    [
        ("string", "3", "3"),
        ("integer", "-3", -3),
        ("number", "1e3", 1000.0),
        ("number", "12345678901234567890", 12345678901234567890),
        ("boolean", "True", True),
        ("list[integer]", "[1, 2]", [1, 2]),
        ("object", '{"a": 1}', {"a": 1}),
        ("any", '{"a": 1}', {"a": 1}),
        ("any", "just text", "just text"),
        ("any", "NaN", "NaN"),
        ("any", "1e999", "1e999"),
        ("any", "[" * 100_000, "[" * 100_000),
    ],
)
def test_texts_are_read_by_their_type(type_name: str, text: str, expected: Any) -> None:
    assert raw_inputs({"x": Input(type_name)}, {"x": text}) == {"x": expected}


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("integer", "three"),
        ("number", "1_000"),
        ("number", "nan"),
        ("number", "1e999"),
        ("boolean", "yes"),
        ("array", "a, b"),
    ],
)
def test_texts_that_cannot_be_read_are_told_with_all_else(type_name: str, text: str) -> None:
    declared = {"x": Input(type_name), "y": Input(type_name), "z": Input("string")}
    with pytest.raises(InputError) as caught:
        validate_inputs(declared, raw_inputs(declared, {"x": text, "y": text}))
    problems = str(caught.value).splitlines()
    assert [line.split("'")[1] for line in problems] == ["x", "y", "z"]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**30))
def test_every_number_is_read_as_it_is_written(number: float) -> None:
    assert raw_inputs({"x": Input("number")}, {"x": repr(number)}) == {"x": number}


def test_a_workflow_checks_its_inputs_before_anything_happens() -> None:
    begun: list[int] = []

    @workflow(program("f.vega.yaml"), "w", inputs={"n": Input("integer", default=1)})
    async def counts(run: Run, *, n: int = 1) -> int:
        begun.append(n)
        return n

    async def main() -> list[int]:
        return [await counts(), await counts(n=2), await counts.execute({"n": 3.0}, RunOptions())]

    assert run_virtual(main()) == [1, 2, 3]
    with pytest.raises(InputError, match=r"usage: vegac run f\.vega\.yaml w"):
        run_virtual(counts.execute({"n": "x"}))
    assert begun == [1, 2, 3]


def test_a_call_checks_its_inputs_too(play: Any) -> None:
    made = program("f.vega.yaml")

    @workflow(made, "inner", inputs={"n": Input("integer")})
    async def inner(run: Run, *, n: int) -> int:
        return n

    @workflow(made, "outer")
    async def outer(run: Run, *, n: Any) -> int:
        return await run.call("outer/inner", inner, n=n)

    assert play(outer, inputs={"n": 2.0}).output == 2
    assert isinstance(play(outer, inputs={"n": "two"}).error, InputError)


def test_positional_arguments_work_for_workflows_written_by_hand() -> None:
    @workflow(program("f.vega.yaml"), "w")
    async def adds(run: Run, a: int, b: int = 1) -> int:
        return a + b

    async def main() -> list[int]:
        return [await adds(1), await adds(1, b=5), await adds(2, 3)]

    assert run_virtual(main()) == [2, 6, 5]
