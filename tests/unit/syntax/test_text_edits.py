"""Changes of texts that stand in a file, such as programs inside tests."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from vegac.source.file import SourceFile
from vegac.syntax.nodes import Mapping, Scalar
from vegac.syntax.reader import Reader
from vegac.syntax.scalar_edits import ValueChange
from vegac.syntax.text_edits import edits_of_text

LITERAL = """\
tests:
  t:
    program: |
      a: 1

      b:
        - c
    expect: x
"""


def changed(text: str, start: int, end: int, new: str) -> str | None:
    """The file after a change of the program in its first test; None where it cannot be made."""
    tree = Reader().read(SourceFile("t.vega.test.yaml", text))
    assert tree.root is not None
    tests = tree.root.get("tests")
    assert isinstance(tests, Mapping)
    case = tests.get("t")
    assert isinstance(case, Mapping)
    scalar = case.get("program")
    assert isinstance(scalar, Scalar)
    edits = edits_of_text(scalar, [ValueChange(start, end, new)])
    if edits is None:
        return None
    [edit] = edits
    place = tree.placements.locate(edit.span)
    return text[: place.start] + edit.text + text[place.end :]


def program(text: str) -> str:
    return yaml.safe_load(text)["tests"]["t"]["program"]


VALUE = program(LITERAL)


@given(
    st.tuples(st.integers(0, len(VALUE)), st.integers(0, len(VALUE))).map(sorted),
    st.sampled_from(["", "x", "x\n", "\n", "x: 1\n  y\n", "\nz"]),
)
def test_a_literal_text_reads_as_it_should_after_any_change(places: list[int], new: str) -> None:
    start, end = places
    after = changed(LITERAL, start, end, new)
    if after is not None:
        wanted = VALUE[:start] + new + VALUE[end:]
        assert program(after).rstrip("\n") == wanted.rstrip("\n")
        assert after.endswith("    expect: x\n")


def test_lines_can_come_and_go() -> None:
    assert changed(LITERAL, 5, 5, "n: 2\n") == LITERAL.replace("1\n\n", "1\n      n: 2\n\n")
    assert changed(LITERAL, len(VALUE), len(VALUE), "n: 2\n") == LITERAL.replace(
        "- c\n", "- c\n      n: 2\n"
    )
    assert changed(LITERAL, VALUE.index("b:"), len(VALUE), "") == LITERAL.replace(
        "      b:\n        - c\n", ""
    )


def test_other_styles_take_what_stays_on_a_line() -> None:
    quoted = 'tests: {t: {program: "a: 1\\nb: \\"c\\""}}\n'
    assert changed(quoted, 0, 1, 'd"') == quoted.replace("a: 1", 'd\\": 1')
    assert changed(quoted, 4, 4, "\nx: 2") is None
    folded = LITERAL.replace("|", ">")
    assert changed(folded, 3, 4, "2") == folded.replace("a: 1", "a: 2")
    assert changed(folded, 4, 4, "\nx: 2") is None
