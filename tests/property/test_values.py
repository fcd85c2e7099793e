"""What must hold for the operators, the text form and the filters on any values."""

import json
import operator
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from vega_runtime import filters, values
from vega_runtime.errors import ExpressionError
from vega_runtime.text import text, to_json

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.integers() | FLOATS
SCALARS = st.none() | st.booleans() | NUMBERS | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SHORT = st.text(max_size=20)
SHORT_KEYS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SHORT, inner, max_size=4),
    max_leaves=12,
)
"""YAML finds a key in the first 1,024 characters of its line, and nowhere else."""
OPERATORS = (
    values.add,
    values.sub,
    values.mul,
    values.div,
    values.floordiv,
    values.mod,
    values.less,
    values.less_equal,
    values.greater,
    values.greater_equal,
    values.contains,
    values.index,
)


def attempt(function: Callable[..., Any], *arguments: Any) -> tuple[Any, str]:
    """What the function gives, and the message of the `ExpressionError` that it raised, if any."""
    try:
        return function(*arguments), ""
    except ExpressionError as error:
        return None, error.message or "an error without a message"


@given(st.lists(JSON) | st.dictionaries(st.text(), JSON))
def test_the_text_of_lists_and_maps_reads_back(value: Any) -> None:
    assert json.loads(text(value)) == value
    assert list(json.loads(text({"a": value}))["a"]) == list(value)


@given(JSON)
def test_json_written_reads_back_through_the_filters(value: Any) -> None:
    assert values.equal(filters.json_(filters.tojson(value)), value)
    assert values.equal(filters.json_(filters.tojson(value, 2)), value)


@given(SHORT_KEYS)
def test_yaml_reads_json_too(value: Any) -> None:
    written = json.dumps(value)  # with escapes: YAML forbids some characters in the open
    assume("\\ud" not in written)
    assert values.equal(filters.yaml_(written), value)


@given(FLOATS)
def test_the_text_of_a_float_reads_back_exactly(number: float) -> None:
    assert float(text(number)) == number
    assert filters.float_(text(number)) == number


@given(st.integers())
def test_the_text_of_an_integer_reads_back_exactly(number: int) -> None:
    assert filters.int_(text(number)) == number


@given(JSON, JSON)
def test_operators_give_a_value_or_say_why_not(left: Any, right: Any) -> None:
    for function in OPERATORS:
        result, problem = attempt(function, left, right)
        assert not problem.startswith("an error without")
        assert problem or json.loads(to_json(result)) == result


@given(JSON, JSON)
def test_equality_is_symmetric_and_says_the_same_as_the_json(left: Any, right: Any) -> None:
    assert values.equal(left, left)
    assert values.equal(left, right) == values.equal(right, left)
    if filters.tojson(left) == filters.tojson(right):
        assert values.equal(left, right)


@given(NUMBERS, NUMBERS)
def test_arithmetic_on_numbers_is_pythons_or_too_large(left: Any, right: Any) -> None:
    for ours, pythons in (
        (values.add, operator.add),
        (values.sub, operator.sub),
        (values.mul, operator.mul),
    ):
        result, problem = attempt(ours, left, right)
        assert "too large" in problem or result == pythons(left, right)


@given(st.lists(NUMBERS) | st.lists(st.text()))
def test_sorting_agrees_with_the_order(elements: list[Any]) -> None:
    ordered = filters.sort(elements)
    assert filters.length(ordered) == len(elements)
    for left, right in pairwise(ordered):
        assert values.less_equal(left, right)
    assert filters.first(ordered) == filters.min_(elements)
    assert filters.last(ordered) == filters.max_(elements)


@given(st.lists(JSON, max_size=6))
@example([1, True, 1.0, [1], [True], {"a": 0}, {"a": False}])
def test_unique_keeps_one_of_all_that_are_equal(elements: list[Any]) -> None:
    kept = filters.unique(elements)
    for place, element in enumerate(kept):
        assert not any(values.equal(element, other) for other in kept[:place])
    for element in elements:
        assert values.contains(element, kept)


@given(st.lists(JSON, max_size=6), st.integers(-8, 8))
def test_an_index_and_its_dig_agree(elements: list[Any], place: int) -> None:
    found = values.dig(elements, place)
    try:
        assert values.equal(values.index(elements, place), found)
    except ExpressionError:
        assert found is None


@given(st.text(), st.integers(0, 20))
def test_truncated_text_is_the_start_of_the_text(whole: str, n: int) -> None:
    short = filters.truncate(whole, n)
    assert short == whole if len(whole) <= n else short == whole[:n] + "..."


@given(st.text())
def test_a_slug_is_its_own_slug_and_a_safe_file_name(whole: str) -> None:
    found = filters.slug(whole)
    assert filters.slug(found) == found
    assert not set(found) & set(' /\\.:*?"<>|\n')
    assert "--" not in found


@given(st.lists(st.text(alphabet=st.characters(exclude_characters=",")), min_size=1))
def test_what_is_joined_can_be_split_again(pieces: list[str]) -> None:
    assert filters.split(filters.join(pieces, ","), ",") == pieces
