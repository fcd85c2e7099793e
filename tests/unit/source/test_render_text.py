"""Exact renderings: what a person reads is designed, so it is frozen here."""

import re

from hypothesis import given
from hypothesis import strategies as st

from vegac.source.diagnostic import Diagnostic, Fix, Label
from vegac.source.file import Placements, SourceFile
from vegac.source.registry import report
from vegac.source.render import arrange, summary
from vegac.source.render.canvas import Style
from vegac.source.render.cells import width
from vegac.source.render.text import render
from vegac.source.span import Span

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def place(text: str, needle: str, number: int = 0, unit: str = "u") -> Span:
    index = -1
    for _ in range(number + 1):
        index = text.index(needle, index + 1)
    return Span(unit, index, index + len(needle))


def placements(text: str, **others: str) -> Placements:
    table = Placements()
    table.add("u", SourceFile("team.vega.yaml", text), 0)
    for unit, content in others.items():
        table.add(unit, SourceFile(f"{unit}.yaml", content), 0)
    return table


def shown(text: str, *found: Diagnostic, columns: int | None = None, **others: str) -> str:
    return render(found, placements(text, **others), Style(width=columns))


def test_the_form_of_the_language_reference() -> None:
    text = "\n" * 44 + "      - Cder writes code:\n"
    finding = report(
        "unknown-agent",
        place(text, "Cder"),
        "no agent is named 'Cder'",
        hint="did you mean 'Coder'?",
        notes=("agents: Coder, Reviewer",),
    )
    assert shown(text, finding) == (
        "error[unknown-agent]: no agent is named 'Cder'\n"
        "  --> team.vega.yaml:45:9\n"
        "   |\n"
        "45 |       - Cder writes code:\n"
        "   |         ^^^^ did you mean 'Coder'?\n"
        "   = agents: Coder, Reviewer\n"
    )


PARALLEL = """\
- A: hi
  save: x
- B: hi
- C: hi
- D: hi there {{x}} and {{x}}
"""


def test_labels_in_other_lines() -> None:
    finding = report(
        "parallel-read",
        place(PARALLEL, "{{x}}"),
        "'x' is set by another branch",
        labels=(Label(place(PARALLEL, "x"), "set here"),),
    )
    assert shown(PARALLEL, finding) == (
        "error[parallel-read]: 'x' is set by another branch\n"
        " --> team.vega.yaml:5:15\n"
        "  |\n"
        "2 |   save: x\n"
        "  |         - set here\n"
        "...\n"
        "5 | - D: hi there {{x}} and {{x}}\n"
        "  |               ^^^^^\n"
    )


def test_a_gap_of_one_line_is_shown() -> None:
    finding = report(
        "parallel-read",
        place(PARALLEL, "C"),
        "m",
        labels=(Label(place(PARALLEL, "x"), "set here"),),
    )
    assert "3 | - B: hi\n4 | - C: hi\n" in shown(PARALLEL, finding)


def test_several_marks_on_one_line() -> None:
    finding = report(
        "parallel-read",
        place(PARALLEL, "{{x}}"),
        "m",
        hint="read here",
        labels=(
            Label(place(PARALLEL, "{{x}}", 1), "and here"),
            Label(place(PARALLEL, "D"), "in this branch"),
        ),
    )
    assert shown(PARALLEL, finding) == (
        "error[parallel-read]: m\n"
        " --> team.vega.yaml:5:15\n"
        "  |\n"
        "5 | - D: hi there {{x}} and {{x}}\n"
        "  |   -           ^^^^^     ----- and here\n"
        "  |   |           |\n"
        "  |   |           read here\n"
        "  |   in this branch\n"
    )


def test_labels_in_other_files() -> None:
    finding = report(
        "duplicate-name",
        place("a: 1\n", "a"),
        "two agents are named 'a'",
        labels=(Label(place("x:\n  a: 2\n", "a", unit="other"), "first defined here"),),
    )
    assert shown("a: 1\n", finding, other="x:\n  a: 2\n") == (
        "error[duplicate-name]: two agents are named 'a'\n"
        " --> team.vega.yaml:1:1\n"
        "  |\n"
        "1 | a: 1\n"
        "  | ^\n"
        " ::: other.yaml:2:3\n"
        "  |\n"
        "2 |   a: 2\n"
        "  |   - first defined here\n"
    )


def test_fixes_are_named_with_what_they_risk() -> None:
    finding = report(
        "yaml-boolean",
        place("a: yes\n", "yes"),
        "m",
        fixes=(Fix("write 'true'", ()), Fix("quote it", (), "unsafe"), Fix("x", (), "display")),
    )
    assert shown("a: yes\n", finding).endswith(
        "  |    ^^^\n"
        "  = fix: write 'true'\n"
        "  = fix (may change the meaning): quote it\n"
        "  = try: x\n"
    )


def test_a_place_over_several_lines() -> None:
    span = Span("u", PARALLEL.index("- B"), PARALLEL.index("- D"))
    assert shown(PARALLEL, report("could-run-together", span, "m", hint="saves a call")) == (
        "info[could-run-together]: m\n"
        " --> team.vega.yaml:3:1\n"
        "  |\n"
        "3 | / - B: hi\n"
        "4 | | - C: hi\n"
        "  | |_______^ saves a call\n"
    )


def test_a_long_place_that_starts_inside_a_line() -> None:
    text = "key: [\n" + "  a,\n" * 8 + "]\nrest: 1\n"
    span = Span("u", text.index("["), text.index("]") + 1)
    assert shown(text, report("wrong-type", span, "m", hint="a list")) == (
        "error[wrong-type]: m\n"
        "  --> team.vega.yaml:1:6\n"
        "   |\n"
        " 1 |   key: [\n"
        "   |  ______^\n"
        " 2 | |   a,\n"
        "...  |\n"
        "10 | | ]\n"
        "   | |_^ a list\n"
    )


def test_nothing_to_underline_gives_one_caret() -> None:
    assert shown("", report("empty-file", Span("u", 0, 0), "the file is empty")) == (
        "error[empty-file]: the file is empty\n --> team.vega.yaml:1:1\n  |\n1 |\n  | ^\n"
    )
    assert shown("a: b\n", report("missing-key", Span("u", 4, 4), "m", hint="h")).endswith(
        "1 | a: b\n  |     ^ h\n"
    )


def test_a_file_that_was_not_read_has_no_excerpt() -> None:
    finding = report("unreadable-file", Span("gone", 0, 0), "m", hint="h", notes=("n",))
    assert shown("", finding) == "error[unreadable-file]: m\n  = h\n  = n\n"


def test_underlines_stay_below_wide_and_combining_characters_and_tabs() -> None:
    text = "\tkey:\t日本 e\u0301 \U0001f469\u200d\U0001f467 bad\n"
    out = shown(text, report("wrong-type", place(text, "bad"), "m"))
    source, underline = out.split("\n")[3:5]
    before = source.index("bad")
    assert width(source[:before]) == underline.index("^^^")
    assert source == "1 |     key:    日本 e\u0301 \U0001f469\u200d\U0001f467 bad"
    wide = shown(text, report("wrong-type", place(text, "日本"), "m"))
    assert wide.endswith("  |             ^^^^\n")


def test_characters_that_act_on_a_terminal_are_made_visible() -> None:
    text = "a: \x1b[31m\u202eevil\x00\x7f\n"
    out = shown(text, report("wrong-type", place(text, "evil"), "'\x1b\u202e' is bad\r"))
    assert "'␛<U+202E>' is bad␍\n" in out
    assert "1 | a: ␛[31m<U+202E>evil␀␡\n" in out
    assert out.isascii() or all(char == "\n" or char.isprintable() for char in out)


LONG = "text: " + "x" * 100 + " {{ tsak }} " + "y" * 100 + " {{ foo }} end\n"


def test_long_lines_are_cut_around_the_place() -> None:
    finding = report(
        "undefined-variable",
        place(LONG, "tsak"),
        "no variable is named 'tsak'",
        hint="did you mean 'task'?",
        labels=(Label(place(LONG, "foo"), "known"),),
    )
    assert shown(LONG, finding, columns=50) == (
        "error[undefined-variable]: no variable is named\n"
        "'tsak'\n"
        " --> team.vega.yaml:1:111\n"
        "  |\n"
        "1 | ...xxxxxxxxxxxxxx {{ tsak }} yyyyyyyyyyyyyy...\n"
        "  |                      ^^^^ did you mean 'task'?\n"
        "1 | ...yyyyyyyyyyyyyyyyyyyyyyyyyyyyy {{ foo }} end\n"
        "  |                                     --- known\n"
    )


def test_a_cut_takes_what_is_joined_to_the_last_character() -> None:
    family = "\U0001f469\u200d\U0001f469"
    text = f"{family * 30}e\u0301 <<x>>{' y' * 30}"
    for columns in range(20, 40):
        out = shown(text, report("wrong-type", place(text, "x"), "m"), columns=columns)
        source, mark = (line[4:] for line in out.splitlines()[-2:])
        start = source.removeprefix("...")
        assert start != source
        assert start[0] not in "\u200d\u0301"
        assert width(source[: source.index("x")]) == mark.index("^")


def test_a_hint_that_does_not_fit_goes_below() -> None:
    text = "a: " + "x" * 20 + " bad\n"
    hint = "a rather long explanation of what is wrong here"
    out = shown(text, report("wrong-type", place(text, "bad"), "m", hint=hint), columns=60)
    assert out.endswith(
        "  |                         ^^^\n"
        "  |                         a rather long explanation of\n"
        "  |                         what is wrong here\n"
    )


def test_colours_only_decorate() -> None:
    finding = report(
        "unknown-agent",
        place(PARALLEL, "D"),
        "m",
        hint="h",
        labels=(Label(place(PARALLEL, "A"), "l"),),
        notes=("n",),
        fixes=(Fix("f", ()),),
    )
    table = placements(PARALLEL)
    coloured = render([finding], table, Style(color=True))
    assert "\x1b[1;31merror[unknown-agent]\x1b[0m" in coloured
    assert "\x1b[1;31m^\x1b[0m \x1b[1;31mh\x1b[0m" in coloured
    assert ESCAPE.sub("", coloured) == render([finding], table)


def test_findings_are_sorted_by_place_and_equal_ones_shown_once() -> None:
    table = placements(PARALLEL)
    first = report("wrong-type", place(PARALLEL, "A"), "m")
    second = report("unused-agent", place(PARALLEL, "B"), "m")
    error = report("unknown-agent", place(PARALLEL, "B"), "m")
    assert arrange([second, error, first, first], table) == [first, error, second]
    assert render([second, first], table).index("A: hi") < render([second, first], table).index(
        "\n\nwarning[unused-agent]"
    )


def test_the_summary_counts_by_severity() -> None:
    table = placements(PARALLEL, other="a: 1\n")
    error = report("wrong-type", place(PARALLEL, "A"), "m")
    other = report("wrong-type", Span("other", 0, 1), "m")
    warning = report("unused-agent", place(PARALLEL, "B"), "m")
    info = report("no-agents", place(PARALLEL, "B"), "m")
    assert summary([], table) == ""
    assert summary([error], table) == "1 error in 1 file"
    assert summary([error, error, other], table) == "2 errors in 2 files"
    assert summary([error, warning, info], table) == "1 error, 1 warning, 1 info in 1 file"


@given(
    text=st.text("ab\t\n\r日e\u0301\U0001f469\u200d\ufe0f\u202e\x1b ", max_size=40),
    data=st.data(),
    columns=st.one_of(st.none(), st.integers(20, 60)),
)
def test_any_place_in_any_text_can_be_shown(
    text: str, data: st.DataObject, columns: int | None
) -> None:
    found: list[Span] = []
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        found.append(Span("u", start, data.draw(st.integers(start, len(text)))))
    labels = tuple(Label(span, "label text") for span in found[1:])
    words = "a few words, 日本語の文, andonelongwordtoo"
    finding = report(
        "until-never-changes",
        found[0],
        f"said: {words}",
        hint=data.draw(st.sampled_from(["h", words])),
        labels=labels,
        notes=(words,),
        fixes=(Fix(words, (), "unsafe"),),
    )
    out = shown(text, finding, columns=columns)
    assert "^" in out
    for line in out.splitlines():
        assert line == line.rstrip(" ")
        assert columns is None or width(line) <= columns


def test_the_end_of_a_line_that_fills_the_room_can_be_marked() -> None:
    out = shown("a" * 26, report("wrong-type", Span("u", 26, 26), "m"), columns=30)
    assert out.splitlines()[-1] == "  |                          ^"


def test_a_joiner_takes_no_room_from_what_follows_it() -> None:
    assert width("a\u200d\u202e") == 1 + len("<U+202E>")
    assert width("\U0001f469\u200d\U0001f469") == 2
