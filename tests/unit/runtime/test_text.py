"""The text form of values."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from vega_runtime.errors import ErrorInfo, ExpressionError
from vega_runtime.loops import Loop
from vega_runtime.text import text, to_json

CASES = [
    ("as it is <>&", "as it is <>&"),
    ("", ""),
    (None, ""),
    (True, "true"),
    (False, "false"),
    (0, "0"),
    (-3, "-3"),
    (10**30, "1" + "0" * 30),
    (1.0, "1.0"),
    (-0.0, "-0.0"),
    (0.1 + 0.2, "0.30000000000000004"),
    (1e21, "1e+21"),
    (1e-7, "1e-07"),
    ([], "[]"),
    ({}, "{}"),
    ([1, 2.5, None, True, "x"], '[1,2.5,null,true,"x"]'),
    ({"k": "v", "a": [1, {"b": None}]}, '{"k":"v","a":[1,{"b":null}]}'),
    (["é", "日本", "🎉", 'quo"te', "line\nend"], '["é","日本","🎉","quo\\"te","line\\nend"]'),
    ((1, "a"), '[1,"a"]'),
    ([float("inf"), float("nan"), 1.5], "[null,null,1.5]"),
    ({1: "a", None: "b", 2.5: [float("inf")]}, '{"1":"a","null":"b","2.5":[null]}'),
    ([Path("a/b")], '["a/b"]'),
]


@pytest.mark.parametrize(("value", "shown"), CASES)
def test_text(value: Any, shown: str) -> None:
    assert text(value) == shown


def test_an_error_is_its_message_and_a_loop_is_json() -> None:
    error = ErrorInfo("it broke", "ModelError", "draft")
    assert text(error) == "it broke"
    assert json.loads(text([error])) == [
        {"message": "it broke", "type": "ModelError", "step": "draft"}
    ]
    assert json.loads(text({"at": Loop(0, last=True)}))["at"]["count"] == 1


def test_a_dataclass_inside_a_list_is_a_map_of_its_fields() -> None:
    @dataclass
    class Found:
        title: str
        rank: int

    assert text([Found("x", 1)]) == '[{"title":"x","rank":1}]'


def test_what_cannot_be_written_is_an_expression_error() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    endless: list[Any] = [float("nan")]
    endless.append(endless)
    for value in (10**5000, [10**5000], deep, endless):
        with pytest.raises(ExpressionError):
            text(value)


def test_json_with_indentation() -> None:
    assert to_json({"a": [1]}, 2) == '{\n  "a": [\n    1\n  ]\n}'
