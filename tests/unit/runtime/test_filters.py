"""Every filter on usual, Unicode, empty and wrong input, and against its table."""

import inspect
import json
import signal
import time
from typing import Any

import pytest

from vega_grammar.filters import CONDITION, FILTERS, FilterSpec
from vega_runtime import conditions, filters
from vega_runtime.errors import ErrorInfo, ExpressionError

# filter, receiver, arguments, result
CASES: list[tuple[str, Any, tuple[Any, ...], Any]] = [
    ("upper", "john", (), "JOHN"),
    ("upper", "straße", (), "STRASSE"),
    ("upper", "", (), ""),
    ("lower", "JOHN", (), "john"),
    ("lower", "ÀÉ", (), "àé"),
    ("trim", "  x \n\t", (), "x"),
    ("trim", "\u00a0x\u3000", (), "x"),
    ("title", "hello wORLD", (), "Hello World"),
    ("title", "it's john's", (), "It's John's"),
    ("title", "well-known (foo) [bar]", (), "Well-Known (Foo) [Bar]"),
    ("title", "", (), ""),
    ("capitalize", "hello WORLD", (), "Hello world"),
    ("capitalize", "éa", (), "Éa"),
    ("capitalize", "", (), ""),
    ("truncate", "hello world", (5,), "hello..."),
    ("truncate", "hello", (5,), "hello"),
    ("truncate", "hello!", (5,), "hello..."),
    ("truncate", "héllo", (2,), "hé..."),
    ("truncate", "🎉🎉🎉", (1,), "🎉..."),
    ("truncate", "abc", (0,), "..."),
    ("truncate", "", (0,), ""),
    ("replace", "a-old-b-old", ("old", "new"), "a-new-b-new"),
    ("replace", "abc", ("b", ""), "ac"),
    ("replace", "a1", (1, 2), "a2"),
    ("replace", "is true", (True, False), "is false"),
    ("split", "a,b,c", (",",), ["a", "b", "c"]),
    ("split", "a,,", (",",), ["a", "", ""]),
    ("split", "", (",",), [""]),
    ("split", " a  b\n", (), ["a", "b"]),
    ("split", "", (), []),
    ("split", "a1b", (1,), ["a", "b"]),
    ("lines", "one\ntwo", (), 2),
    ("lines", "one\ntwo\n", (), 2),
    ("lines", "a\r\nb", (), 2),
    ("lines", "", (), 0),
    ("lines", "\n", (), 1),
    ("words", "one two  three", (), 3),
    ("words", "  ", (), 0),
    ("chars", "héllo", (), 5),
    ("chars", "", (), 0),
    ("indent", "a\nb\n\nc", (2,), "a\n  b\n\n  c"),
    ("indent", "a\nb", (), "a\n    b"),
    ("indent", "a\nb", (2, True), "  a\n  b"),
    ("indent", "a\nb\n", (2,), "a\n  b\n"),
    ("indent", "a\r\n\r\nb", (1,), "a\r\n\r\n b"),
    ("indent", "", (4, True), ""),
    ("startswith", "APPROVED: x", ("APPROVED",), True),
    ("startswith", "x", ("APPROVED",), False),
    ("startswith", "3 things", (3,), True),
    ("endswith", "a.py", (".py",), True),
    ("endswith", "", (".py",), False),
    ("contains", "It is APPROVED.", ("APPROVED",), True),
    ("contains", "BUG", ("APPROVED",), False),
    ("contains", "page 42", (42,), True),
    ("contains", [1, "a"], (1,), True),
    ("contains", [True], (1,), False),
    ("contains", {"k": 1}, ("k",), True),
    ("contains", [], ("k",), False),
    ("match", "score: 42", ("[0-9]+",), True),
    ("match", "score: 42", ("^[0-9]+",), False),
    ("match", "score: 42", (r"\d+$",), True),
    ("match", "héllo", ("h.llo",), True),
    ("match", "", ("^$",), True),
    ("match", "a42", (42,), True),
    ("regex_replace", "a1b22", (r"\d+", "#"), "a#b#"),
    ("regex_replace", "2026-11-22", (r"(\d+)-(\d+)-(\d+)", r"\3.\2."), "22.11."),
    ("regex_replace", "John Doe", (r"(?P<first>\w+) (?P<last>\w+)", r"\g<last>"), "Doe"),
    ("regex_replace", "", ("a", "b"), ""),
    ("regex_replace", "a", ("a", ""), ""),
    ("urlencode", "a b/ü?&=", (), "a%20b/%C3%BC%3F%26%3D"),
    ("urlencode", "", (), ""),
    ("urlencode", 42, (), "42"),
    ("urlencode", {"q": "a b&c", "n": 1, "e": None}, (), "q=a+b%26c&n=1&e="),
    ("urlencode", "\ud800", (), "%3F"),
    ("slug", "Café au lait!", (), "cafe-au-lait"),
    ("slug", "  Hello,   World  ", (), "hello-world"),
    ("slug", "Straße Øre", (), "strasse-øre"),
    ("slug", "日本語 テスト", (), "日本語-テスト"),
    ("slug", "Привет, мир", (), "привет-мир"),
    ("slug", "John's book", (), "johns-book"),
    ("slug", "snake_case", (), "snake-case"),
    ("slug", "--", (), ""),
    ("slug", "", (), ""),
    ("join", ["a", "b"], (), "a, b"),
    ("join", ["a", 1, None, True, [1]], ("-",), "a-1--true-[1]"),
    ("join", ["a", "b"], (0,), "a0b"),
    ("join", [], (), ""),
    ("first", [3, 1], (), 3),
    ("first", [], (), None),
    ("first", "héllo", (), "h"),
    ("first", "", (), None),
    ("last", [3, 1], (), 1),
    ("last", [], (), None),
    ("length", [1, 2], (), 2),
    ("length", "héllo", (), 5),
    ("length", {"a": 1}, (), 1),
    ("length", [], (), 0),
    ("reverse", [3, 1, 2], (), [2, 1, 3]),
    ("reverse", "abc", (), "cba"),
    ("reverse", [], (), []),
    ("sort", [3, 1.5, 2], (), [1.5, 2, 3]),
    ("sort", ["b", "a", "Z"], (), ["Z", "a", "b"]),
    ("sort", [], (), []),
    ("unique", [3, 1, 3], (), [3, 1]),
    ("unique", [1, True, 1.0, "1", None, None], (), [1, True, "1", None]),
    ("unique", [[1], [1.0], [True]], (), [[1], [True]]),
    ("unique", [{"a": 1, "b": 2}, {"b": 2, "a": 1}], (), [{"a": 1, "b": 2}]),
    ("unique", [], (), []),
    ("slice", [3, 1, 2], (0, 2), [3, 1]),
    ("slice", [3, 1, 2], (1,), [1, 2]),
    ("slice", [3, 1, 2], (-1,), [2]),
    ("slice", [3, 1, 2], (0, -1), [3, 1]),
    ("slice", [3, 1, 2], (5, 9), []),
    ("slice", "hello", (1, 3), "el"),
    ("map", [{"name": "a"}, {"name": None}], ("name",), ["a", None]),
    ("map", [{"a": {"b": 1}}], ("a.b",), [1]),
    ("map", [{"a.b": 2, "a": {"b": 1}}], ("a.b",), [2]),
    ("map", [{"n": 1}, {}], ("n", 0), [1, 0]),
    ("map", [{}], ("n", None), [None]),
    ("map", [[1, 2], [3, 4]], (-1,), [2, 4]),
    ("map", [{"1": "one"}], (1,), ["one"]),
    ("map", [ErrorInfo("m", "t", "s")], ("message",), ["m"]),
    ("map", [], ("n",), []),
    ("where", [{"ok": True}, {"ok": False}], ("ok", True), [{"ok": True}]),
    ("where", [{"n": 1}, {"n": True}, {}], ("n", 1), [{"n": 1}]),
    ("where", [{"n": 1.0}], ("n", 1), [{"n": 1.0}]),
    ("where", [{"s": "x"}, {"s": ""}, {}], ("s",), [{"s": "x"}]),
    ("where", [{"a": {"b": 1}}, {"a": 2}], ("a.b", 1), [{"a": {"b": 1}}]),
    ("where", [{"n": None}, {}], ("n", None), [{"n": None}]),
    ("where", [], ("n", 1), []),
    ("sum", [1, 2, 3.5], (), 6.5),
    ("sum", [1, 2], (), 3),
    ("sum", [], (), 0),
    ("sum", [0.1] * 10, (), 0.9999999999999999),
    ("min", [3, 1, 2], (), 1),
    ("min", ["b", "a"], (), "a"),
    ("min", [], (), None),
    ("max", [3, 1, 2.5], (), 3),
    ("max", ["b", "é"], (), "é"),
    ("max", [], (), None),
    ("default", None, ("d",), "d"),
    ("default", "", ("d",), "d"),
    ("default", [], ("d",), "d"),
    ("default", {}, ("d",), "d"),
    ("default", 0, ("d",), 0),
    ("default", False, ("d",), False),
    ("default", " ", ("d",), " "),
    ("if", 3, (">0", "positive", "negative"), "positive"),
    ("if", -3, (">0", "positive", "negative"), "negative"),
    ("if", 3, (">= 3", "y", "n"), "y"),
    ("if", 3, ("<=2", "y", "n"), "n"),
    ("if", 3, ("< 3.5", "y", "n"), "y"),
    ("if", 3, ("==3.0", "y", "n"), "y"),
    ("if", 3, ("!=3", "y", "n"), "n"),
    ("if", "done", ("==done", "y", "n"), "y"),
    ("if", "not done", ("== 'not done'", "y", "n"), "y"),
    ("if", "not done", ("==not done", "y", "n"), "y"),
    ("if", "3", ("==3", "y", "n"), "n"),
    ("if", "3", ("=='3'", "y", "n"), "y"),
    ("if", True, ("==true", "y", "n"), "y"),
    ("if", 1, ("==true", "y", "n"), "n"),
    ("if", None, ("==null", "y", "n"), "y"),
    ("if", "b", (">a", "y", "n"), "y"),
    ("if", "", ("", "on", "off"), "off"),
    ("if", "x", ("", "on", "off"), "on"),
    ("if", "x", (" ", "on", "off"), "on"),
    ("if", [], (None, "on", "off"), "off"),
    ("if", "", (True, "on", "off"), "on"),
    ("if", "x", (False, "on", "off"), "off"),
    ("if", "", ("", "on"), None),
    ("if", 5, (">0", [1], {}), [1]),
    ("json", '{"a": [1]}', (), {"a": [1]}),
    ("json", " 42 ", (), 42),
    ("json", '"é"', (), "é"),
    ("json", "null", (), None),
    ("json", '```json\n{"a": 1}\n```\n', (), {"a": 1}),
    ("json", "```\n[1]\n```", (), [1]),
    ("json", "~~~\n[1]\n~~~", (), [1]),
    ("yaml", "a: [1]", (), {"a": [1]}),
    ("yaml", "- yes\n- 0644\n- 2026-01-01\n- 1:30", (), ["yes", "0644", "2026-01-01", "1:30"]),
    ("yaml", "[true, null, ~, 1e3, -1.5, 3]", (), [True, None, None, 1000.0, -1.5, 3]),
    ("yaml", "a: &x [1]\nb: *x", (), {"a": [1], "b": [1]}),
    ("yaml", "1: a\ntrue: b", (), {"1": "a", "true": "b"}),
    ("yaml", "a: '1'\nb: |\n  text\n", (), {"a": "1", "b": "text\n"}),
    ("yaml", "[!!str 1, !!int '2', !!float 3]", (), ["1", 2, 3.0]),
    ("yaml", "", (), None),
    ("yaml", "```yaml\na: 1\n```", (), {"a": 1}),
    ("yaml", "&a x: *a", (), {"x": "x"}),
    ("tojson", {"a": [1, 2.5, None], "é": "ü"}, (), '{"a":[1,2.5,null],"é":"ü"}'),
    ("tojson", "x", (), '"x"'),
    ("tojson", None, (), "null"),
    ("tojson", {"a": 1}, (2,), '{\n  "a": 1\n}'),
    ("int", "42", (), 42),
    ("int", " -42\n", (), -42),
    ("int", "+7", (), 7),
    ("int", "4.7", (), 4),
    ("int", "1e3", (), 1000),
    ("int", -4.7, (), -4),
    ("int", 5, (), 5),
    ("int", True, (), 1),
    ("int", "9" * 400, (), int("9" * 400)),
    ("float", "4.5", (), 4.5),
    ("float", "4", (), 4.0),
    ("float", " .5 ", (), 0.5),
    ("float", 4, (), 4.0),
    ("float", False, (), 0.0),
    ("string", 42, (), "42"),
    ("string", None, (), ""),
    ("string", [1, True], (), "[1,true]"),
    ("string", 1.0, (), "1.0"),
    ("bool", "yes", (), True),
    ("bool", " True\n", (), True),
    ("bool", "1", (), True),
    ("bool", "off", (), False),
    ("bool", "0", (), False),
    ("bool", "", (), False),
    ("bool", 0, (), False),
    ("bool", 0.5, (), True),
    ("bool", None, (), False),
    ("bool", [], (), False),
    ("bool", [0], (), True),
    ("round", 3.14159, (2,), 3.14),
    ("round", 2.5, (), 2),
    ("round", 3.5, (), 4),
    ("round", 1234, (-2,), 1200),
    ("round", 7, (), 7),
    ("round", 2.5, (0,), 2.0),
    ("abs", -3, (), 3),
    ("abs", -2.5, (), 2.5),
    ("abs", 0, (), 0),
]

# filter, receiver, arguments, words of the message
WRONG: list[tuple[str, Any, tuple[Any, ...], str]] = [
    ("upper", 1, (), "needs a string, but got the number 1; turn it into text first"),
    ("upper", None, (), "but got null; give it a value first with `| default"),
    ("lower", ["a"], (), 'the list ["a"]'),
    ("trim", {}, (), "the map {}"),
    ("title", True, (), "the boolean true"),
    ("capitalize", 1.5, (), "the number 1.5"),
    ("truncate", "abc", (-1,), "0 or more, not -1"),
    ("truncate", "abc", ("5",), "a whole number as the length, not the string '5'"),
    ("truncate", "abc", (2.0,), "not the number 2.0"),
    ("truncate", "abc", (True,), "not the boolean true"),
    ("replace", "abc", (None, "x"), "needs a string as the text to replace, not null"),
    ("replace", "abc", ("a", [1]), "as replacement, not the list [1]"),
    ("split", "abc", ("",), "a separator that is not empty"),
    ("split", ["a"], (",",), "needs a string"),
    ("lines", None, (), "needs a string"),
    ("words", 5, (), "needs a string"),
    ("chars", 5, (), "needs a string"),
    ("indent", "a", (10**9,), "from 0 to 1000"),
    ("indent", "a", (-1,), "from 0 to 1000"),
    ("startswith", "a", (None,), "needs a string as the start"),
    ("endswith", 5, ("a",), "needs a string"),
    ("contains", 5, ("a",), "a string, a list or a map"),
    ("contains", "a", (None,), "needs a string as the text to look for, not null"),
    ("match", "a", ("(",), "'(' is no regular expression: missing )"),
    ("match", 5, ("a",), "needs a string"),
    ("match", "a" * 40 + "!", ("(a+)+$",), "takes too long"),
    ("regex_replace", "a", ("[", ""), "is no regular expression"),
    ("regex_replace", "a", ("a", r"\1"), "does not fit the pattern"),
    ("regex_replace", "a", ("a", r"\g<x>"), "does not fit the pattern"),
    ("urlencode", [1], (), "a string, a number or a map"),
    ("slug", 5, (), "needs a string"),
    ("join", "abc", (), "needs a list, but got the string 'abc'; make a list with `| split`"),
    ("join", None, (), "`| default([])`"),
    ("join", [1], (None,), "needs a string as separator, not null"),
    ("first", 5, (), "a list or a string"),
    ("last", {"a": 1}, (), "a list or a string"),
    ("length", 5, (), "a list, a string or a map"),
    ("length", None, (), "but got null"),
    ("reverse", 5, (), "a list or a string"),
    ("sort", [1, "a"], (), "cannot compare numbers with strings"),
    ("sort", [1, None], (), "element 1 is null"),
    ("sort", [True, 1], (), "element 0 is the boolean true"),
    ("sort", "cba", (), "needs a list"),
    ("unique", "aab", (), "needs a list"),
    ("slice", [1], ("0",), "a whole number as the start"),
    ("slice", [1], (0, 1.5), "a whole number as the end"),
    ("slice", {}, (0,), "a list or a string"),
    ("map", [{"a": 1}, {"b": 2}], ("a",), "element 1 of the list has no field 'a'"),
    ("map", [{"a": 1}, {"b": 2}], ("a",), "| map:a:VALUE"),
    ("map", ["text"], ("a",), "needs a list of maps, but element 0 is the string 'text'"),
    ("map", {"a": 1}, ("a",), "needs a list, but got the map"),
    ("map", [{}], (None,), "needs a field's name, not null"),
    ("where", [1], ("a", 1), "needs a list of maps, but element 0 is the number 1"),
    ("sum", [1, "2"], (), "element 1 is the string '2'"),
    ("sum", [True], (), "element 0 is the boolean true"),
    ("sum", [1e308, 1e308], (), "too large"),
    ("sum", [10**400, 0.5], (), "too large"),
    ("min", [1, "a"], (), "cannot compare"),
    ("max", [[1], [2]], (), "element 0 is the list [1]"),
    ("if", 3, ("~3", "a", "b"), "does not understand the condition '~3'"),
    ("if", 3, (">", "a", "b"), "does not understand"),
    ("if", 3, ("=3", "a", "b"), "one of == != < <= > >="),
    ("if", 3, (3, "a", "b"), "a condition such as '>0', not the number 3"),
    ("if", "a", (">3", "a", "b"), "cannot compare the string 'a' > the number 3"),
    ("if", None, (">3", "a", "b"), "cannot compare null"),
    ("json", "{'a': 1}", (), "line 1, column 2, near \"{'a': 1}\""),
    ("json", "[1,", (), "at the end of the text, after '[1,'"),
    ("json", "", (), "the text is empty, which is not valid JSON"),
    ("json", "Sure! [1]", (), "line 1, column 1, near 'Sure! [1]'"),
    ("json", "NaN", (), "NaN is no JSON value"),
    ("json", "[1e999]", (), "is too large"),
    ("json", "[" * 100_000, (), "nested too deeply"),
    ("json", "1" * 5000, (), "not valid JSON"),
    ("json", {"a": 1}, (), "needs a string"),
    ("yaml", "a: b: c", (), "line 1, column 5"),
    ("yaml", "a: 1\na: 2", (), "the key 'a' stands twice in a map at line 2"),
    ("yaml", "!!python/object:os.system x", (), "is not allowed"),
    ("yaml", "!!python/object/apply:os.system [ls]", (), "is not allowed"),
    ("yaml", "!!int x", (), "does not fit its tag"),
    ("yaml", "--- 1\n--- 2", (), "more than one document"),
    ("yaml", "? [1]\n: 2", (), "a key must be a text"),
    ("yaml", "a: *b", (), "&b"),
    ("yaml", "&a [*a]", (), "&a"),
    ("yaml", "[" * 1000, (), "more than 64 levels"),
    ("yaml", "\x00", (), "not valid YAML"),
    ("yaml", "a: \ud800", (), "not valid YAML"),
    ("yaml", 5, (), "needs a string"),
    ("tojson", [], ("2",), "a whole number as the indentation"),
    ("tojson", [], (17,), "from 0 to 16"),
    ("int", "x", (), "needs the text of a number, but got the string 'x'"),
    ("int", "", (), "needs the text of a number"),
    ("int", "1_000", (), "needs the text of a number"),
    ("int", "inf", (), "needs the text of a number"),
    ("int", "1e999", (), "needs the text of a number"),
    ("int", "9" * 5000, (), "too many digits"),
    ("int", float("inf"), (), "no whole part"),
    ("int", None, (), "but got null"),
    ("int", [1], (), "but got the list [1]"),
    ("float", "4,5", (), "the string '4,5'"),
    ("float", "nan", (), "the string 'nan'"),
    ("float", 10**400, (), "too large"),
    ("float", None, (), "but got null"),
    ("bool", "maybe", (), "needs true/yes/on/1 or false/no/off/0, but got the string 'maybe'"),
    ("round", "3.5", (), "needs a number, but got the string '3.5'; convert it first"),
    ("round", True, (), "the boolean true"),
    ("round", 3.5, (1.0,), "a whole number as the decimals"),
    ("abs", "3", (), "needs a number"),
    ("abs", None, (), "but got null"),
]


def apply(name: str, value: Any, arguments: tuple[Any, ...]) -> Any:
    return getattr(filters, FILTERS[name].function)(value, *arguments)


def plain(value: Any) -> Any:
    """A value with the types in it, so that 1, 1.0 and true are told apart."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return (type(value), value)


@pytest.mark.parametrize(("name", "value", "arguments", "result"), CASES)
def test_filter(name: str, value: Any, arguments: tuple[Any, ...], result: Any) -> None:
    assert plain(apply(name, value, arguments)) == plain(result)


@pytest.mark.parametrize(("name", "value", "arguments", "words"), WRONG)
def test_wrong_use_says_what_and_how_to_cure_it(
    name: str, value: Any, arguments: tuple[Any, ...], words: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        apply(name, value, arguments)
    assert words in caught.value.message
    assert len(caught.value.message) < 300


def test_every_filter_has_cases_of_both_kinds() -> None:
    never_wrong = {"default", "string"}
    assert {case[0] for case in CASES} == set(FILTERS)
    assert {case[0] for case in WRONG} == set(FILTERS) - never_wrong


def test_filters_leave_their_receiver_alone() -> None:
    receiver = [3, 1, 2, 1]
    for name in ("sort", "reverse", "unique"):
        assert apply(name, receiver, ()) is not receiver
    assert receiver == [3, 1, 2, 1]


def test_aliases_in_yaml_cannot_grow_without_end() -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    with pytest.raises(ExpressionError, match="aliases stand for more than 10000 values"):
        filters.yaml_(bomb)


@pytest.mark.parametrize("spec", FILTERS.values(), ids=FILTERS)
def test_the_table_and_the_implementation_agree(spec: FilterSpec) -> None:
    given = list(inspect.signature(getattr(filters, spec.function)).parameters.values())[1:]
    assert len(given) == len(spec.parameters)
    for real, told in zip(given, spec.parameters, strict=True):
        assert (real.default is inspect.Parameter.empty) == told.required
        if not told.required and told.default is not None:
            assert real.default == told.default
    assert spec.doc.endswith((".", ")."))
    assert f"| {spec.name}" in spec.example
    json.loads(spec.shows)


def test_the_condition_of_if_is_the_same_for_the_checker_and_at_run_time() -> None:
    assert conditions.CONDITION == CONDITION


def test_usage() -> None:
    assert FILTERS["truncate"].usage == "truncate:n"
    assert FILTERS["slice"].usage == "slice:start[:end]"
    assert FILTERS["upper"].usage == "upper"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no interval timers")
def test_an_alarm_that_somebody_else_has_set_still_comes() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: heard.append(number))
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, 0.05)
    last = time.monotonic() + 10
    try:
        assert filters.match_("a" * 100, "a+b?$")
        while not heard and time.monotonic() < last:
            pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, remaining, interval)
        signal.signal(signal.SIGALRM, before)
    assert heard == [signal.SIGALRM]
