"""Comments that silence findings are found where they are comments."""

import pytest

from vegac.source.file import SourceFile
from vegac.syntax.ignores import ignores

FILE = """\
# vegac: ignore[head]
agents:
  A:
    model: m # vegac: ignore[unknown-model]
    system: |  # vegac: ignore[a, b]
      text # vegac: ignore[no]
    # vegac: ignore[c]
  B: {x: "# vegac: ignore[no]", y: 'x
     # vegac: ignore[no]'} # vegac: ignore[d]
  C: x# vegac: ignore[no]
  D: {{x}} #vegac:ignore[e]
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_comments_count(end: str) -> None:
    file = SourceFile("f", FILE.replace("\n", end))
    found = ignores(file)
    assert [(one.line, one.codes) for one in found] == [
        (1, ("head",)),
        (4, ("unknown-model",)),
        (5, ("a", "b")),
        (7, ("c",)),
        (9, ("d",)),
        (11, ("e",)),
    ]
    for one in found:
        assert file.text[one.start : one.end].startswith("#")
        assert file.text[one.start : one.end].endswith("]")


def test_a_broken_definition_does_not_hide_the_comments_of_others() -> None:
    file = SourceFile("f", 'agents:\n  A: "x\n  B: y # vegac: ignore[a]\n')
    assert [one.codes for one in ignores(file)] == [("a",)]


def test_a_file_without_such_comments_has_none() -> None:
    assert ignores(SourceFile("f", "a: 1 # vegac: nothing\n")) == []
