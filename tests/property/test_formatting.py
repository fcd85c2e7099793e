"""Formatting changes the layout of a file and nothing else, whatever the file holds."""

import re
from pathlib import Path
from random import Random
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vegac.formatting.document import format_text
from vegac.formatting.holes import Delimiters
from vegac.formatting.layout import laid_out
from vegac.formatting.lines import joined, spaced, trimmed
from vegac.ir.text import program_text
from vegac.workspace import Workspace

PROGRAMS = [
    path.read_text()
    for path in sorted((Path(__file__).parents[2] / "examples").glob("*.vega.yaml"))
    if "include:" not in path.read_text()
]
PROGRAMS.append(
    """\
# Everything that is hard to lay out.
agents:   # all of them
    A: &a
        model:   claude-haiku-4-5
        system: |-
            first

              deeper
            # no comment
    B: {<<: *a, model: claude-haiku-4-5 ,
          system: "it goes \\
             on {{date}}"}
    # between
    C:
        system: >+
          folded
           text


        model: claude-haiku-4-5
        knowledge: []
workflows:
    w:
        inputs: [ n , name]
        steps:
        - A: << n >> and {{name}}
        # a comment
        -   B writes:
              send: |2
                  for {{ name}}: a << 2
              save:  x
        - if: "{{n}} == 1 or name in ['<<', '{{ x }}']"
          then: [ {C: {{x}}}, {C: 'it''s <<x|default:none>>'} ]
        - for k, v in {{ {a: n} }}:
            - C: some text
                 over <<k>>
                 and {{v}}
        output: {a: {{x}} , b: [ "<<n>>" ]}
    # end
"""
)
ends = st.sampled_from(["\n", "\r\n"])


# --- any YAML ------------------------------------------------------------------------------------

words = st.text("abc {}[],&*!|>'\"%@`#-:?~1.", min_size=1, max_size=9)
values = st.recursive(
    st.one_of(
        words,
        st.lists(words, min_size=2, max_size=3).map("\n".join),
        st.sampled_from(["", "yes", "3", " x ", "a\n\nb\n", "\n a\n", "<<x>>", "{{x}} y"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "b c", "agents", "workflows", "x-1"]), inner),
    ),
    max_leaves=12,
)


class Writer:
    """Writes values as YAML in a layout of its own choice, with comments here and there."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.comments = 0

    def pick(self, *options: Any) -> Any:
        return self.random.choice(options)

    def noise(self, column: int) -> str:
        """What may stand on lines of its own before an entry."""
        text = self.pick("", "", "", "\n", "\n\n", "#")
        if text.startswith("#"):
            self.comments += 1
            text = " " * self.pick(0, column) + f"# comment {self.comments}\n"
        return text

    def behind(self) -> str:
        """What may stand behind an entry on its line."""
        return self.pick("", "", "", " ", "  # behind") + "\n"

    def value(self, value: object, column: int, key: bool) -> str:
        """What stands after a key or a dash at `column`, line ends included."""
        if isinstance(value, str):
            return self.scalar(value, column)
        empty = not value
        if empty or self.pick(False, False, True):
            return self.pick(" ", "   ") + self.flow(value, column) + self.behind()
        inner = column + self.pick(1, 2, 3, 4)
        if isinstance(value, list) and key and self.pick(False, True):
            inner = column
        return self.behind() + self.block(value, inner)

    def block(self, value: object, column: int) -> str:
        indent = " " * column
        text = ""
        if isinstance(value, list):
            for item in value:
                text += self.noise(column)
                if isinstance(item, dict) and item and self.pick(False, True):
                    gap = self.pick(1, 3)
                    inner = self.block(item, column + 1 + gap)
                    lead = len(inner) - len(inner.lstrip(" "))
                    if lead == column + 1 + gap:
                        text += indent + "-" + " " * gap + inner[lead:]
                        continue
                text += indent + "-" + self.value(item, column, key=False)
            return text
        assert isinstance(value, dict)
        for key, item in value.items():
            text += self.noise(column)
            text += indent + self.pick(key, f"'{key}'", f'"{key}" ') + ":"
            text += self.value(item, column, key=True)
        return text

    def flow(self, value: object, column: int) -> str:
        gap = self.pick("", " ", "  ", f"\n{' ' * (column + 3)}")
        if isinstance(value, list):
            return "[" + gap + f",{gap}".join(self.flow(item, column) for item in value) + gap + "]"
        if isinstance(value, dict):
            entries = (
                f"{key}{self.pick('', ' ')}: {self.flow(item, column)}"
                for key, item in value.items()
            )
            return "{" + gap + f" ,{gap}".join(entries) + gap + "}"
        return yaml.dump(value, default_style='"', width=1000, allow_unicode=True).rstrip("\n")

    def scalar(self, value: str, column: int) -> str:
        lines = value.split("\n")
        # Blank lines that follow would belong to a text that keeps them.
        if self.pick(False, True) and not value.startswith(" ") and not value.endswith("\n\n"):
            chomp = "" if value.endswith("\n") else "-"
            body = lines[:-1] if value.endswith("\n") else lines
            inner = " " * (max(column, 0) + self.pick(1, 2, 5))
            if body[0].strip():
                text = "".join(f"{inner}{line}\n" if line else "\n" for line in body)
                return f" |{chomp}{self.pick('', ' # why')}\n{text}"
        style = self.pick("'", '"')
        text = yaml.dump(value, default_style=style, width=self.pick(4, 1000), indent=2)
        text = text.rstrip("\n").replace("\n", "\n" + " " * (max(column, 0) + 1))
        return self.pick(" ", "  ") + text + self.behind()


def comments(text: str) -> list[str]:
    return re.findall(r"# (?:comment \d+|behind|why)$", text, re.MULTILINE)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["a", "b", "agents", "tools"]), values, min_size=1),
    st.integers(0, 1 << 32),
    ends,
)
def test_any_yaml(value: dict[str, object], seed: int, end: str) -> None:
    writer = Writer(seed)
    text = writer.block(value, writer.pick(0, 0, 3)).replace("\n", end)
    assert yaml.load(text, yaml.BaseLoader) == value
    once = format_text(text).text
    lines = laid_out(text)
    assert lines is not None
    assert once == joined(trimmed(spaced(lines, end), end), end)  # not left as it was for safety
    assert yaml.load(once, yaml.BaseLoader) == value
    assert comments(once.replace("\r", "")) == comments(text.replace("\r", ""))
    assert format_text(once).text == once


# --- programs ------------------------------------------------------------------------------------

Change = tuple[int, int, str]
changes = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.integers(0, 40),
        st.sampled_from(
            [
                "\n",
                "  \n",
                "# c\n",
                "    # c\n",
                "        # vegac: ignore[unused-agent]\n",
                " ",
                "   ",
                "\t",
                "\r",
                *"-:#{}[]<>\"'|&*!,a",
                "<<",
                "}}",
                "wider",
                "colons",
                "commas",
                "brackets",
                "holes",
            ]
        ),
    ),
    max_size=6,
)
SUBSTITUTIONS = {
    "colons": (r"(?<=\w): ", "  :   "),
    "commas": (r", ", " ,  "),
    "brackets": (r"([\[{])(?=\w)|(?<=\w)([\]}])", r" \1\2 "),
    "holes": (r"(<<|\{\{) ?(\w+) ?(>>|\}\})", r"\1  \2 \3"),
}


def changed(text: str, wanted: list[Change]) -> str:
    """A program with its layout disturbed, and perhaps broken."""
    for line, column, what in wanted:
        lines = text.splitlines(keepends=True)
        number = line % len(lines)
        if what == "wider":
            lines = [
                " " * (2 * (len(each) - len(each.lstrip(" ")))) + each.lstrip(" ") for each in lines
            ]
        elif what in SUBSTITUTIONS:
            lines[number] = re.sub(*SUBSTITUTIONS[what], lines[number])
        elif what.endswith("\n"):
            lines.insert(number, what)
        else:
            lines[number] = lines[number][:column] + what + lines[number][column:]
        text = "".join(lines)
    return text


def outcome(text: str) -> tuple[list[tuple[str, str]], str]:
    """What the compiler says to a program, and what it makes of it.

    Of what is no YAML it says only that: what follows from a line that stands wrong is told by
    where the lines around it stand, and that changes.
    """
    report = Workspace(Path("/nowhere")).check_text(text)
    found = sorted((finding.code, finding.message) for finding in report.diagnostics)
    broken = [(code, message) for code, message in found if code == "yaml-syntax"]
    found = broken or found
    usable = report.program is not None and not report.has_errors
    return found, program_text(report.program) if usable and report.program else ""


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PROGRAMS), changes, ends)
def test_programs_compile_to_the_same(program: str, wanted: list[Change], end: str) -> None:
    text = changed(program, wanted).replace("\n", end)
    once = format_text(text).text
    assert outcome(once) == outcome(text)
    assert "".join(once.split()) == "".join(text.split())
    assert format_text(once).text == once


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(PROGRAMS), changes, st.sampled_from(["angle", "brace"]))
def test_delimiters_make_no_difference(
    program: str, wanted: list[Change], kind: Delimiters
) -> None:
    text = changed(program, wanted)
    once = format_text(text, kind).text
    assert outcome(once)[1] == outcome(text)[1]
    assert [code for code, _ in outcome(once)[0]] == [code for code, _ in outcome(text)[0]]
    assert format_text(once, kind).text == once


@settings(max_examples=100, deadline=None)
@given(st.text("ab:-#'\"{}[]<>|&*! \t\n\r\x85\ufeff\\,?%@", max_size=60))
def test_any_text_at_all(text: str) -> None:
    once = format_text(text).text
    assert "".join(once.split()) == "".join(text.split())
    assert format_text(once).text == once
