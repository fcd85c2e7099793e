"""Places in scalars, case by case."""

import pytest

from vegac.source.file import SourceFile
from vegac.syntax.nodes import Scalar
from vegac.syntax.reader import Reader


def value_of(text: str) -> Scalar:
    root = Reader().read(SourceFile("f", text)).root
    assert root is not None
    scalar = root.get("a")
    assert isinstance(scalar, Scalar)
    return scalar


@pytest.mark.parametrize(
    ("text", "style", "part", "source"),
    [
        ("a: see <<x>> there\n", "plain", "<<x>>", "<<x>>"),
        ("a: {{x}}\n", "hole", "x", "x"),
        ("a: one\n  two <<x>>\n", "plain", "<<x>>", "<<x>>"),
        ("a: one\n  two\n", "plain", "one two", "one\n  two"),
        ("a: 'it''s <<x>>'\n", "single", "<<x>>", "<<x>>"),
        ("a: 'it''s'\n", "single", "t's", "t''s"),
        ('a: "\\t<<x>>"\n', "double", "<<x>>", "<<x>>"),
        ('a: "\\t<<x>>"\n', "double", "\t", "\\t"),
        ('a: "\\U0001F600<<x>>"\n', "double", "\U0001f600", "\\U0001F600"),
        ('a: "\U0001f600<<x>>"\n', "double", "<<x>>", "<<x>>"),
        ('a: "x \\\n   y"\n', "double", "x y", "x \\\n   y"),
        ("a: |\n  one\n    <<x>>\n", "literal", "<<x>>", "<<x>>"),
        ("a: |\n  one\n  two\n", "literal", "\n", "\n"),
        ("a: |\n  one\n  two\n", "literal", "one\ntwo", "one\n  two"),
        ("a: |2\n    one <<x>>\n", "literal", "  one", "  one"),
        ("a: >\n  one\n  <<x>>\n\n  two\n", "folded", "<<x>>", "<<x>>"),
        ("a: >\n  one\n  two\n\n  three\n", "folded", "two\nthree", "two\n\n  three"),
        ("a: |\n  <<x>>\n  ", "literal", "<<x>>", "<<x>>"),
        ("a: >\n  one\n  <<x>>\n\n   ", "folded", "<<x>>", "<<x>>"),
        ("a: |\r\n  one\r\n  <<x>>\r\n", "literal", "<<x>>", "<<x>>"),
        ("a: |\r\n  one\r\n  two\r\n", "literal", "one\n", "one\r\n"),
        ("a: !raw &b\n  'x <<y>>'\n", "single", "<<y>>", "<<y>>"),
        ("\ufeffa: <<x>>\t\t# note\n", "plain", "<<x>>", "<<x>>"),
    ],
)
def test_a_part_of_the_value_leads_to_its_source(
    text: str, style: str, part: str, source: str
) -> None:
    scalar = value_of(text)
    assert scalar.style == style
    start = scalar.value.index(part)
    span = scalar.value_span(start, start + len(part))
    assert scalar.chunk.text[span.start : span.end] == source


def test_the_place_after_the_last_character_is_before_the_closing_quote() -> None:
    scalar = value_of("a: 'x''y'\n")
    assert scalar.chunk.text[scalar.map.offset(len(scalar.value)) :] == "'\n"


def test_an_empty_range_is_a_place() -> None:
    scalar = value_of("a: 'x''y'\n")
    assert scalar.map.range(2, 2) == (7, 7)


@pytest.mark.parametrize("text", ["a: ''\n", 'a: ""\n', "a:\n", "a: |\n", "a: >-\n\n\n"])
def test_an_empty_value_has_a_place(text: str) -> None:
    scalar = value_of(text)
    assert scalar.value == ""
    assert scalar.start <= scalar.map.offset(0) <= max(scalar.end, scalar.start + 1)


def test_a_block_scalar_spans_its_header_and_its_lines() -> None:
    scalar = value_of("a: |\n  one\n  two\n\n\nb: 1\n")
    assert scalar.chunk.text[scalar.start : scalar.end] == "|\n  one\n  two"
