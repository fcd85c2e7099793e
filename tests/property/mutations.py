"""Programs with something wrong in them: texts at random, and real ones after a few accidents."""

import re
from pathlib import Path
from textwrap import dedent

from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
LONGEST = 100_000


def _programs() -> list[str]:
    """The examples, the golden cases, the programs of the conformance suite and of the manual."""
    files = [*ROOT.glob("examples/*.yaml"), *ROOT.glob("tests/golden/cases/*.yaml")]
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

FRAGMENTS = (
    *("<<", ">>", "{{", "}}", "<<x>>", "{{ x }}", "\\<<", "<<: *a", "&a ", "*a", "!raw ", "!!str "),
    *(": ", ":", " #", "# vegac: ignore[", "- ", "-", "? ", "[", "]", "{", "}", ",", '"', "'"),
    *("\\", "|\n", ">-\n", "---\n", "...\n", "%YAML 1.2\n", "\n", "\r\n", "\r", "\t", "  ", " "),
    *(
        "\0",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "é",
        "😀",
        "\U0001f469\u200d\U0001f52c",
        "\u0301",
    ),
    *("\x1b", "if", "if: ", "then:", "else:", "elif:", "for x in xs:", "for: ", "parallel: "),
    *("repeat:", "do:", "set:", "try:", "catch:", "finally:", "workflow: ", "with: ", "return: "),
    *("fail: ", "ask: ", "remember:", "recall:", "save: x", "name: x", "timeout: 5s", "budget: $1"),
    *("retry: 3", "max: ", "agents:", "workflows:", "tools:", "settings:", "include: [x.yaml]"),
    *("tests:", "vega: 1", "null", "true", "yes", "0", "-1", "1e999", "3.5", "${X}", "${X:-y}"),
    *("$0.50", "1h30m", "$${", "result", "error", "loop", "loop.index", "input", "item"),
    *("env.A_KEY", "steps.x.output", "x | ", "| default:1", "| upper", "x.y", "xs[0]", "a < b < c"),
    *("1 / 0", "not ", "(", ")", "==", "extends: ", "system: ", "model: ", "schema: {a: string}"),
    *("format: json", "context: fresh"),
)
SOUP = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)
NOISE = st.text(st.characters(), max_size=60) | SOUP
_SCALAR = re.compile(r"(?<=: )\S.*|(?<=- )[^\s-].*")


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """A program after a few accidents."""
    text = draw(st.sampled_from(PROGRAMS))
    for _ in range(draw(st.integers(1, 5))):
        text = draw(st.sampled_from(_ACCIDENTS))(draw, text)
    return text[:LONGEST]


def _place(draw: st.DrawFn, text: str) -> int:
    return draw(st.integers(0, len(text)))


def _delete(draw: st.DrawFn, text: str) -> str:
    start = _place(draw, text)
    return text[:start] + text[start + draw(st.integers(1, 12)) :]


def _insert(draw: st.DrawFn, text: str) -> str:
    start = _place(draw, text)
    more = draw(st.sampled_from(FRAGMENTS) | st.text(st.characters(), min_size=1, max_size=3))
    return text[:start] + more + text[start:]


def _replace(draw: st.DrawFn, text: str) -> str:
    start = _place(draw, text)
    return text[:start] + draw(st.sampled_from(FRAGMENTS)) + text[start + 1 :]


def _lines(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    start = draw(st.integers(0, len(lines) - 1))
    end = start + draw(st.integers(1, 6))
    block = lines[start:end]
    match draw(st.sampled_from(("delete", "duplicate", "move", "indent", "dedent", "reverse"))):
        case "delete":
            return "".join(lines[:start] + lines[end:])
        case "duplicate":
            return "".join(lines[:end] + block * draw(st.integers(1, 30)) + lines[end:])
        case "move":
            rest = lines[:start] + lines[end:]
            place = draw(st.integers(0, len(rest)))
            return "".join(rest[:place] + block + rest[place:])
        case "indent":
            by = draw(st.sampled_from((" ", "  ", "\t", "- ", "    ")))
            return "".join(lines[:start] + [by + line for line in block] + lines[end:])
        case "dedent":
            return "".join(lines[:start] + [line[2:] for line in block] + lines[end:])
        case _:
            return "".join(lines[:start] + block[::-1] + lines[end:])


def _swap(draw: st.DrawFn, text: str) -> str:
    """Two scalars change places, or one is copied over the other."""
    found = list(_SCALAR.finditer(text))
    if len(found) < 2:
        return text
    places = [draw(st.integers(0, len(found) - 1)) for _ in range(2)]
    first, second = found[min(places)], found[max(places)]
    if first is second:
        return text
    one = second[0]
    other = first[0] if draw(st.booleans()) else second[0]
    between = text[first.end() : second.start()]
    return text[: first.start()] + one + between + other + text[second.end() :]


def _nest(draw: st.DrawFn, text: str) -> str:
    start = _place(draw, text)
    piece = draw(
        st.sampled_from(("[", "{", "(", "{a: ", "[a, ", "- ", "- - ", "a:\n ", "<<", "{{"))
    )
    return text[:start] + piece * draw(st.integers(2, 200)) + text[start:]


def _line_ends(draw: st.DrawFn, text: str) -> str:
    return text.replace("\n", draw(st.sampled_from(("\r\n", "\r", "\n\n", " \n", "\t\n"))))


_ACCIDENTS = (_delete, _insert, _replace, _lines, _lines, _swap, _swap, _nest, _line_ends)


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
