"""Colours of programs by Pygments."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments import lex
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    String,
)

from vega_grammar.highlighting import VegaLexer

ROOT = Path(__file__).parents[2]
FOLDERS = ("examples", "tests/corpus", "tests/conformance", "tests/unit/checks/fixtures")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.vega*.yaml"))
EXACT: dict[str, Any] = {"stripnl": False, "ensurenl": False}


def tokens(text: str) -> list[tuple[Any, str]]:
    return list(lex(text, VegaLexer(**EXACT)))


def kinds(text: str, *words: str) -> list[Any]:
    """What the words are, in the order of the text."""
    found = [(kind, part) for kind, part in tokens(text) if part.strip() in words]
    assert [part.strip() for _, part in found] == list(words), tokens(text)
    return [kind for kind, _ in found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".yaml"))
def test_every_character_has_a_colour(path: Path) -> None:
    text = path.read_bytes().decode(errors="replace")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found = tokens(text)
    assert "".join(part for _, part in found) == text
    assert [part for kind, part in found if kind in Error] == []
    if "<<" in text.replace("<<:", "").replace("\\<<", "") and "/examples/" in str(path):
        assert any(kind is String.Interpol for kind, _ in found)


_PIECES = st.sampled_from(
    [
        "<<",
        ">>",
        "{{",
        "}}",
        "'",
        '"',
        "\\",
        "|",
        ">",
        "[",
        "]",
        "{",
        "}",
        ",",
        "#",
        "&a",
        "*a",
        "!raw",
        "if",
        "a",
        "1",
        "é",
        "?",
        "-",
        "- ",
        ": ",
        "\n",
        "  ",
        " #",
        "\t",
        "\x0b",
        "for x in xs",
    ]
)


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_any_text_comes_back(text: str) -> None:
    found = tokens(text)
    assert "".join(part for _, part in found) == text
    assert all(kind not in Error for kind, _ in found)


def test_pygments_finds_it_by_name_and_by_file() -> None:
    assert type(get_lexer_by_name("vega")).__name__ == "VegaLexer"
    assert type(get_lexer_for_filename("team.vega.yaml")).__name__ == "VegaLexer"
    assert type(get_lexer_for_filename("other.yaml")).__name__ == "YamlLexer"
    program = "agents:\n  A: {system: s}\n"
    assert type(get_lexer_for_filename("team.vega.yaml", code=program)).__name__ == "VegaLexer"


@pytest.mark.parametrize(
    "text",
    [
        "- Coder: <<task | upper>> now",
        "- Coder: '<<task | upper>> now'",
        '- Coder: "<<task | upper>> now"',
        "- Coder: {send: <<task | upper>> now, save: x}",
        "- Coder: |\n    first\n    <<task | upper>>\n  save: x",
        "- Coder: >-\n    first {{\n    task | upper }}\n",
        "- Coder: {{task | upper}}",
        r"- Coder: \{{ <<task | upper>> }}",
    ],
)
def test_expressions_in_every_style_of_text(text: str) -> None:
    assert kinds(text, "task", "upper") == [Name.Variable, Name.Function]


def test_parts_of_expressions() -> None:
    text = "x: << a.b | replace:old:new | length > 3 and not c == 'it''s' or true >>"
    assert kinds(text, "a", "b", "replace", ":old:new", "length", "3", "and", "not", "true") == [
        Name.Variable,
        Name.Attribute,
        Name.Function,
        String.Symbol,
        Name.Function,
        Number,
        Operator.Word,
        Operator.Word,
        Keyword.Constant,
    ]


def test_keys() -> None:
    text = "steps:\n  - Coder writes code: hi\n    save: x\n  - if: a in b\n    then: []\n"
    assert kinds(text, "steps", "Coder", "writes code", "save", "if", "in", "then") == [
        Name.Tag,
        Name.Class,
        Name.Tag,
        Name.Tag,
        Keyword,
        Operator.Word,
        Keyword,
    ]
    assert kinds("- for x in xs:\n    - A: b", "for", "x", "in", "xs") == [
        Keyword,
        Name.Variable,
        Operator.Word,
        Name.Variable,
    ]


def test_values_and_comments() -> None:
    text = "a: true\nb: $0.50\nc: 1h30m\nd: some text # why\ne: a#b\n"
    assert kinds(text, "true", "$0.50", "1h30m", "some text", "# why", "a#b") == [
        Keyword.Constant,
        Number,
        Number,
        Literal.Scalar.Plain,
        Comment.Single,
        Literal.Scalar.Plain,
    ]


@pytest.mark.parametrize(
    "text",
    [
        r"a: \<<x>>",
        r"a: cout << x",
        r"a: {{ open",
        "a: <<x\n  >>",
        "a: !raw <<x>>",
        "a: !raw '{{x}}'",
        "a: !raw |\n  <<x>>\n",
    ],
)
def test_what_is_no_hole(text: str) -> None:
    assert all(kind is not String.Interpol for kind, _ in tokens(text))


def test_the_text_after_a_block_is_yaml_again() -> None:
    text = "- A:\n    send: |\n      if: no key\n\n      # no comment\n    save: x\n"
    assert (String.Heredoc, "      if: no key\n\n      # no comment\n") in tokens(text)
    assert (Name.Tag, "save") in tokens(text)
