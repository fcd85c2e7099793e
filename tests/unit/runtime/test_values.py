"""Operators on values whose type is known only at run time."""

from dataclasses import dataclass
from typing import Any

import pytest

from vega_runtime import values
from vega_runtime.errors import ErrorInfo, ExpressionError
from vega_runtime.loops import Loop

ARITHMETIC = [
    (values.add, 1, 2, 3),
    (values.add, 1, 2.5, 3.5),
    (values.add, "a", "b", "ab"),
    (values.add, [1], [2, 3], [1, 2, 3]),
    (values.sub, 5, 1, 4),
    (values.mul, -2, 3, -6),
    (values.div, 7, 2, 3.5),
    (values.div, 6, 2, 3.0),
    (values.floordiv, 7, 2, 3),
    (values.floordiv, -7, 2, -4),
    (values.mod, 7, 4, 3),
    (values.mod, -7, 4, 1),
]


@pytest.mark.parametrize(("function", "left", "right", "result"), ARITHMETIC)
def test_arithmetic(function: Any, left: Any, right: Any, result: Any) -> None:
    found = function(left, right)
    assert found == result
    assert type(found) is type(result)


WRONG = [
    (values.add, "a", 1, ["the string 'a'", "the number 1", "| string"]),
    (values.add, 1, "a", ["the number 1", "the string 'a'", "| string"]),
    (values.add, True, 1, ["the boolean true", "two numbers, two strings or two lists"]),
    (values.add, None, 1, ["null", "the number 1"]),
    (values.add, {"a": 1}, {"b": 2}, ['the map {"a":1}', 'the map {"b":2}']),
    (values.sub, "a", 1, ["the string 'a' - the number 1", "| int"]),
    (values.mul, "ab", 3, ["the string 'ab' * the number 3"]),
    (values.mul, [1], 3, ["the list [1] * the number 3"]),
    (values.mod, "%s", "x", ["the string '%s' % the string 'x'"]),
    (values.div, False, 1, ["the boolean false"]),
    (values.div, 7, 0, ["division by zero", "7 / 0"]),
    (values.floordiv, 2, 0.0, ["division by zero", "2 // 0.0"]),
    (values.mod, 2.5, 0, ["division by zero"]),
    (values.mul, 1e308, 10, ["too large"]),
    (values.add, 10**400, 0.5, ["too large"]),
    (values.div, 10**400, 3, ["too large"]),
    (values.mul, 10**4000, 10**4000, ["too large"]),
    (values.less, 1, "2", ["the number 1 < the string '2'", "| int"]),
    (values.less, True, 2, ["the boolean true < the number 2", "two numbers or two strings"]),
    (values.greater, None, 2, ["null > the number 2"]),
    (values.greater_equal, [1], [2], ["the list [1] >= the list [2]"]),
    (values.less_equal, {}, {}, ["the map {} <= the map {}"]),
    (values.contains, 1, "123", ["the number 1", "in a string", "| string"]),
    (values.contains, "a", None, ["in null"]),
    (values.contains, "a", 5, ["the number 5", "a string, a list or a map"]),
    (values.field, None, "name", ["'name' of null", "default"]),
    (values.field, "text", "name", ["'name' of the string 'text'", "| json"]),
    (values.field, [1], "name", ["'name' of the list [1]", "| map:name"]),
    (values.field, {"a": 1, "b": 2}, "nope", ["no key 'nope'", "it has: a, b"]),
    (values.field, {}, "nope", ["no key 'nope'", "empty"]),
    (values.index, [1, 2], 2, ["no element 2", "a list of 2 elements"]),
    (values.index, [1, 2], -3, ["no element -3"]),
    (values.index, [], 0, ["an empty list"]),
    (values.index, [1, 2], 1.0, ["the number 1.0", "a whole number", "| int"]),
    (values.index, [1, 2], True, ["the boolean true"]),
    (values.index, [1, 2], "a", ["the string 'a'"]),
    (values.index, "abc", 3, ["no element 3", "3 characters"]),
    (values.index, {"a": 1}, "b", ["no key 'b'"]),
    (values.index, {"a": 1}, [1], ["no key the list [1]"]),
    (values.index, None, 0, ["of null"]),
    (values.index, 5, 0, ["of the number 5"]),
    (values.index, None, "a", ["'a' of null"]),
]


@pytest.mark.parametrize(("function", "left", "right", "words"), WRONG)
def test_what_does_not_fit_says_what_and_how_to_cure_it(
    function: Any, left: Any, right: Any, words: list[str]
) -> None:
    with pytest.raises(ExpressionError) as caught:
        function(left, right)
    for word in words:
        assert word in caught.value.message


def test_negation() -> None:
    assert values.neg(3) == -3
    assert values.neg(-2.5) == 2.5
    for wrong in ("3", True, None, [1]):
        with pytest.raises(ExpressionError, match="cannot negate"):
            values.neg(wrong)


def test_a_result_that_squares_itself_again_and_again_is_refused_before_it_hurts() -> None:
    def square(number: int) -> None:
        for _ in range(100):
            number = values.mul(number, number)

    with pytest.raises(ExpressionError, match="too large"):
        square(10)


EQUAL = [
    (1, 1.0, True),
    (0, -0.0, True),
    (1, True, False),
    (False, 0, False),
    (True, True, True),
    (True, False, False),
    (None, None, True),
    (None, False, False),
    ("a", "a", True),
    ("1", 1, False),
    ([1, [2]], [1.0, [2]], True),
    ([1], [True], False),
    ([1], [1, 2], False),
    ([1], "1", False),
    ({"a": [1]}, {"a": [1.0]}, True),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    ({"a": 1}, {"a": True}, False),
    ({"a": 1}, {"b": 1}, False),
    ({}, [], False),
    ("", None, False),
]


@pytest.mark.parametrize(("left", "right", "result"), EQUAL)
def test_equality_is_deep_and_knows_booleans_from_numbers(
    left: Any, right: Any, result: bool
) -> None:
    assert values.equal(left, right) is result
    assert values.equal(right, left) is result


def test_order_of_numbers_and_of_strings() -> None:
    assert values.less(1, 1.5)
    assert not values.less(2, 2)
    assert values.less_equal(2, 2.0)
    assert values.greater("b", "a")
    assert values.greater_equal("a", "a")
    assert values.less("Z", "a")


CONTAINS = [
    ("x", "xyz", True),
    ("", "xyz", True),
    ("é", "café", True),
    ("a", ["a", 1], True),
    ("1", [1], False),
    (1, [True], False),
    (True, [1], False),
    (1, [1.0], True),
    ([1], [[1.0]], True),
    (None, [None], True),
    ("k", {"k": None}, True),
    ("v", {"k": "v"}, False),
    (1, {"1": 0}, False),
    ([1], {"k": 1}, False),
]


@pytest.mark.parametrize(("needle", "haystack", "result"), CONTAINS)
def test_in(needle: Any, haystack: Any, result: bool) -> None:
    assert values.contains(needle, haystack) is result


def test_parts_of_values() -> None:
    assert values.field({"a": None}, "a") is None
    assert values.index([1, 2, 3], -1) == 3
    assert values.index("héllo", 1) == "é"
    assert values.index({"a b": 1}, "a b") == 1
    assert values.slice_([1, 2, 3], 1, None) == [2, 3]
    assert values.slice_([1, 2, 3], None, -1) == [1, 2]
    assert values.slice_([1, 2, 3], 5, 9) == []
    assert values.slice_("hello", 1, 3) == "el"


@pytest.mark.parametrize(
    ("value", "start", "end", "words"),
    [
        ({"a": 1}, 0, 1, "cannot slice the map"),
        (None, 0, 1, "cannot slice null"),
        ([1], "0", None, "the string '0'"),
        ([1], None, 1.5, "the number 1.5"),
        ([1], True, None, "the boolean true"),
    ],
)
def test_slices_that_cannot_be(value: Any, start: Any, end: Any, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        values.slice_(value, start, end)


def test_the_runtimes_own_objects_have_fields() -> None:
    error = ErrorInfo("it broke", "ModelError", "draft")
    loop = Loop(1, last=True, parent=Loop(0, last=False))
    assert values.field(error, "type") == "ModelError"
    assert values.field(loop, "count") == 2
    assert values.field(values.field(loop, "parent"), "index") == 0
    assert values.dig(loop, "parent", "first") is True
    assert values.dig(error, "nope") is None
    with pytest.raises(ExpressionError, match="it has: message, type, step"):
        values.field(error, "nope")


def test_a_dataclass_from_a_tool_has_fields() -> None:
    @dataclass
    class Found:
        title: str

    assert values.field(Found("x"), "title") == "x"
    assert values.index(Found("x"), "title") == "x"


DIG = [
    ({"k": {"j": 4}}, ("k", "j"), 4),
    ({"k": [1, 2]}, ("k", -1), 2),
    ({"k": {}}, ("k", "j"), None),
    ({"k": None}, ("k", "j"), None),
    ({"k": 5}, ("k", "j"), None),
    ({"k": "text"}, ("k", "j"), None),
    ({"k": "text"}, ("k", 0), "t"),
    ([1], (5,), None),
    ([1], (True,), None),
    ([1], ("a",), None),
    (None, ("a", "b"), None),
    ({"a": 1}, ([1],), None),
    (7, (), 7),
]


@pytest.mark.parametrize(("value", "path", "result"), DIG)
def test_dig_gives_null_for_what_is_missing(value: Any, path: Any, result: Any) -> None:
    assert values.dig(value, *path) == result


def test_iteration() -> None:
    assert list(values.iterate([1, 2])) == [1, 2]
    assert list(values.iterate({"a": 1, "b": 2})) == ["a", "b"]
    assert list(values.pairs({"a": 1, "b": 2})) == [("a", 1), ("b", 2)]
    assert list(values.pairs(["x", "y"])) == [(0, "x"), (1, "y")]
    for wrong in ("text", None, 5, True):
        with pytest.raises(ExpressionError, match="cannot loop over"):
            values.iterate(wrong)
        with pytest.raises(ExpressionError, match="cannot loop over"):
            values.pairs(wrong)


def test_computed_names() -> None:
    assert values.lookup({"result_1": None}, "result_1") is None
    with pytest.raises(ExpressionError, match="'result_2' has not been set; set so far: result_1"):
        values.lookup({"result_1": "x"}, "result_2")
    with pytest.raises(ExpressionError, match="set so far: none"):
        values.lookup({}, "x")


def test_values_where_one_type_is_needed() -> None:
    assert values.string("a") == "a"
    assert values.number(1.5) == 1.5
    assert values.integer(3) == 3
    assert values.boolean(False) is False
    assert values.list_([1]) == [1]
    assert values.map_({"a": 1}) == {"a": 1}
    wrong: list[tuple[Any, Any]] = [
        (values.string, 1),
        (values.number, True),
        (values.number, "1"),
        (values.integer, 1.0),
        (values.integer, False),
        (values.boolean, 1),
        (values.list_, "a"),
        (values.map_, [1]),
        (values.string, None),
    ]
    for function, value in wrong:
        with pytest.raises(ExpressionError, match=r"expected .*, but got"):
            function(value)


def test_values_in_messages_are_short() -> None:
    assert values.describe("x" * 1000).startswith("the string 'xxx")
    assert values.describe(list(range(1000))) == "a list of 1000 elements"
    assert values.describe({str(n): n for n in range(30)}) == "a map of 30 elements"
    for value in ("x" * 1000, ["y" * 1000], 10**4000, {"k": {"j": "z" * 500}}):
        assert len(values.describe(value)) < 70


def test_text_that_is_quoted_in_a_message_keeps_its_end_when_it_fits() -> None:
    assert values.describe("it's") == 'the string "it\'s"'
    assert values.describe("") == "the string ''"
    assert values.describe(None) == "null"
