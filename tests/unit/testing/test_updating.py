"""`--update` changes the values that differ, and not a character besides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.testing.helpers import TEAM, read
from vega_runtime.values import equal
from vegac.source.file import SourceFile
from vegac.syntax.core_schema import to_value
from vegac.testing.results import Update
from vegac.testing.updating import Rewritten, rewrite


def rewritten(expect: str, value: object, head: str = TEAM, newline: str = "\n") -> str:
    """The lines of `expect:` after its `output` became `value`."""
    before = head + "  t:\n    workflow: pure\n    expect:\n"
    text = (before + expect).replace("\n", newline)
    result = update(text, value)
    assert (result.done, result.left) == (1, [])
    start = before.replace("\n", newline)
    assert result.text.startswith(start)
    return result.text[len(start) :]


def update(text: str, value: object) -> Rewritten:
    file = read(text)
    [check] = file.cases[0].expect.output
    location = file.placements.locate(check.node.span)
    return rewrite(file.tree.file, [Update(location.start, location.end, value)])


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("output: old  # why\n", "new", "output: new  # why\n"),
        ("output: 'old'\n", "it's", "output: 'it''s'\n"),
        ('output: "old"\n', "new", 'output: "new"\n'),
        ("output: old\n", "yes", 'output: "yes"\n'),
        ("output: old\n", "3", 'output: "3"\n'),
        ("output: old\n", "a: b", 'output: "a: b"\n'),
        ("output: old\n", "{{a}} #b", 'output: "{{a}} #b"\n'),
        ("output: old\n", "bell \x07 and \u2028", 'output: "bell \\u0007 and \\u2028"\n'),
        ("output: old\n", None, "output: null\n"),
        ("output: old\n", 1.5, "output: 1.5\n"),
        ("output: old\n", [], "output: []\n"),
        ("output:\n", "new", "output: new\n"),
        ("output:   # why\n", "new", "output: new   # why\n"),
        ("output: |\n  old\n  text\n", "a\nb\n", "output: |\n  a\n  b\n"),
        ("output: |\n  old\n\ncalls: []\n", "a\n\nb", "output: |-\n  a\n\n  b\n\ncalls: []\n"),
        ("output: old\n", "a\n  b\n", "output: |\n  a\n    b\n"),
        ("output: old  # why\n", "a\nb", 'output: "a\\nb"  # why\n'),
        ("output: old\n", "  a\nb", 'output: "  a\\nb"\n'),
        ("output:\n  a: 1\n  b: 2 # y\n", {"a": 1, "b": 3}, "output:\n  a: 1\n  b: 3 # y\n"),
        ("output: {a:  1,  b: [x, y]}\n", {"a": 1, "b": ["x", 2]}, "output: {a:  1,  b: [x, 2]}\n"),
        ("output: {a: 1}\n", {"b": 1}, "output: {b: 1}\n"),
        ("output:\n  a: 1\ncalls: []\n", "new", "output: new\ncalls: []\n"),
        ("output:\n  - a\n  - b\n", ["a"], "output:\n  - a\n"),
        ("output:\n  - a\n", {"k": [1, 2]}, "output:\n  k: [1, 2]\n"),
        ("output: old\n", {"k": "x" * 90, "m": 1}, f"output:\n  k: {'x' * 90}\n  m: 1\n"),
    ],
)  # fmt: skip
def test_a_value_in_its_place(before: str, value: object, after: str) -> None:
    def indented(text: str) -> str:
        return "".join(f"      {line}" if line.strip() else line for line in text.splitlines(True))

    assert rewritten(indented(before), value) == indented(after)


def test_inside_brackets() -> None:
    text = TEAM + "  t: {expect: {output: old, calls: [A,  B]}, workflow: pure}  # tail\n"
    value = {"a": "b, c", "d": "x\ny"}
    assert update(text, value).text == text.replace("old", '{a: "b, c", d: "x\\ny"}')


def test_line_ends_and_the_byte_order_mark_stay() -> None:
    after = rewritten("      output: old\n", "a\nb\n", newline="\r\n")
    assert after == "      output: |\r\n        a\r\n        b\r\n"
    file = SourceFile("a.vega.test.yaml", "\ufefftests: {t: {expressions: [{expr: a, value: 1}]}}")
    at = file.text.index("1}")
    assert rewrite(file, [Update(at, at + 1, 2)]).text == "\ufeff" + file.text.replace("1}", "2}")


def test_what_an_alias_shares_is_left_alone() -> None:
    head = "x-all: &all {output: old}\n" + TEAM
    text = head + "  t:\n    workflow: pure\n    expect: *all\n"
    result = update(text, "new")
    assert (result.text, result.done, len(result.left)) == (text, 0, 1)


_TEXT = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "a\nb",
        "a\n",
        "\n",
        " a",
        "a ",
        "- a",
        "key: v",
        "#",
        "a #b",
        "{{x}}",
        "<<x>>",
        "'",
        '"',
        "\t",
        "~",
    ]
)
_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | _TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc xé:'-#", min_size=1, max_size=6), inner, max_size=4)
    ),
    max_leaves=8,
)
_OLD = st.sampled_from(
    [
        "output: old",
        "output: 'old'  # why",
        'output: "old"',
        "output:",
        "output: |\n        old\n        text\n",
        "output: >-\n        old\n",
        "output: {a: 1, b: [1, 2]}",
        "output:\n        a: 1  # one\n        b:\n          - 1\n          - x: y",
        "output:\n        - old\n        # between\n        - [1, 2]",
        "output:\n      - old",
    ]
)


@given(_OLD, _VALUE, st.booleans())
def test_any_value_reads_back_and_the_rest_stays(old: str, value: object, last: bool) -> None:
    head = TEAM + "  t:\n    workflow: pure\n    expect:\n      "
    tail = "" if last else "\n      # after\n      calls: [A]\n  u: {expressions: []}\n"
    text = head + old + tail
    result = update(text, value)
    assert result.text.startswith(head)
    if not last:
        assert result.text.endswith(tail)
    file = read(result.text)
    assert not file.broken
    [check] = file.cases[0].expect.output
    assert equal(to_value(check.node), value)
