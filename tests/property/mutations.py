"""Programs with something wrong in them: texts at random, and real ones after a few accidents."""

import re
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

from hypothesis import strategies as st

from tests.property.accidents import FRAGMENTS, LONGEST, T, accident

ROOT = Path(__file__).parents[2]


def _programs() -> list[str]:
    """The examples, the golden cases, the corpus, and the programs of the conformance suite and of
    the manual."""
    folders = ("examples", "tests/golden/cases", "tests/corpus")
    files = [file for folder in folders for file in ROOT.glob(f"{folder}/*.yaml")]
    found = [file.read_text(encoding="utf-8") for file in sorted(files)]
    for file in sorted(ROOT.glob("tests/conformance/*.yaml")):
        text = file.read_text(encoding="utf-8")
        inner = re.findall(r"^( *)program: \|\n((?:\1 +.*\n|\n)+)", text, re.MULTILINE)
        found += [dedent(program) for _, program in inner]
    for file in sorted(ROOT.glob("docs/*.md")):
        text = file.read_text(encoding="utf-8")
        found += re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return list(dict.fromkeys(found))


PROGRAMS = _programs()

SOUP = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)
NOISE = st.text(st.characters(), max_size=60) | SOUP


class _Drawn:
    """What happens is up to hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def number(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def pick(self, options: Sequence[T]) -> T:
        return self._draw(st.sampled_from(options))

    def characters(self) -> str:
        return self._draw(st.text(st.characters(), min_size=1, max_size=3))


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """A program after a few accidents."""
    text = draw(st.sampled_from(PROGRAMS))
    chance = _Drawn(draw)
    for _ in range(draw(st.integers(1, 5))):
        text = accident(chance, text)
    return text


@st.composite
def bulky(draw: st.DrawFn) -> str:
    """Something small very often, up to the size of a large program."""
    line = st.sampled_from(("", "workflows:\n w:\n  steps:\n", "agents:\n", "a: ", '"', "x: |\n"))
    piece = draw(SOUP | st.sampled_from(FRAGMENTS) | st.sampled_from(_BULK))
    count = draw(st.integers(1, max(1, LONGEST // max(1, len(piece)))))
    return (draw(line) + piece * count + draw(NOISE))[:LONGEST]


_BULK = (
    "  - A: hello <<x>>\n",
    "   - set: {a: <<a + 1>>}\n",
    "   - if: a\n     then:\n",
    "   - for x in xs:\n     - A: <<x>>\n",
    "<<x | upper>> ",
    "{{ x }} ",
    "<<x> ",
    "{{x} ",
    "a: &a [*a, *a]\n",
    "k: v # vegac: ignore[x]\n",
    "A: {extends: A}\n",
    "- {a: b}\n",
    "'it''s' ",
    "\\n\\\n",
    " w: {steps: [{w: w}]}\n",
    "   - workflow: w\n     save: w\n",
    "x" * 50 + " ",
    "1 + ",
    "a.b",
    "[0]",
)
