"""The forms of replies."""

import json
from typing import Any

import pytest

from vega_runtime import forms
from vega_runtime.errors import FormatError

FENCE = "```"

READS: list[tuple[forms.Form[Any], str, Any]] = [
    (forms.TEXT, " as it is\n", " as it is\n"),
    (forms.TEXT, f"{FENCE}\nx\n{FENCE}", f"{FENCE}\nx\n{FENCE}"),
    (forms.JSON, '{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
    (forms.JSON, f'\n{FENCE}json\n{{"a": 1}}\n{FENCE}\n', {"a": 1}),
    (forms.JSON, f"{FENCE}\n[1]\n{FENCE}", [1]),
    (forms.JSON, f"{FENCE}{FENCE}\n[1]\n{FENCE}{FENCE}", [1]),
    (forms.JSON, '"text"', "text"),
    (forms.YAML, "a: 1\nb: [x, y]", {"a": 1, "b": ["x", "y"]}),
    (forms.YAML, f"{FENCE}yaml\na: 1\n{FENCE}", {"a": 1}),
    (forms.NUMBER, "42", 42),
    (forms.NUMBER, " -3.5\n", -3.5),
    (forms.NUMBER, "1e3", 1000.0),
    (forms.NUMBER, f"{FENCE}\n7\n{FENCE}", 7),
    (forms.BOOLEAN, "yes", True),
    (forms.BOOLEAN, "No.", False),
    (forms.BOOLEAN, " TRUE\n", True),
    (forms.BOOLEAN, "False!", False),
    (forms.LIST, '["a", 1, null]', ["a", 1, None]),
    (forms.LIST, "[]", []),
    (forms.LIST, "- a\n- b c\n", ["a", "b c"]),
    (forms.LIST, "* a\n\n* b", ["a", "b"]),
    (forms.LIST, "1. a\n2. b\n10) c", ["a", "b", "c"]),
    (forms.LIST, "  - a\n  - b", ["a", "b"]),
    (forms.LIST, "• é\n• ü", ["é", "ü"]),
    (forms.LIST, "a\nb\n", ["a", "b"]),
    (forms.LIST, "- a\n  more\n  - inner\n- b", ["a\nmore\n- inner", "b"]),
    (forms.LIST, "[a](x)\n[b](y)", ["[a](x)", "[b](y)"]),
    (forms.LIST, "3.5 kg\n4 kg", ["3.5 kg", "4 kg"]),
    (forms.LIST, f"{FENCE}\n- a\n{FENCE}", ["a"]),
]


@pytest.mark.parametrize(("form", "reply", "value"), READS)
def test_replies_of_a_form(form: forms.Form[Any], reply: str, value: Any) -> None:
    found = form.parse(reply)
    assert found == value
    assert type(found) is type(value)


REFUSES: list[tuple[forms.Form[Any], str, str]] = [
    (forms.JSON, "{'a': 1}", "the reply is not valid JSON: Expecting property name"),
    (forms.JSON, f"Here:\n{FENCE}json\n[1]\n{FENCE}", "near 'Here:"),
    (forms.JSON, f"{FENCE}\n[1]\n{FENCE}\n{FENCE}\n[2]\n{FENCE}", "not valid JSON"),
    (forms.JSON, "[1] and more", "Extra data at line 1, column 5"),
    (forms.JSON, "", "the reply is empty"),
    (forms.JSON, "[NaN]", "NaN is no JSON value"),
    (forms.YAML, "a: b: c", "the reply is not valid YAML"),
    (forms.NUMBER, "The answer is 42", "must be a number such as 42 or 3.5"),
    (forms.NUMBER, "The answer is 42", "but it is the string 'The answer is 42'"),
    (forms.NUMBER, "1,000", "no thousands separators"),
    (forms.NUMBER, "42%", "must be a number"),
    (forms.NUMBER, "", "it is empty"),
    (forms.NUMBER, "1e999", "must be a number"),
    (forms.NUMBER, "nan", "must be a number"),
    (forms.BOOLEAN, "maybe", "must be yes, no, true or false"),
    (forms.BOOLEAN, "Yes, it is", "the string 'Yes, it is'"),
    (forms.BOOLEAN, "", "it is empty"),
    (forms.LIST, "", "an empty list is written []"),
    (forms.LIST, "Here you are:\n- a\n- b", "the string 'Here you are:' is no item"),
    (forms.LIST, "- a\n- b\nThat is all.", "the string 'That is all.' is no item"),
    (forms.LIST, "[1, 2,]", "not valid JSON"),
]


@pytest.mark.parametrize(("form", "reply", "words"), REFUSES)
def test_a_reply_of_another_form_is_refused(form: forms.Form[Any], reply: str, words: str) -> None:
    with pytest.raises(FormatError) as caught:
        form.parse(reply)
    assert words in caught.value.message


CONTACT = forms.record(
    {
        "name": "string",
        "age": "integer",
        "score": "number?",
        "tags": "list[string]",
        "counts": "map[integer]",
        "address": {"city": "string", "zip": "string?"},
        "extra": "any",
    }
)
GOOD: dict[str, Any] = {
    "name": "Ann",
    "age": 3,
    "score": 1.5,
    "tags": ["a"],
    "counts": {"x": 1},
    "address": {"city": "Rome", "zip": None},
    "extra": [None],
}


def test_a_record_that_fits_is_the_object() -> None:
    assert CONTACT.parse(json.dumps(GOOD)) == GOOD
    assert CONTACT.parse(f"{FENCE}json\n{json.dumps(GOOD)}\n{FENCE}") == GOOD


def test_optional_fields_are_null_when_absent_and_other_fields_are_kept() -> None:
    reply = {key: value for key, value in GOOD.items() if key != "score"} | {"more": 1}
    reply["address"] = {"city": "Rome"}
    found = CONTACT.parse(json.dumps(reply))
    assert found["score"] is None
    assert found["address"] == {"city": "Rome", "zip": None}
    assert found["more"] == 1


def test_a_whole_float_is_an_integer_where_one_is_wanted() -> None:
    found = CONTACT.parse(json.dumps(GOOD | {"age": 3.0, "counts": {"x": 2.0}}))
    assert (type(found["age"]), type(found["counts"]["x"])) == (int, int)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": 5}, "the field 'name' must be a string, not the number 5"),
        ({"name": None}, "the field 'name' must be a string, not null"),
        ({"age": 3.5}, "the field 'age' must be a whole number, not the number 3.5"),
        ({"age": True}, "the field 'age' must be a whole number, not the boolean true"),
        ({"score": "x"}, "the field 'score' must be a number, not the string 'x'"),
        ({"tags": ["a", 2]}, "the field 'tags[1]' must be a string, not the number 2"),
        ({"tags": "a"}, "the field 'tags' must be a list, not the string 'a'"),
        ({"counts": {"x": "1"}}, "the field 'counts.x' must be a whole number"),
        ({"counts": [1]}, "the field 'counts' must be an object"),
        ({"address": {}}, "the field 'address.city' is missing (a string)"),
        ({"address": "Rome"}, "the field 'address' must be an object with the fields city, zip"),
    ],
)
def test_a_record_that_does_not_fit_names_the_path(change: dict[str, Any], words: str) -> None:
    with pytest.raises(FormatError) as caught:
        CONTACT.parse(json.dumps(GOOD | change))
    assert words in caught.value.message


def test_all_problems_of_a_record_are_told_at_once() -> None:
    with pytest.raises(FormatError) as caught:
        CONTACT.parse('{"name": 1, "age": "x"}')
    for word in ("'name'", "'age'", "'tags' is missing", "'counts' is missing", "'address' is"):
        assert word in caught.value.message


def test_a_record_must_be_an_object() -> None:
    with pytest.raises(FormatError, match="it must be an object with the fields name, age"):
        CONTACT.parse("[1]")
    with pytest.raises(FormatError, match="not valid JSON"):
        CONTACT.parse("Ann")


def test_instructions_and_json_schema() -> None:
    form = forms.record({"name": "string", "tags": "list[string]", "more": {"n": "number?"}})
    assert form.instructions.startswith(
        'Reply with one JSON object of the form {"name": string, "tags": [string, ...], '
        '"more": {"n": number or null}}.'
    )
    assert form.json_schema == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "more": {
                "type": "object",
                "properties": {"n": {"anyOf": [{"type": "number"}, {"type": "null"}]}},
                "required": ["n"],
                "additionalProperties": False,
            },
        },
        "required": ["name", "tags", "more"],
        "additionalProperties": False,
    }
    assert forms.TEXT.instructions == ""
    assert forms.JSON.json_schema is None


@pytest.mark.parametrize("type_", ["strnig", "list[]", "list[strnig]", "", 5])
def test_a_type_that_does_not_exist_is_refused_when_the_form_is_made(type_: Any) -> None:
    with pytest.raises(ValueError, match="no type"):
        forms.record({"field": type_})
