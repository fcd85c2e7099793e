"""Texts that lose their end to a comment."""

import pytest

from vegac.source.file import SourceFile
from vegac.syntax.core_schema import to_value
from vegac.syntax.reader import Reader


@pytest.mark.parametrize(
    ("text", "line", "column", "fixed"),
    [
        ("a: Review PR #<<n>>\n", 1, 14, "Review PR #<<n>>"),
        ("a: Review PR #12 and #13\n", 1, 14, "Review PR #12 and #13"),
        ("a: it's PR #{{n}}\n", 1, 12, "it's PR #{{n}}"),
        ("a: <<x>> #see <<y>>\n", 1, 10, "<<x>> #see <<y>>"),
        ("a: {{x}} #{{y}}\n", 1, 10, "{{x}} #{{y}}"),
        ("a: Review PR #12  # the latest\n", 1, 14, "Review PR #12"),
        ("b: 1\na:  x\t#1 \r\nc: 1\r\n", 2, 7, "x\t#1"),
    ],
)
def test_a_text_that_ends_in_a_comment_is_warned_of(
    text: str, line: int, column: int, fixed: str
) -> None:
    tree = Reader().read(SourceFile("f", text))
    (found,) = tree.diagnostics
    place = tree.placements.locate(found.span)
    assert (found.code, found.severity) == ("comment-in-text", "warning")
    assert (place.position.line, place.position.column) == (line, column)
    (fix,) = found.fixes
    assert fix.applicability == "safe"
    (edit,) = fix.edits
    change = tree.placements.locate(edit.span)
    after = Reader().read(SourceFile("f", text[: change.start] + edit.text + text[change.end :]))
    assert after.diagnostics == []
    assert after.root is not None
    value = to_value(after.root)
    assert isinstance(value, dict)
    assert value["a"] == fixed


def test_a_word_after_the_sign_may_be_a_remark() -> None:
    (found,) = Reader().read(SourceFile("f", "a: fix the bug #urgent\n")).diagnostics
    assert found.code == "comment-in-text"
    assert [fix.applicability for fix in found.fixes] == ["unsafe"]


def test_list_items_and_flow_style_are_looked_at_too() -> None:
    tree = Reader().read(SourceFile("f", "a:\n- PR #<<n>>\n- [PR #<<n>>\n  ]\n"))
    assert [found.code for found in tree.diagnostics] == ["comment-in-text"] * 2
    assert not tree.diagnostics[1].fixes


@pytest.mark.parametrize(
    "text",
    [
        "a: x # note with <<hole>>\n",
        "a: 3 #1\n",
        "a: true #1\n",
        "a: #1\n  b: 1\n",
        "a: 'x' #1\n",
        "a: x#1\n",
        "a: |\n  x #1\n",
        "a: x # vegac: ignore[unused-agent]\n",
        "#1\na: 1\n",
        "a: [x] #1\n",
    ],
)
def test_comments_that_are_meant_are_no_cause_for_alarm(text: str) -> None:
    assert Reader().read(SourceFile("f", text)).diagnostics == []


def test_a_program_in_a_text_is_no_section_that_stands_wrong() -> None:
    text = (
        "program: |\n  agents:\n    A: {model: m}\n\n  workflows:\n    w: {}\ntests:\n"
        "  t:\n    - key: >-\n        agents:\n        x\n      program: |2-\n         agents:\n"
        "      model: [{a: b c: d}]\n"
    )
    tree = Reader().read(SourceFile("f", text))
    lines = [tree.placements.locate(found.span).position.line for found in tree.diagnostics]
    assert set(lines) == {14}


def test_a_section_that_stands_wrong_behind_a_text_is_told() -> None:
    text = "description: |\n  text\n  agents are\n agents:\n   A: {model: [m}\n"
    tree = Reader().read(SourceFile("f", text))
    assert any("start of a line" in found.message for found in tree.diagnostics)
