"""The header of `for`, and the first word of a step."""

import pytest

from vegac.syntax.expressions import SyntaxProblem
from vegac.syntax.step_key import ForHeader, first_word, parse_for_header


@pytest.mark.parametrize(
    ("text", "names", "collection"),
    [
        ("for item in items", ["item"], "items"),
        ("item in items", ["item"], "items"),
        ("i, pair in pairs", ["i", "pair"], "pairs"),
        ("for k,v in m", ["k", "v"], "m"),
        ("for k , v in m | sort", ["k", "v"], "m | sort"),
        ("for x in <<xs>>", ["x"], "<<xs>>"),
        (" for x in {{ xs }} ", ["x"], "{{ xs }}"),
        ("x in[1, 2]", ["x"], "[1, 2]"),
        ("index in input.parts", ["index"], "input.parts"),
        ("for items", [], "items"),
        ("<<items>>", [], "<<items>>"),
        ("xs | where:ok:true", [], "xs | where:ok:true"),
        ("[1, 2]", [], "[1, 2]"),
        ("['a in b']", [], "['a in b']"),
        ("formats", [], "formats"),
    ],
)
def test_headers(text: str, names: list[str], collection: str) -> None:
    header = parse_for_header(text)
    assert isinstance(header, ForHeader)
    assert [name for name, _ in header.names] == names
    assert all(text[start:].startswith(name) for name, start in header.names)
    assert text[header.start : header.end] == collection


@pytest.mark.parametrize(
    ("text", "underlined", "message", "hint"),
    [
        ("for", "for", "through nothing", "for item in items"),
        ("", "", "through nothing", "for item in items"),
        ("for item of items", "of", "'in' is missing", "'in' where 'of' stands"),
        ("for item items", "item items", "'in' is missing", "item in items"),
        ("for (i, x) in xs", "(i, x)", "without brackets", "i, x in"),
        ("for a, b, c in xs", "a, b, c", "one or two", ""),
        ("for my-item in items", "my-item", "cannot name", ""),
        ("for 1st in items", "1st", "cannot name", ""),
        ("for if in items", "if", "word of the language", ""),
        ("for x, x in m", "x", "both variables", ""),
        ("for item in", "in", "collection is missing", ""),
        ("for each item in items", "each", "no 'each'", "leave out"),
        ("for i, in items", "i,", "beside the comma", ""),
        ("for <<x>> in xs", "<<x>>", "not a hole", ""),
        ("a.b in xs", "a.b", "cannot name", ""),
    ],
)
def test_bad_headers(text: str, underlined: str, message: str, hint: str) -> None:
    problem = parse_for_header(text)
    assert isinstance(problem, SyntaxProblem)
    assert text[problem.start : problem.end] == underlined
    assert message in problem.message
    assert hint in problem.hint


def test_first_word() -> None:
    assert first_word("Coder writes the code") == ("Coder", 0, 5)
    assert first_word("  Code-Monkey\ttypes") == ("Code-Monkey", 2, 13)
    assert first_word("Coder") == ("Coder", 0, 5)
    assert first_word("  ") == ("", 2, 2)
