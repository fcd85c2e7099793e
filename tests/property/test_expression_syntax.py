"""Expressions and texts: what holds for any input."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from vegac.syntax.expression_parser import accepted_at, parse_by_grammar, parse_expression
from vegac.syntax.expression_walk import children, shape, walk
from vegac.syntax.expressions import (
    Argument,
    Binary,
    Compare,
    Conditional,
    Expr,
    Field,
    Filter,
    Index,
    ListLiteral,
    Literal_,
    Logical,
    MapLiteral,
    Name,
    Negate,
    Not,
    Slice,
)
from vegac.syntax.step_key import first_word, parse_for_header
from vegac.syntax.text import parse_text
from vegac.syntax.unparse import unparse

FRAGMENTS = st.sampled_from(
    (
        *("<<", ">>", "{{", "}}", "{", "}", "(", ")", "[", "]", "'", '"', "\\", "|", ":", ",", "."),
        *("a", "b.c", "if", "else", "and", "or", "not", "in", "is", "true", "null", "for"),
        *("1", "2.5", "1e3", "+", "-", "*", "//", "==", "<", ">=", "=", "&&", "!", "%", ";", "\0"),
        *(" ", "  ", "\n", "\t", "é", "😀", "\\n", "\\u00e9", "\\d", "default", "f:", "| f:a"),
    )
)
SOUP = st.lists(FRAGMENTS, max_size=25).map("".join) | st.text(max_size=30)

NAMES = st.sampled_from(("a", "b", "x1", "_y", "user"))
WORDS = NAMES | st.sampled_from(("if", "not", "in", "null", "default"))
STRINGS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
NUMBERS = st.integers(0, 10**20) | st.floats(0, allow_infinity=False, allow_nan=False)
VALUES = STRINGS | NUMBERS | st.booleans() | st.none()
BARE_VALUES = VALUES | st.integers(-9, -1) | st.floats(-5, -1)


def argument(exprs: st.SearchStrategy[Expr]) -> st.SearchStrategy[Argument]:
    bare = BARE_VALUES.map(lambda value: Argument(Literal_(0, 0, value), bare=True))
    return bare | exprs.map(Argument)


def larger(exprs: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    few = st.lists(exprs, max_size=3).map(tuple)
    arithmetic = st.sampled_from(("+", "-", "*", "/", "//", "%"))
    comparison = st.sampled_from(("==", "!=", "<", "<=", ">", ">=", "in", "not in"))
    operands = st.lists(exprs, min_size=2, max_size=3)
    pairs = st.lists(st.tuples(STRINGS | WORDS, exprs), max_size=3)
    return st.one_of(
        few.map(lambda items: ListLiteral(0, 0, items)),
        pairs.map(
            lambda items: MapLiteral(
                0, 0, tuple(key for key, _ in items), tuple(value for _, value in items)
            )
        ),
        exprs.map(lambda operand: Negate(0, 0, operand)),
        exprs.map(lambda operand: Not(0, 0, operand)),
        st.builds(lambda sign, a, b: Binary(0, 0, sign, a, b, 0), arithmetic, exprs, exprs),
        st.builds(
            lambda sign, a, b, rest: Compare(0, 0, sign, a, b, 0, tuple(rest)),
            comparison,
            exprs,
            exprs,
            st.lists(st.tuples(comparison, exprs), max_size=1),
        ),
        st.builds(logical, st.sampled_from(("and", "or")), operands),
        st.builds(lambda a, b, c: Conditional(0, 0, a, b, c), exprs, exprs, exprs),
        st.builds(lambda value, name: Field(0, 0, value, name, 0), exprs, WORDS),
        st.builds(lambda value, index: Index(0, 0, value, index), exprs, exprs),
        st.builds(
            lambda value, lower, upper: Slice(0, 0, value, lower, upper),
            exprs,
            st.none() | exprs,
            st.none() | exprs,
        ),
        st.builds(
            lambda value, name, given: Filter(0, 0, value, name, tuple(given), 0),
            exprs,
            WORDS,
            st.lists(argument(exprs), max_size=3),
        ),
        st.builds(
            lambda value, name, given: Filter(
                0, 0, value, name, tuple(Argument(item) for item in given), 0, call=True
            ),
            exprs,
            WORDS,
            few,
        ),
    )


def logical(operator: str, operands: list[Expr]) -> Expr:
    return Logical(0, 0, "and" if operator == "and" else "or", tuple(operands))


ATOMS = NAMES.map(lambda name: Name(0, 0, name)) | VALUES.map(lambda value: Literal_(0, 0, value))
EXPRESSIONS: st.SearchStrategy[Expr] = st.recursive(ATOMS, larger, max_leaves=12)


def check_spans(text: str, expr: Expr) -> None:
    for outer in walk(expr):
        assert 0 <= outer.start <= outer.end <= len(text)
        end = outer.start
        for part in children(outer):
            assert end <= part.start
            assert part.end <= outer.end
            end = part.end


@given(SOUP)
@settings(max_examples=400, deadline=None)
def test_any_text_is_parsed_or_explained(text: str) -> None:
    parsed = parse_expression(text)
    assert parsed.text == text
    check_spans(text, parsed.expr)
    for problem in parsed.problems:
        assert 0 <= problem.start <= problem.end <= len(text)
        assert problem.start < problem.end or not text
        assert problem.message
    for offset in (0, len(text) // 2, len(text)):
        assert isinstance(accepted_at(text, offset), set)


@given(SOUP)
@settings(max_examples=400, deadline=None)
def test_any_value_is_split(value: str) -> None:
    text = parse_text(value)
    position = 0
    for hole in text.holes:
        assert position <= hole.start < hole.offset <= hole.end <= len(value)
        assert value.startswith(hole.delimiter, hole.start)
        assert value[hole.offset : hole.end - 2] == hole.parsed.text
        position = hole.end
    for problem in text.problems:
        assert 0 <= problem.start < problem.end <= len(value)
    assert "" not in text.parts
    if "\\" not in value:
        pieces = [
            part if isinstance(part, str) else value[part.start : part.end] for part in text.parts
        ]
        assert "".join(pieces) == value


@given(SOUP)
@settings(max_examples=300, deadline=None)
def test_any_key_is_read(text: str) -> None:
    header = parse_for_header(text)
    assert 0 <= header.start <= header.end <= len(text)
    word, start, end = first_word(text)
    assert text[start:end] == word


@given(EXPRESSIONS)
@settings(max_examples=300, deadline=None)
def test_unparse_round_trip(expr: Expr) -> None:
    text = unparse(expr)
    if len(text) > 1000:
        return
    parsed = parse_expression(text)
    assert parsed.problems == ()
    assert shape(parsed.expr) == shape(expr)
    assert unparse(parsed.expr) == text
    check_spans(text, parsed.expr)


@given(EXPRESSIONS, st.sampled_from((("<<", ">>"), ("{{", "}}"), ("(", ")"))))
@settings(max_examples=200, deadline=None)
def test_a_hole_is_a_pair_of_parentheses(expr: Expr, delimiters: tuple[str, str]) -> None:
    before, after = delimiters
    # Spaces, so that the brace of a map is not taken for one of the hole's.
    text = f"{before} {unparse(expr)} {after}"
    if len(text) > 1000:
        return
    parsed = parse_expression(text)
    assert parsed.problems == ()
    assert shape(parsed.expr) == shape(expr)


@given(EXPRESSIONS, st.sampled_from((("<<", ">>"), ("{{", "}}"))), st.text("ab <>{}\n"))
@settings(max_examples=300, deadline=None)
def test_the_splitter_finds_the_end_that_the_grammar_finds(
    expr: Expr, delimiters: tuple[str, str], tail: str
) -> None:
    before, after = delimiters
    inner = f" {unparse(expr)} "
    if len(inner) > 1000:
        return
    (hole, *_) = parse_text(f"{before}{inner}{after}{tail}").holes
    assert hole.parsed.text == inner
    assert shape(hole.parsed.expr) == shape(expr)


_PIECES = (
    *("a", ".b", " ", "\n", "\t", "|", " | ", "f", ".", ":", ":x", ":'s t'", ':"|"', ":-3", ":1.5"),
    *(
        ":1e999",
        ":true",
        ":a$b",
        ":\\n",
        ":'\\n'",
        ":a,b",
        ":é",
        ":(a)",
        "(",
        ")",
        "9",
        "in",
        "+",
        "<<",
    ),
)


@given(st.text("ab_. \n\t9", max_size=8) | st.lists(st.sampled_from(_PIECES)).map("".join))
@example("a | f:'x'|g:y:z  |h")
@example("a | f:x\n| g")
@settings(max_examples=1000, deadline=None)
def test_what_is_read_without_the_grammar_is_what_it_makes_of_it(text: str) -> None:
    parsed = parse_expression(text)
    by_grammar = parse_by_grammar(text)
    if by_grammar is None:
        assert parsed.problems
    else:
        assert repr(parsed.expr) == repr(by_grammar)
