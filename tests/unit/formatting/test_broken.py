"""Files with mistakes: what does not parse stays as it is, byte for byte."""

import pytest

from vegac.formatting.document import format_text

BROKEN = """\
agents:
  A:   {model:  m, system: "{{date}}"}
  B:
       model:   m
       system: "never {{closed}}
  C:
       model:   m
       system:  "{{date}}"


workflows:
  w:
    steps:
    - A:   hi
"""


def test_the_other_definitions_are_formatted() -> None:
    formatted = format_text(BROKEN)
    assert (
        formatted.text
        == """\
agents:
  A: {model: m, system: "{{ date }}"}
  B:
       model:   m
       system: "never {{closed}}
  C:
    model: m
    system: "{{ date }}"

workflows:
  w:
    steps:
      - A: hi
"""
    )
    assert format_text(formatted.text).text == formatted.text
    assert [note.line for note in formatted.notes] == [0]


@pytest.mark.parametrize(
    "text",
    [
        "agents:\n  A: {model:  m\n",
        "workflows:\n  w:\n    steps:\n      - A:   Say: hi\n",
        "a:   'open\n",
        "\x00agents:   {}\n",
    ],
)
def test_what_cannot_be_understood_stays(text: str) -> None:
    assert format_text(text).text == text


def test_mistakes_in_expressions_are_no_obstacle() -> None:
    text = 'workflows:\n  w:\n    steps: [ {A: "<< 1 + >> {{x}}"},{B: "{{x}}"} ]\n'
    assert format_text(text).text == (
        'workflows:\n  w:\n    steps: [{A: "<< 1 + >> {{x}}"}, {B: "{{ x }}"}]\n'
    )


def test_duplicate_keys_stay_where_they_are() -> None:
    assert format_text("x-a:   1\nx-a:   2\n").text == "x-a: 1\nx-a: 2\n"
