"""A name that is lost where it is given makes no finding at each of its uses."""

from pathlib import Path

import pytest

from vegac.source.render.text import render
from vegac.workspace import Report, Workspace

PROGRAM = """\
agents:
  Writer: {model: scripted, system: You write., tools: [find]}
  Critic: {model: scripted, system: You judge.}
tools:
  find:
    description: Finds a word.
    params: {word: {type: string, required: true}}
    implementation:
      type: exec
      command: grep -- <<word>> notes.txt
workflows:
  article:
    inputs: {topic: string}
    steps:
      - set: {verdict: bad}
      - Writer starts:
          send: Write about <<topic>>.
          save: draft
      - for line in draft | split:".":
          - Critic:
              send: "<<line>>, in <<draft>>"
              save: verdict
    output: <<verdict>> <<draft>>
"""


def check(text: str) -> Report:
    return Workspace(Path("/nowhere")).check_text(text)


def test_the_program_is_clean() -> None:
    assert not [one for one in check(PROGRAM).diagnostics if one.severity != "info"]


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("save: draft", "save:", "bad-name"),
        ("save: draft", "save: []", "wrong-type"),
        ("save: draft", "save: text", "undefined-variable"),
        ("save: draft", ": draft", "yaml-syntax"),
        ("save: draft", ":", "yaml-syntax"),
        ("- set: {verdict: bad}", "- set:", "wrong-type"),
        ("- set: {verdict: bad}", "-", "not-a-mapping"),
        ("- set: {verdict: bad}", "- set: {result_so_far: bad}", "maybe-unset"),
        ("inputs: {topic: string}", "inputs: {subject: string}", "undefined-variable"),
        ("for line in", "for in", "syntax-error"),
        ("Write about <<topic>>.", "", "missing-send"),
        ("Write about <<topic>>.", "Write about <<>>.", "syntax-error"),
        ("Write about <<topic>>.", "[]", "wrong-type"),
        ("Write about <<topic>>.", "Write about <<topic.", "unclosed-hole"),
        ("params: {word:", "params: {text:", "undefined-variable"),
    ],
)
def test_a_lost_name_is_one_finding(right: str, wrong: str, code: str) -> None:
    assert PROGRAM.count(right) == 1
    report = check(PROGRAM.replace(right, wrong))
    findings = [one for one in report.diagnostics if one.severity != "info"]
    shown = render(report.diagnostics, report.placements)
    assert [one.code for one in findings] == [code], shown


def test_other_uses_and_a_name_that_nothing_reads_are_told_with_it() -> None:
    report = check(PROGRAM.replace("save: draft", "save: text"))
    shown = render(report.diagnostics, report.placements)
    assert shown.count("nothing reads 'text'") == 1
    assert shown.count("and here") == 2


def test_two_lost_names_are_not_explained_by_one_place() -> None:
    report = check(PROGRAM.replace("save: draft", "save: []").replace("<<topic>>", "<<tpc>>"))
    codes = [one.code for one in report.diagnostics if one.severity == "error"]
    assert codes.count("undefined-variable") == 2


def test_what_is_used_before_an_empty_step_is_not_explained_by_it() -> None:
    text = PROGRAM.replace("      - set: {verdict: bad}\n", "")
    text = text.replace("<<topic>>", "<<subject>>").replace("    output:", "      -\n    output:")
    codes = {one.code for one in check(text).diagnostics}
    assert {"not-a-mapping", "undefined-variable"} <= codes


def test_two_names_that_nothing_reads_are_both_told() -> None:
    text = PROGRAM.replace("save: draft", "save: text").replace(
        "{verdict: bad}", "{verdict: a, b: c}"
    )
    codes = [one.code for one in check(text).diagnostics]
    assert codes.count("unused-variable") == 2
