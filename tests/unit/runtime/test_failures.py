"""Failures in words: what Python says, in the language's terms, and what stays a defect."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from vega_runtime import (
    FAILURES,
    ErrorInfo,
    ExpressionError,
    Loop,
    Run,
    filters,
    program,
    text,
    values,
    workflow,
)
from vega_runtime.failures import explain

NULL: Any = None


def evaluated(body: Callable[[], Any]) -> Any:
    made = program("f.vega.yaml")

    @workflow(made, "w")
    async def evaluates(run: Run) -> Any:
        return body()

    made.module_file = __file__
    return evaluates


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda: [1][2], "there is no element at that position"),
        (lambda: {"a": 1}["nope"], "there is no field 'nope'"),
        (lambda: 1 // 0, "division by zero"),
        (lambda: 2.0**5000, "the number is too large"),
        (lambda: NULL + 1, "cannot add null and a number"),
        (lambda: "a" + NULL, "cannot add a text and null"),
        (
            lambda: [1] + NULL,  # noqa: RUF005
            "cannot add a list and null",
        ),
        (lambda: 1 - NULL, "cannot subtract null from a number"),
        (lambda: NULL * 2, "cannot multiply null and a number"),
        (lambda: NULL > 1, "cannot compare null with a number (>)"),
        (lambda: -NULL, "cannot negate null"),
        (lambda: NULL["a"], "null has no fields or elements"),
        (lambda: "a" in NULL, "null has no elements"),
        (lambda: list(NULL), "null has no elements"),
        (lambda: len(NULL), "null has no length"),
        (lambda: [1][NULL], "a list takes a whole number as a position, not null"),
        (lambda: NULL.name, "null has no field 'name'"),
        (lambda: int("x"), "invalid literal"),
    ],
)
def test_what_python_raises_is_told_in_the_languages_words(
    play: Any, body: Callable[[], Any], message: str
) -> None:
    with pytest.raises(FAILURES) as caught:
        body()
    assert message in explain(caught.value)
    assert isinstance(play(evaluated(body)).error, ExpressionError)


ITEMS: list[Any] = [1, "two"]
NAMES: dict[str, Any] = {"näme": 1}


def _above(least: Any) -> Any:
    for item in ITEMS:
        if item > least:
            return item
    return None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda: ITEMS[2], "there is no element 2 in a list of 2 elements"),
        (lambda: ITEMS[0] + ITEMS[-1], "cannot add the number 1 and the string 'two'"),
        (lambda: _above(1), "cannot compare the string 'two' > the number 1"),
        (lambda: NAMES["näme"] // 0, "division by zero"),
        (lambda: NAMES["nämen"], "the map has no key 'nämen'; it has: näme"),
        (lambda: "é" in NULL, "cannot look for the string 'é' in null"),
        (lambda: -NAMES["näme"]["x"], "cannot read the field 'x' of the number 1"),
        (lambda: ITEMS[len(ITEMS)], "there is no element at that position"),
    ],
)
def test_the_message_names_the_values_where_they_are_known(
    play: Any, body: Callable[[], Any], message: str
) -> None:
    error = play(evaluated(body)).error
    assert isinstance(error, ExpressionError)
    assert message in str(error)


def test_helpers_of_expressions_are_the_expressions_fault(play: Any) -> None:
    for body in (lambda: values.add(1, "a"), lambda: filters.upper(1)):
        assert isinstance(play(evaluated(body)).error, ExpressionError)


def test_a_defect_of_a_library_stays_what_it_is(play: Any) -> None:
    @workflow(program("f.vega.yaml"), "w")
    async def catches(run: Run) -> Any:
        try:
            return json.loads("{")
        except FAILURES as failure:
            return run.caught(failure).message

    assert isinstance(play(evaluated(lambda: json.loads("{"))).error, json.JSONDecodeError)
    assert isinstance(play(catches).error, json.JSONDecodeError)


def test_what_catch_sees(play: Any) -> None:
    @workflow(program("f.vega.yaml"), "w")
    async def catches(run: Run) -> Any:
        try:
            return NULL + 1
        except FAILURES as failure:
            return run.caught(failure)

    error = play(catches).output
    assert error == ErrorInfo(error.message, "ExpressionError", "")
    assert text(error).startswith("cannot add null and the number 1")
    assert json.loads(text([error]))[0]["type"] == "ExpressionError"


def test_a_loop_over_nothing_to_loop_over_is_an_error(play: Any) -> None:
    for value, message in ((NULL, "null"), ("abc", "text"), (5, "5")):

        @workflow(program("f.vega.yaml"), "w")
        async def loops(run: Run, *, over: Any = value) -> None:
            for _ in run.items("w/for", over):
                pass

        error = play(loops).error
        assert isinstance(error, ExpressionError)
        assert message in str(error)


@pytest.mark.parametrize("limit", [0, -1, 2.5, "3", None, True])
def test_a_repeat_needs_a_whole_number_of_rounds(play: Any, limit: Any) -> None:
    @workflow(program("f.vega.yaml"), "w")
    async def repeats(run: Run) -> None:
        for _ in run.repeat("w/repeat", limit):
            pass

    assert isinstance(play(repeats).error, ExpressionError)


def test_loops_say_where_they_stand(play: Any) -> None:
    @workflow(program("f.vega.yaml"), "w")
    async def looping(run: Run) -> list[Any]:
        seen: list[Any] = []
        loop = Loop.none()
        for loop in run.repeat("w/repeat", 2):
            seen.append((loop.index, loop.count, loop.first, loop.last))
        for inner, item in run.loop("w/for", {"k": 1}, loop):
            seen.append((item, inner.last, inner.parent is loop))
        seen.append(list(run.items("w/for#2", ["x", "y"])))
        seen.append((loop.index, Loop.none().count, Loop.none().index, Loop.none().first))
        return seen

    assert play(looping).output == [
        (0, 1, True, False),
        (1, 2, False, True),
        ("k", True, True),
        ["x", "y"],
        (1, 0, -1, False),
    ]
