"""One slip of the finger in how a program is laid out gives one finding, about that place.

A sign is left out, or a line stands at another column. What follows from it (keys that seem to be
unknown or missing, names that nothing seems to set) is no news.
"""

from pathlib import Path

import pytest

from vegac.source.render.text import render
from vegac.workspace import Workspace

PROGRAM = """\
x-base: &base {model: scripted, max_tokens: 100}
agents:
  Writer:
    <<: *base
    system: You write.
    tools: [find]
  Critic:
    <<: *base
    system: You judge.
tools:
  find:
    description: Finds a word.
    params: {word: {type: string, required: true}}
    implementation:
      type: exec
      command: grep -- <<word>> notes.txt
workflows:
  article:
    description: An article that is good enough.
    inputs:
      topic: {type: string, min: 3}
      rounds: {type: integer, default: 3}
    steps:
      - set: {verdict: bad, notes: []}
      - Writer starts:
          send: |
            Write about <<topic>>.
          save: text
      - repeat:
          max: <<rounds>>
          until: verdict == 'good'
          steps:
            - Critic: "Judge: <<text>>"
              save: verdict
            - if: verdict != 'good'
              then:
                - Writer: "Better: <<text>>"
                  save: text
              else:
                - set: {notes: ["<<verdict>>"]}
      - for note in notes:
          - Critic: <<note>>
            save: last
    output: {text: <<text>>, last: "<<last | default:none>>"}
"""


def found(text: str) -> tuple[list[tuple[str, int]], str]:
    report = Workspace(Path("/nowhere")).check_text(text)
    places = [
        (one.code, report.placements.locate(one.span).position.line)
        for one in report.diagnostics
        if one.severity != "info"
    ]
    return places, render(report.diagnostics, report.placements)


def line_of(part: str) -> int:
    assert PROGRAM.count(part) == 1, part
    return PROGRAM[: PROGRAM.index(part) + len(part.rstrip("\n")) - 1].count("\n") + 1


def test_the_program_is_clean() -> None:
    assert found(PROGRAM)[0] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("      topic: {", "      topic {"),
        ("      topic: {", "      topic:{"),
        ("      topic: {", "      topic: "),
        ("{type: integer, default: 3}", "{type integer, default: 3}"),
        ("{type: integer, default: 3}", "{type:integer, default: 3}"),
        ("{type: integer, default: 3}", "{type: integer, default 3}"),
        ("{type: integer, default: 3}", "type: integer, default: 3}"),
        ("{type: integer, default: 3}", "{type: integer, default: 3"),
        ("- set: {verdict: bad", "- set {verdict: bad"),
        ("- set: {verdict: bad", "- set:{verdict: bad"),
        ("- set: {verdict: bad", "- set: {verdict bad"),
        ("- set: {verdict: bad", "- set: verdict: bad"),
        ("      - Writer starts:\n", "      - Writer starts\n"),
        ("      - Writer starts:\n", "      - Writer starts;\n"),
        ("      - Writer starts:\n", "      : \n"),
        ('            - Critic: "Judge', '            - Critic = "Judge'),
        ('            - Critic: "Judge', '            - Critic "Judge'),
        ("          max: <<rounds>>", "          max = <<rounds>>"),
        ('["<<verdict>>"]', '["<<verdict}}"]'),
        ("output: {text: <<text>>,", "output: {text: <<text}},"),
        ("output: {text: <<text>>,", "output: {text: {{text>>,"),
        ("          max: <<rounds>>", "          : <<rounds>>"),
        ("    system: You judge.\n", "    system = You judge.\n"),
        ("  Critic:\n", "  Critic;\n"),
        ("workflows:\n", "workflows =\n"),
        ("{type: integer, default: 3}", "{type = integer, default: 3}"),
        ("{type: integer, default: 3}", "{type; integer, default: 3}"),
        ('{text: <<text>>, last: "', '{text: <<text>>, last; "'),
        ("      topic: {", "      topic; {"),
        ("      - repeat:\n", "      - repeat\n"),
        ("      - if: verdict", "      - if verdict"),
        ("      - for note in notes:\n", "      - for note in notes\n"),
        ("      - for note in notes:\n", "      - fro note in notes:\n"),
        ("  Critic:\n", "  Critic\n"),
        ("workflows:\n", "workflows\n"),
        ("    steps:\n      - set", "    steps\n      - set"),
        ("              then:\n", "                then:\n"),
        ("    system: You judge.\n", "     system: You judge.\n"),
        ("    system: You judge.\n", "   system: You judge.\n"),
        ("      rounds: {", "       rounds: {"),
        ("          until: verdict", "            until: verdict"),
        ("          until: verdict", "        until: verdict"),
        ("    inputs:\n", "   inputs:\n"),
        ('            - Critic: "Judge', '            -Critic: "Judge'),
    ],
)
def test_one_slip_is_one_finding(right: str, wrong: str) -> None:
    line = line_of(right)
    places, shown = found(PROGRAM.replace(right, wrong))
    assert len(places) == 1, shown
    assert abs(places[0][1] - line) <= 1, shown


def test_other_mistakes_are_told_beside_a_slip() -> None:
    text = PROGRAM.replace("topic: {", "topic {").replace("- Critic: <<note>>", "- Critc: <<ntoe>>")
    text = text.replace("You judge.", "You judge.\n    temprature: 1")
    places, _ = found(text)
    assert [code for code, _ in places] == [
        "unknown-key",
        "yaml-syntax",
        "unknown-agent",
        "undefined-variable",
    ]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Write about <<topic>>.", "Write about <<topic}}."),
        ("Write about <<topic>>.", "Write about {{topic>>."),
        ("output: {text: <<text>>,", "output: {text: <<text}},"),
    ],
)
def test_a_hole_of_two_kinds_is_closed_as_it_was_opened(right: str, wrong: str) -> None:
    report = Workspace(Path("/nowhere")).check_text(PROGRAM.replace(right, wrong))
    (finding,) = (one for one in report.diagnostics if one.severity != "info")
    ((edit,),) = (fix.edits for fix in finding.fixes)
    place = report.placements.locate(edit.span)
    text = place.file.text[: place.start] + edit.text + place.file.text[place.end :]
    assert text in (PROGRAM, PROGRAM.replace("<<topic>>", "{{topic}}"))
