"""Expressions: their trees, offsets, limits and the messages for mistakes."""

import subprocess
import sys
from pathlib import Path

import pytest

from vegac.syntax.expression_parser import MAX_DEPTH, accepted_at, parse_expression
from vegac.syntax.expression_walk import depth, walk
from vegac.syntax.expressions import (
    MAX_LENGTH,
    Argument,
    Binary,
    Compare,
    Conditional,
    ErrorExpr,
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
    SyntaxProblem,
)


def tree(text: str) -> Expr:
    parsed = parse_expression(text)
    assert parsed.problems == ()
    return parsed.expr


def show(expr: Expr | None) -> object:
    """A tree as nested tuples, which read better than nodes with offsets."""
    match expr:
        case None:
            return None
        case Name(name=name):
            return name
        case Literal_(value=value):
            return ("lit", value)
        case ListLiteral(items=items):
            return [show(item) for item in items]
        case MapLiteral(keys=keys, values=values):
            return {key: show(value) for key, value in zip(keys, values, strict=True)}
        case Negate(operand=operand):
            return ("neg", show(operand))
        case Not(operand=operand):
            return ("not", show(operand))
        case Binary(operator=operator, left=left, right=right):
            return (operator, show(left), show(right))
        case Compare(operator=operator, left=left, right=right, rest=rest):
            links = tuple((sign, show(part)) for sign, part in rest)
            return (operator, show(left), show(right), *links)
        case Logical(operator=operator, operands=operands):
            return (operator, *(show(item) for item in operands))
        case Conditional(then=then, condition=condition, otherwise=otherwise):
            return ("if", show(condition), show(then), show(otherwise))
        case Field(value=value, name=name):
            return (".", show(value), name)
        case Index(value=value, index=index):
            return ("[]", show(value), show(index))
        case Slice(value=value, lower=lower, upper=upper):
            return ("[:]", show(value), show(lower), show(upper))
        case Filter(value=value, name=name, arguments=arguments):
            return ("|", show(value), name, *(show(item.value) for item in arguments))
        case ErrorExpr():
            return "error"
        case _:
            raise AssertionError(expr)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", ("+", ("lit", 1), ("*", ("lit", 2), ("lit", 3)))),
        ("1 - 2 - 3", ("-", ("-", ("lit", 1), ("lit", 2)), ("lit", 3))),
        ("(1 + 2) * 3", ("*", ("+", ("lit", 1), ("lit", 2)), ("lit", 3))),
        ("a // b % c", ("%", ("//", "a", "b"), "c")),
        ("-2 * 3", ("*", ("neg", ("lit", 2)), ("lit", 3))),
        ("--x", ("neg", ("neg", "x"))),
        ("-x | abs", ("|", ("neg", "x"), "abs")),
        ("-x.y[0]", ("neg", ("[]", (".", "x", "y"), ("lit", 0)))),
        ("1 + xs | length", ("+", ("lit", 1), ("|", "xs", "length"))),
        ("a * xs | length", ("*", "a", ("|", "xs", "length"))),
        ("xs | length > 2", (">", ("|", "xs", "length"), ("lit", 2))),
        ("not a in b", ("not", ("in", "a", "b"))),
        ("a not in b", ("not in", "a", "b")),
        ("not not a", ("not", ("not", "a"))),
        ("a and b and c", ("and", "a", "b", "c")),
        ("a or b and not c", ("or", "a", ("and", "b", ("not", "c")))),
        ("(a and b) and c", ("and", ("and", "a", "b"), "c")),
        ("1 < x <= 3", ("<", ("lit", 1), "x", ("<=", ("lit", 3)))),
        ("a if b else c if d else e", ("if", "b", "a", ("if", "d", "c", "e"))),
        ("a or b if c or d else e", ("if", ("or", "c", "d"), ("or", "a", "b"), "e")),
        ("{{t}} == 'json'", ("==", "t", ("lit", "json"))),
        ("<<t>> != 'json' or false", ("or", ("!=", "t", ("lit", "json")), ("lit", False))),
        ("(a + b).c", (".", ("+", "a", "b"), "c")),
        ("<<a + b>> * {{c}}", ("*", ("+", "a", "b"), "c")),
        ("{{ {a: {b: 1}} }}", {"a": {"b": ("lit", 1)}}),
        ("{{{a: 1}}}", {"a": ("lit", 1)}),
        ("xs[1:]", ("[:]", "xs", ("lit", 1), None)),
        ("xs[:n]", ("[:]", "xs", None, "n")),
        ("xs[:]", ("[:]", "xs", None, None)),
        ("xs[a:b][0]", ("[]", ("[:]", "xs", "a", "b"), ("lit", 0))),
        ("xs[n | int : 2]", ("[:]", "xs", ("|", "n", "int"), ("lit", 2))),
        ("xs[(a):'b']", ("[:]", "xs", "a", ("lit", "b"))),
        ("xs[a | f(b):c]", ("[:]", "xs", ("|", "a", "f", "b"), "c")),
        ("[]", []),
        ("[1, 'a', [x],]", [("lit", 1), ("lit", "a"), ["x"]]),
        ("{}", {}),
        ("{a: 1, 'b c': [2], if: 3,}", {"a": ("lit", 1), "b c": [("lit", 2)], "if": ("lit", 3)}),
        ("a.if.in.null", (".", (".", (".", "a", "if"), "in"), "null")),
        ("a . b", (".", "a", "b")),
        ("null", ("lit", None)),
        ("nullable", "nullable"),
        ("andy or order", ("or", "andy", "order")),
        ("größe + ß", None),
        ("  x  ", "x"),
        ("\n a\n + b\t", ("+", "a", "b")),
    ],
)
def test_trees(text: str, expected: object) -> None:
    if expected is None:  # names start with an ASCII letter or `_`
        assert parse_expression(text).problems
    else:
        assert show(tree(text)) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("3.5", 3.5),
        ("1e6", 1e6),
        ("2.5e-3", 0.0025),
        ("0", 0),
        (r"'tab\there'", "tab\there"),
        (r"'\u00e9\n\\\'\"'", "é\n\\'\""),
        (r"'\ud83d\ude00'", "😀"),
        ('"it\'s"', "it's"),
        ("'two\nlines'", "two\nlines"),
        ("'😀'", "😀"),
        ("''", ""),
    ],
)
def test_literals(text: str, value: object) -> None:
    expr = tree(text)
    assert isinstance(expr, Literal_)
    assert (expr.value, type(expr.value)) == (value, type(value))
    assert (expr.start, expr.end) == (0, len(text))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x | f:Anonymous", ["Anonymous"]),
        ("x | split:,", [","]),
        ("x | replace:old:new", ["old", "new"]),
        ("x | replace:a:", ["a", ""]),
        (r"x | join:\n", ["\n"]),
        ("x | join:\n", ["\n"]),
        (r"x | join:\u00e9\t\'", ["é\t'"]),
        ("x | if:>0:positive:negative", [">0", "positive", "negative"]),
        ("x | if::on:off", ["", "on", "off"]),
        ("x | if:>=2:a:b", [">=2", "a", "b"]),
        ("x | slice:-2:", [-2, ""]),
        ("x | f:true:false:null:1.5:3", [True, False, None, 1.5, 3]),
        ("x | f:007:1.5s:0x1", ["007", "1.5s", "0x1"]),
        ("x | f:'a b':\"c\"", ["a b", "c"]),
        ("x | default: 'a'", ["a"]),
        ("x | f:and:not", ["and", "not"]),
        ("x | f:a>>b", ["a>>b"]),
        ("x | split:<<", ["<<"]),
    ],
)
def test_arguments_after_colons(text: str, values: list[object]) -> None:
    expr = tree(text)
    assert isinstance(expr, Filter)
    assert not expr.call
    given = [item.value.value for item in expr.arguments if isinstance(item.value, Literal_)]
    assert [(value, type(value)) for value in given] == [(value, type(value)) for value in values]


def test_which_arguments_are_bare() -> None:
    expr = tree("x | f:a:'a':(a):3::{{a}}:<<a>>")
    assert isinstance(expr, Filter)
    assert [item.bare for item in expr.arguments] == [True, False, False, True, True, False, False]
    assert [show(item.value) for item in expr.arguments[5:]] == ["a", "a"]


def test_call_form_has_expressions_as_arguments() -> None:
    expr = tree("x | replace(a + 1, 'b' | upper)")
    assert isinstance(expr, Filter)
    assert expr.call
    shown = [show(item.value) for item in expr.arguments]
    assert shown == [("+", "a", ("lit", 1)), ("|", ("lit", "b"), "upper")]
    assert all(isinstance(item, Argument) and not item.bare for item in expr.arguments)
    empty = tree("x | f()")
    assert isinstance(empty, Filter)
    assert (empty.call, empty.arguments) == (True, ())


def test_a_bare_word_ends_before_the_close_of_the_hole_around_it() -> None:
    assert show(tree("<<x | f:a>> == 'b'")) == ("==", ("|", "x", "f", ("lit", "a")), ("lit", "b"))
    assert show(tree("{{x | f:a}} == 'b'")) == ("==", ("|", "x", "f", ("lit", "a")), ("lit", "b"))


def test_offsets() -> None:
    text = " (aa + b.cc) | ff:dd not in <<e>>[1:] "
    expr = tree(text)
    assert isinstance(expr, Compare)
    assert text[expr.start : expr.end] == "(aa + b.cc) | ff:dd not in <<e>>[1:]"
    assert text[expr.operator_start :].startswith("not in")
    filtered = expr.left
    assert isinstance(filtered, Filter)
    assert text[filtered.start : filtered.end] == "(aa + b.cc) | ff:dd"
    assert text[filtered.name_start :].startswith("ff:")
    total = filtered.value
    assert isinstance(total, Binary)
    assert text[total.start : total.end] == "aa + b.cc"
    assert text[total.operator_start] == "+"
    field = total.right
    assert isinstance(field, Field)
    assert text[field.start : field.end] == "b.cc"
    assert text[field.name_start :].startswith("cc")
    part = expr.right
    assert isinstance(part, Slice)
    assert text[part.start : part.end] == "<<e>>[1:]"
    assert text[part.value.start : part.value.end] == "e"


@pytest.mark.parametrize(
    ("text", "underlined", "message", "hint"),
    [
        ("1 +", "+", "a value is missing after '+'", "remove the '+'"),
        ("a == ", "==", "a value is missing after '=='", ""),
        ("| upper", "|", "a value is missing before '|'", ""),
        ("a and and b", "and", "a value is missing after 'and'", ""),
        ("'unclosed", "'unclosed", "not closed", "add '"),
        ('x | f:"a', '"a', "not closed", 'add "'),
        ("'it''s'", "''", "quotes are not doubled", "\\'"),
        ("'it's'", "s", "the string ended", "\\'"),
        ("a = b", "=", "does not compare", "'=='"),
        ("a === b", "===", "not an operator", "'=='"),
        ("a !== b", "!==", "not an operator", "'!='"),
        ("a <> b", "<>", "not an operator", "'!='"),
        ("a && b", "&&", "not an operator", "'and'"),
        ("a || b", "||", "not an operator", "'or'"),
        ("!a", "!", "not an operator", "'not'"),
        ("a ? b : c", "?", "not an operator", "a if condition else b"),
        ("a ** 2", "**", "no power operator", ""),
        ("a << b", "<<", "not an operator", "\\<<"),
        ("a ; b", ";", "no ';'", ""),
        ("$x", "$", "'$'", "env.NAME"),
        ("“a”", "“", "not a quote", ""),
        ("x |", "|", "a filter is missing", "| upper"),
        ("x | | upper", "|", "a filter is missing", ""),
        ("x | 3", "3", "name of a filter", ""),
        ("x | default 'a'", "'a'", "follows a ':'", "default:'a'"),
        ("x | default a", "a", "follows a ':'", "default:a"),
        ("x | default :a", ":", "no space", "default:a"),
        ("x | default: Anonymous", ": Anonymous", "no space", ":Anonymous"),
        ("x | default:AI agents", "AI agents", "ends at the space", "'AI agents'"),
        ("x | default:it's", "'", "cannot hold a quote", '"it\'s"'),
        ("[x | default:0, y]", "0,", "belongs to the word", "'0'"),
        ("x | match:\\d+", "\\d", "unknown escape", "quotes"),
        ("x | first.name", ".", "cannot follow a filter", "parentheses"),
        ("(a", "(", "not closed", "add ')'"),
        ("a)", ")", "closes nothing", ""),
        ("[1, 2", "[", "not closed", "add ']'"),
        ("(a]", "]", "does not close '('", ""),
        ("xs[", "[", "not closed", ""),
        ("xs[]", "[]", "an index is missing", ""),
        ("()", "()", "an expression is missing", ""),
        ("{{a}", "{{", "not closed", "add '}}'"),
        ("{a}", "a", "no value", "a: value"),
        ("{1: 2}", "1", "key of a map", ""),
        ("a.upper()", "upper()", "no methods", "a | upper"),
        ("a.strip()", "strip()", "no methods", "a | trim"),
        ("len(x)", "len(x)", "no functions", "x | length"),
        ("', '.join(xs)", "join(xs)", "no methods", "xs | join(', ')"),
        ("x[1:2:3]", ":", "no step", ""),
        ("x is None", "is None", "'is'", "== null"),
        ("x is not none", "is not none", "'is'", "!= null"),
        ("x is defined", "is defined", "'is'", "default"),
        ("a AND b", "AND", "not an operator", "'and'"),
        ("a contains b", "contains", "not an operator", "in whole"),
        ("a == not b", "not", "cannot follow", "(not x)"),
        ("a not b", "not", "needs an 'in'", ""),
        ("[x for x in xs]", "for", "comprehensions", "map:field"),
        ("a if b", "if", "no 'else'", "else ''"),
        ("if a then b else c", "if", "between two values", ""),
        ("a b", "b", "an operator is missing", "'+'"),
        ("a, b", ",", "no list", "[a, b]"),
        ("a: b", ":", "braces of its own", ""),
        ("a.", ".", "name of a field", ""),
        ("a.0", "0", "not a number", "[0]"),
        ("3abc", "3abc", "not a number", ""),
        ("007", "007", "not a number", "write 7"),
        ("1_000", "1_000", "not a number", "1000"),
        (".5", ".5", "starts with a digit", "0.5"),
        ("1e999", "1e999", "too large", ""),
        ("f'x'", "f", "no 'f'", "'+'"),
        ("{% if x %}", "{%", "do not exist", ""),
        (r"'\d'", r"\d", "unknown escape", ""),
        (r"'\ud83d'", r"\u", "hexadecimal", ""),
        ("", "", "empty", ""),
        ("  ", "  ", "empty", ""),
    ],
)
def test_mistakes(text: str, underlined: str, message: str, hint: str) -> None:
    (problem,) = parse_expression(text).problems
    assert problem.code == "syntax-error"
    assert text[problem.start : problem.end] == underlined
    assert message in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("a.b | ", (".", "a", "b")),
        ("a + b.", ("+", "a", "b")),
        ("xs[0", "xs"),
        ("a and ", "a"),
        ("x | default 'a'", ("|", "x", "default")),
        ("(a + ", "error"),
        ("", "error"),
        (r"a + '\d'", "a"),
    ],
)
def test_the_longest_good_part_is_kept(text: str, prefix: object) -> None:
    parsed = parse_expression(text)
    assert parsed.problems
    assert show(parsed.expr) == prefix


def test_length_limit() -> None:
    assert parse_expression("x" * MAX_LENGTH).problems == ()
    parsed = parse_expression("x" * (MAX_LENGTH + 1))
    assert isinstance(parsed.expr, ErrorExpr)
    assert [problem.code for problem in parsed.problems] == ["limit-exceeded"]
    assert str(MAX_LENGTH) in parsed.problems[0].message


@pytest.mark.parametrize("text", ["[" * 300 + "]" * 300, "-" * 900 + "x", "not " * 200 + "x"])
def test_depth_limit(text: str) -> None:
    parsed = parse_expression(text)
    assert isinstance(parsed.expr, ErrorExpr)
    assert [problem.code for problem in parsed.problems] == ["limit-exceeded"]


@pytest.mark.parametrize(
    "text",
    ["(" * 400 + "x" + ")" * 400, "+".join("1" * 500), "x" + ".a" * 499, "x" + "|a" * 499],
)
def test_parentheses_and_chains_may_be_long(text: str) -> None:
    expr = tree(text)
    assert depth(expr) <= MAX_DEPTH
    assert sum(1 for _ in walk(expr)) >= 1


def test_deep_mistakes_are_reported() -> None:
    for text in ("(" * 999, "[" * 999, "a+" * 499, "{a:" * 333, "<<" * 499, "not " * 249):
        parsed = parse_expression(text)
        assert len(parsed.problems) == 1
        assert isinstance(parsed.problems[0], SyntaxProblem)


def test_equal_texts_share_a_tree() -> None:
    assert parse_expression("a + " + "b") is parse_expression("a " + "+ b")


def test_what_may_stand_at_a_place() -> None:
    assert {"NAME", "STRING", "NOT", "LSQB"} <= accepted_at("", 0)
    assert accepted_at("x | ", 4) == {"WORD"}
    assert accepted_at("a.", 2) == {"WORD"}
    after = accepted_at("a + b", 5)
    assert {"PIPE", "SUM_OP", "$END"} <= after
    assert "NAME" not in after
    assert "RPAR" in accepted_at("(a", 2)
    assert "RPAR" not in accepted_at("a", 1)
    assert accepted_at("a ] b", 5) == set()
    assert {"BARE", "STRING"} <= accepted_at("x | default:", 12)


def run_python(code: str, cache: Path) -> str:
    script = f"import os; os.environ['VEGA_CACHE_DIR'] = {str(cache)!r}\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.strip()


PARSE = (
    "import sys; from vegac.syntax.expression_parser import parse_expression as p; "
    "print(type(p({text!r}).expr).__name__, 'lark' in sys.modules)"
)


def test_names_need_no_grammar(tmp_path: Path) -> None:
    assert run_python(PARSE.format(text="user.name"), tmp_path) == "Field False"
    assert list(tmp_path.iterdir()) == []


def test_the_grammar_is_kept_in_the_cache(tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "cache"
    assert run_python(PARSE.format(text="a + 1"), cache) == "Binary True"
    assert [path.suffix for path in cache.iterdir()] == [".tables"]
    assert run_python(PARSE.format(text="a + 1"), cache) == "Binary False"


def test_a_broken_cache_is_made_again(tmp_path: Path) -> None:
    run_python(PARSE.format(text="a + 1"), tmp_path)
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    for bad in (b"", b"garbage", good[: len(good) // 2]):
        path.write_bytes(bad)
        assert run_python(PARSE.format(text="a + 1"), tmp_path) == "Binary True"
        assert run_python(PARSE.format(text="a + 1"), tmp_path) == "Binary False"


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert run_python(PARSE.format(text="a + 1"), blocked) == "Binary True"
