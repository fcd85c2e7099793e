"""The spelling of holes."""

import pytest

from vegac.formatting.document import format_text
from vegac.formatting.holes import Delimiters

FRAME = """\
agents:
  Coder: {model: claude-haiku-4-5, system: s}

workflows:
  w:
    inputs: {n: integer, name: string}
    steps:
"""


def step(value: str) -> str:
    """A program with one step that sends `value`."""
    return f"{FRAME}      - Coder: {value}\n"


def formatted(text: str, delimiters: Delimiters | None = None) -> str:
    """The formatted text, which stays the same when it is formatted again."""
    once = format_text(text, delimiters)
    assert format_text(once.text, delimiters).text == once.text
    return once.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<< name >> and <<  n>>", "<<name>> and <<n>>"),
        ("to {{name}} and {{  n }}", "to {{ name }} and {{ n }}"),
        ("{{name}}", "{{ name }}"),
        ('"{{name}} \\" {{n }}"', '"{{ name }} \\" {{ n }}"'),
        ("'{{ name|default:''x'' }}'", "'{{ name|default:''x'' }}'"),
        ("|\n          {{name}}\n          << n >>", "|\n          {{ name }}\n          <<n>>"),
        ("\\<< name >> \\{{name}} \\\\{{name}}", "\\<< name >> \\{{name}} \\\\{{ name }}"),
        ("<<name | replace:a:>> >>", "<<name | replace:a:>> >>"),
        ("a {{ name\n          }} b", "a {{ name\n          }} b"),
        ("<< 1 + >> {{name}}", "<< 1 + >> {{name}}"),
        ("!raw << name >> {{name}}", "!raw << name >> {{name}}"),
    ],
)
def test_spaces_at_the_ends_of_holes(before: str, after: str) -> None:
    assert formatted(step(before)) == step(after)


def test_only_where_holes_mean_something() -> None:
    text = """\
name: a << b >> c
description: "{{x}}"

agents:
  Coder:
    model: claude-haiku-4-5
    system: "{{date}}"
    knowledge: ["a{{b}}"]

tools:
  t:
    description: "{{x}}"
    params: {q: {type: string, default: "{{x}}"}}
    implementation:
      type: http
      url: "https://example.com/{{q}}"
      body: {deep: ["{{q}}"]}

workflows:
  w:
    description: "{{x}}"
    inputs: {xs: {type: array, description: "{{x}}"}}
    steps:
      - Coder {{works}}: "{{xs}}"
        x-note: "{{x}}"
      - for x in {{xs}}:
          - Coder:
              send: "{{x}}"
              schema: {a: "{{x}}"}
              save: "r_{{x}}"
      - for: x in {{xs}}
        steps: []
      - if: "{{xs}} == '{{xs}}'"
        then: [{set: {a: "{{xs}}", if: "{{xs}}"}}]
      - repeat: {steps: [{return: {a: ["{{xs}}"]}}], until: "{{xs}}", max: "{{2}}"}
    output: {a: "{{xs}}"}

tests:
  t: {expect: {output: "{{x}}"}}

x-a: "{{x}}"
"""
    spaced = {
        'system: "{{date}}"': 'system: "{{ date }}"',
        "example.com/{{q}}": "example.com/{{ q }}",
        '["{{q}}"]': '["{{ q }}"]',
        'Coder {{works}}: "{{xs}}"': 'Coder {{works}}: "{{ xs }}"',
        "in {{xs}}": "in {{ xs }}",
        'send: "{{x}}"': 'send: "{{ x }}"',
        "r_{{x}}": "r_{{ x }}",
        "\"{{xs}} == '{{xs}}'\"": "\"{{ xs }} == '{{xs}}'\"",
        '{a: "{{xs}}", if: "{{xs}}"}': '{a: "{{ xs }}", if: "{{ xs }}"}',
        '{a: ["{{xs}}"]}': '{a: ["{{ xs }}"]}',
        'until: "{{xs}}", max: "{{2}}"': 'until: "{{ xs }}", max: "{{ 2 }}"',
        'output: {a: "{{xs}}"}': 'output: {a: "{{ xs }}"}',
    }
    right = text
    for before, after in spaced.items():
        assert before in text
        right = right.replace(before, after)
    assert formatted(text) == right


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{{ name }}", "<<name>>"),
        ('"{{name}} \\" {{n}}"', '"<<name>> \\" <<n>>"'),
        ("it''s {{ name | split:', ' }}", "it''s <<name | split:', '>>"),
        ("'<{{n}}>'", "'<<<n>>>'"),
        ("a << 2; {{name}}", "a << 2; <<name>>"),
        ("out << n {{name}}", "out \\<< n <<name>>"),
        ('"out << n {{name}}"', '"out \\\\<< n <<name>>"'),
        (
            "|\n          cat <<EOF\n          {{name}}",
            "|\n          cat <<EOF\n          <<name>>",
        ),
        ("|\n          {{name\n          }}{{n}}", "|\n          {{name\n          }}<<n>>"),
        ("\\{{name}} {{ {{name}} | upper }}", "\\{{name}} <<{{name}} | upper>>"),
    ],
)
def test_angles_for_braces(before: str, after: str) -> None:
    assert formatted(step(before), "angle") == step(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<<name>>", "'{{ name }}'"),
        ("<<name>>'s", '"{{ name }}\'s"'),
        ("to <<name>>", "to {{ name }}"),
        ('"<<name>> \\u00e9"', '"{{ name }} \\u00e9"'),
        (
            "a text\n          over <<name>>\n          lines",
            "a text\n          over {{ name }}\n          lines",
        ),
        (
            "<<name>> over\n          lines",
            "'{{ name }} over\n          lines'",
        ),
        (">-\n          <<name>>", ">-\n          {{ name }}"),
    ],
)
def test_braces_for_angles(before: str, after: str) -> None:
    assert formatted(step(before), "brace") == step(after)


def test_braces_in_flow_collections_and_keys() -> None:
    text = FRAME + (
        "      - set: {a: <<n>>, b: [to <<name>>]}\n"
        "      - for x in <<name | split:,>>:\n"
        "          - Coder: <<a>> <<b>> <<x>>\n"
    )
    assert formatted(text, "brace") == FRAME + (
        "      - set: {a: '{{ n }}', b: ['to {{ name }}']}\n"
        "      - for x in {{ name | split:, }}:\n"
        "          - Coder: '{{ a }} {{ b }} {{ x }}'\n"
    )


def test_what_cannot_be_converted_is_told() -> None:
    text = step("|\n          {{ name\n          }}") + '      - Coder: "{<<n>>}"\n'
    angle = format_text(text, "angle")
    assert angle.text == text
    assert [(note.line, note.message) for note in angle.notes] == [
        (8, "left as it is: `<<...>>` ends with its line")
    ]
    brace = format_text(text, "brace")
    assert brace.text == text
    assert [note.line for note in brace.notes] == [11]


def test_settings_of_the_file_decide() -> None:
    text = step("<<name>>") + "\nsettings: {delimiters: angle}\n"
    formatted_ = format_text(text, "brace")
    assert formatted_.text == text
    assert [note.line for note in formatted_.notes] == [10]
    assert "settings.delimiters" in formatted_.notes[0].message
