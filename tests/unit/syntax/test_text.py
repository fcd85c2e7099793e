"""Text: where holes begin and end, escapes, and what is reported."""

import pytest

from vegac.syntax.text import Hole, Text, TextProblem, parse_text


def show(text: Text) -> list[str | tuple[str, str]]:
    return [
        part if isinstance(part, str) else (part.delimiter, part.parsed.text) for part in text.parts
    ]


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("", []),
        ("plain", ["plain"]),
        ("<<a>>", [("<<", "a")]),
        ("a <<b>> c {{d}}{{ e }}", ["a ", ("<<", "b"), " c ", ("{{", "d"), ("{{", " e ")]),
        ("{{a\n+ b}}", [("{{", "a\n+ b")]),
        # escapes
        (r"\<<a>>", ["<<a>>"]),
        (r"\{{a}}", ["{{a}}"]),
        (r"\\<<a>>", ["\\", ("<<", "a")]),
        (r"\\\<<a>>", [r"\<<a>>"]),
        (r"\\\\{{a}}", ["\\\\", ("{{", "a")]),
        (r"C:\dir \n", [r"C:\dir \n"]),
        (r"\<<<<a>>", ["<<", ("<<", "a")]),
        (
            r'cout \<<a; {{"{{"}} \{{a}} 1 << 2',
            ["cout <<a; ", ("{{", '"{{"'), " {{a}} 1 << 2"],
        ),
        # a hole ends at the close of its own kind, outside strings and brackets
        ('<<"}}">>', [("<<", '"}}"')]),
        ('<<">>">>', [("<<", '">>"')]),
        ("{{'}}'}}", [("{{", "'}}'")]),
        (r"<<'\'>>'>>", [("<<", r"'\'>>'")]),
        ("<<xs['>>']>>", [("<<", "xs['>>']")]),
        ("{{ {a: {b: 1}} }}", [("{{", " {a: {b: 1}} ")]),
        ("{{{a: 1}}}", [("{{", "{a: 1}")]),
        ("{{ <<a>> }}", [("{{", " <<a>> ")]),
        ("<<a + <<b>> >>", [("<<", "a + <<b>> ")]),
        ("<<{{a}}>>", [("<<", "{{a}}")]),
        ("<<x | default:<<y>>>>", [("<<", "x | default:<<y>>")]),
        ("<<a > b>>", [("<<", "a > b")]),
        ("<<a>b>>", [("<<", "a>b")]),
        ("<<a>>>", [("<<", "a"), ">"]),
        ("<<<tag>>>", ["<", ("<<", "tag"), ">"]),
        ("{{a}}}", [("{{", "a"), "}"]),
        ("<<a if b >= 2 else c>>", [("<<", "a if b >= 2 else c")]),
        # bare words
        ("<<x | if:>0:a:b>>", [("<<", "x | if:>0:a:b")]),
        ("{{x | split:>>}}", [("{{", "x | split:>>")]),
        ("{{x | join:\n}}", [("{{", "x | join:\n")]),
        (r"<<x | f:\'>>'", [("<<", r"x | f:\'"), "'"]),
        # literal
        ("cat <<EOF\nx >> y\nEOF", ["cat <<EOF\nx >> y\nEOF"]),
        ('cout << "x"', ['cout << "x"']),
        ("cout <<foo(a >> 2);", ["cout <<foo(a >> 2);"]),
        ("<<a\n>>", ["<<a\n>>"]),
        ("<<a\r\n>>", ["<<a\r\n>>"]),
        ("<<<<<<< HEAD", ["<<<<<<< HEAD"]),
        ("<<", ["<<"]),
        ("a <<b", ["a <<b"]),
        ("<<a + <<b>>", ["<<a + ", ("<<", "b")]),
        ("}} >>", ["}} >>"]),
    ],
)
def test_parts(value: str, parts: list[object]) -> None:
    text = parse_text(value)
    assert show(text) == parts
    assert text.problems == ()


def test_a_hole_knows_its_place() -> None:
    value = "Hi {{ user.name }} and <<x>>"
    first, second = parse_text(value).holes
    assert value[first.start : first.end] == "{{ user.name }}"
    assert value[first.offset :].startswith(" user.name }}")
    assert value[second.start : second.end] == "<<x>>"
    expr = first.parsed.expr
    assert value[first.offset + expr.start : first.offset + expr.end] == "user.name"


def test_sole_hole() -> None:
    sole = parse_text("<<n - 1>>").sole
    assert isinstance(sole, Hole)
    assert sole.parsed.text == "n - 1"
    for value in ("<<n>> ", "<<a>><<b>>", "n", "", r"\<<n>>"):
        assert parse_text(value).sole is None


@pytest.mark.parametrize(
    ("value", "code", "underlined", "escape"),
    [
        ("{{ open", "unclosed-hole", "{{", "{{ open"),
        ("{{a}} {{b", "unclosed-hole", "{{", "{{b"),
        ("{{ 'a }", "unclosed-hole", "{{", "{{ 'a }"),
        ("Say <<1 +>>!", "syntax-error", "+", None),
        ("<<x | default:it's>>", "syntax-error", "'", None),
        ("<<x | default:'abc>>", "syntax-error", "'abc", None),
        ("<<items[0>>", "syntax-error", "[", None),
        ("{{items[0}} x", "syntax-error", "[", None),
        ("{{f(a}} x", "syntax-error", "f(a", None),
        ("a << 2; b >> 3", "syntax-error", ";", "<< 2"),
        ("cout << a << b >> c", "syntax-error", "<<", "<< a"),
        ("x {{#if y}} z", "syntax-error", "#", "{{#if"),
        ("x {{ .Name }} z", "syntax-error", ".", "{{ .Name"),
        ("<<>>", "syntax-error", "<<>>", "<<>>"),
        ("a {{ }} b", "syntax-error", "{{ }}", "{{ }}"),
        ("{{the task}}", "syntax-error", "task", None),
    ],
)
def test_problems(value: str, code: str, underlined: str, escape: str | None) -> None:
    (problem,) = parse_text(value).problems
    assert problem.code == code
    assert value[problem.start : problem.end] == underlined
    assert problem.message
    if escape is None:
        assert problem.escape_at is None
    else:
        assert problem.escape_at is not None
        assert value[problem.escape_at :].startswith(escape)


def test_the_escape_cures() -> None:
    for value in ("a << 2; b >> 3", "x {{#if y}} z", "{{ open", "cout << a << b; c >> d"):
        cured = value
        for _ in range(3):
            problems = parse_text(cured).problems
            if not problems:
                break
            at = problems[0].escape_at
            assert at is not None
            cured = f"{cured[:at]}\\{cured[at:]}"
        assert parse_text(cured).parts == (value,)


def test_a_broken_hole_is_kept_with_what_could_be_read() -> None:
    text = parse_text("Dear <<user.name | >>,")
    assert len(text.problems) == 1
    (hole,) = text.holes
    assert hole.parsed.text[hole.parsed.expr.start : hole.parsed.expr.end] == "user.name"


def test_loose_opens() -> None:
    value = "cat <<EOF and <<task\nx << y <<'s' \\<<no"
    loose = parse_text(value).loose
    assert [(value[item.start :][:5], item.name) for item in loose] == [
        ("<<EOF", "EOF"),
        ("<<tas", "task"),
    ]
    assert parse_text(value).problems == ()


def test_too_long_a_hole() -> None:
    for value in ("<<" + "1 + " * 400 + "1>> end", "{{" + "'" + "a" * 1500 + "'" + "}} end"):
        text = parse_text(value)
        assert [problem.code for problem in text.problems] == ["limit-exceeded"]
        assert text.parts[-1] == " end"


def test_an_open_brace_far_before_a_hole_does_not_swallow_it() -> None:
    text = parse_text("{{ " + "word " * 400 + "{{a}}")
    assert [problem.code for problem in text.problems] == ["unclosed-hole"]
    assert [hole.parsed.text for hole in text.holes] == ["a"]


@pytest.mark.parametrize(
    "value",
    [
        "<<" * 100_000,
        "{{" * 100_000 + "}}",
        "{{(" * 50_000 + "}}",
        "<<(" * 50_000 + ">>",
        "{{'" * 50_000 + "}}",
        "\\" * 200_000 + "<<a>>",
        ("<<" * 499 + ">>\n") * 100,
    ],
)
def test_hostile_texts_end(value: str) -> None:
    assert isinstance(parse_text(value), Text)
    assert all(isinstance(problem, TextProblem) for problem in parse_text(value).problems)
