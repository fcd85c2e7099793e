"""Values side by side."""

from hypothesis import given
from hypothesis import strategies as st

from vegac.source.render.canvas import Style
from vegac.testing.difference import side_by_side


def shown(expected: object, got: object, style: Style | None = None) -> list[str]:
    return side_by_side(expected, got, style or Style())


def test_words_that_differ_are_marked() -> None:
    assert shown("the quick red fox", "the quick brown fox") == [
        "expected: the quick red fox",
        "                    ^^^",
        "     got: the quick brown fox",
        "                    ^^^^^",
    ]


def test_colours_take_the_place_of_marks() -> None:
    assert shown("a b", "a c", Style(color=True)) == [
        "expected: a \x1b[32mb\x1b[0m",
        "     got: a \x1b[1;31mc\x1b[0m",
    ]


def test_what_looks_the_same_is_told_apart() -> None:
    assert shown("3", 3)[0::2] == ['expected: "3"', "     got: 3"]
    assert shown("a\n", "a")[0] == 'expected: "a\\n"'


def test_lines_in_columns() -> None:
    before = "one\ntwo\nthree\nfour\nthe red fox\nlast"
    after = "one\ntwo\nthree\nfour\nnew\nthe brown fox\nlast"
    assert shown(before, after, Style(width=51)) == [
        "expected               got",
        "... (2 equal lines)",
        "three                  three",
        "four                   four",
        "                     > new",
        "the red fox          | the brown fox",
        "    ^^^                    ^^^^^",
        "last                   last",
    ]


def test_long_lines_are_wrapped() -> None:
    lines = shown("a" * 30 + "\nx", "b" * 30 + "\nx", Style(width=51))
    assert lines[1:3] == ["a" * 20 + " | " + "b" * 20, "^" * 20 + "   " + "^" * 20]
    assert lines[3].split() == ["a" * 10, "b" * 10]


def test_parts_of_maps_and_lists_by_their_path() -> None:
    expected = {"code": "a\nb\nc", "notes": [{"n": 1}, {"n": 2}], "gone": "x" * 80}
    got = {"notes": [{"n": 1}, {"n": 3}], "code": "a\nb\nd", "new": [1]}
    lines = shown(expected, got)
    assert [line for line in lines if not line.startswith(" ")] == [
        "at code:",
        "at notes[1].n:",
        f"gone is missing: {'x' * 80}",
        "new is too much: [1]",
    ]


def test_the_order_of_keys_is_no_difference() -> None:
    lines = shown({"a": 1, "b": 2}, {"b": 2, "a": 3})
    assert lines[0] == 'expected: {"a": 1, "b": 2}'
    assert lines[2] == '     got: {"a": 3, "b": 2}'


def test_what_is_very_long_is_cut() -> None:
    lines = shown("\n".join(map(str, range(1000))), "\n".join(map(str, range(5000, 6000))))
    assert len(lines) < 100
    assert lines[-1] == "..."
    lines = shown("word " * 20_000, "other " * 20_000)
    assert sum(map(len, lines)) < 2000


def test_nothing_acts_on_the_terminal() -> None:
    text = "\n".join(shown("a \x1b[31m b\nc", "a \u202e b\nd"))
    assert "\x1b" not in text
    assert "\u202e" not in text


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts(expected: str, got: str) -> None:
    assert bool(shown(expected, got)) or expected == got
