"""Each character of a scalar's value maps to the source text that made it, in every style."""

import re

import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from vegac.source.file import SourceFile
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence
from vegac.syntax.reader import Reader

BREAKS = "\r\n\x85\u2028\u2029"
ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
LETTERS = "abz09é\xa0漢😀𝔘<>{}|()#:,.'\"\\-!&*?%@`[]~"

line_end = st.sampled_from(["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
common_end = st.sampled_from(["\n", "\n", "\n", "\r\n"])
gap = st.tuples(
    st.sampled_from(["", "", " ", "\t", " \t "]), common_end, st.lists(line_end, max_size=2)
)


def scalars(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, Sequence):
        return [scalar for item in node.items for scalar in scalars(item)]
    assert isinstance(node, Mapping)
    return [
        scalar for entry in node.entries for scalar in (*scalars(entry.key), *scalars(entry.value))
    ]


def made(source: str, style: str) -> set[str]:
    """The characters that this piece of source may stand for."""
    if style == "single" and source == "''":
        return {"'"}
    if style == "double" and source.startswith("\\"):
        if source[1] in "xuU":
            return {chr(int(source[2:], 16))}
        return {ESCAPES[source[1]]}
    if source in ("\n", "\r\n", "\r", "\x85"):
        return {"\n", " "}
    return {source}


def check(scalar: Scalar) -> None:
    text = scalar.chunk.text
    value = scalar.value
    previous = 0
    for index, char in enumerate(value):
        start, end = scalar.map.range(index, index + 1)
        assert start == scalar.map.offset(index)
        assert char in made(text[start:end], scalar.style), (index, value, text)
        assert start >= max(previous, scalar.start)
        previous = end
        skipped = text[previous:start] if index else ""
        assert re.fullmatch(r"[\s\\]*", skipped)
    assert scalar.map.offset(len(value)) == previous or not value
    assert scalar.map.range(0, len(value))[1] == scalar.map.offset(len(value))


def composed_values(text: str) -> list[str] | None:
    """The scalars as PyYAML reads them; None if the text is no YAML."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
    values: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, yaml.ScalarNode):
            values.append(node.value)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                walk(item)
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                walk(key)
                walk(value)

    walk(root)
    return values


@st.composite
def words(draw: st.DrawFn, alphabet: str) -> str:
    return draw(st.text(alphabet, min_size=1, max_size=6))


@st.composite
def flow_scalar(draw: st.DrawFn, indent: int) -> str:
    """A quoted or plain scalar, perhaps over several lines."""
    style = draw(st.sampled_from(["plain", "single", "double"]))
    parts: list[str] = []
    count = draw(st.integers(1, 4))
    for number in range(count):
        if style == "plain":
            parts.append(draw(words("abz09é漢😀")) + draw(words("ab<>|()._'\"#:&*!-")))
        elif style == "single":
            parts.append(draw(words(LETTERS)).replace("'", "''"))
        else:
            word = draw(words(LETTERS)).replace("\\", "\\\\").replace('"', '\\"')
            escape = draw(
                st.sampled_from(
                    ["", "\\n", "\\t", "\\x41", "\\u00e9", "\\U0001F600", "\\ ", "\\\t", "\\0"]
                )
            )
            parts.append(word + escape)
        if number + 1 < count:
            if draw(st.booleans()):
                parts.append(" ")
                continue
            blanks, first, more = draw(gap)
            if style == "double" and draw(st.booleans()):
                blanks += "\\"
            margin = " " * (indent + draw(st.integers(1, 3)))
            parts.append(blanks + first + "".join(more) + margin)
    text = "".join(parts)
    return {"plain": text, "single": f"'{text}'", "double": f'"{text}"'}[style]


@st.composite
def block_scalar(draw: st.DrawFn, indent: int) -> str:
    """A literal or folded scalar, with its header and last line end."""
    step = draw(st.integers(1, 4))
    explicit = draw(st.booleans())
    header = draw(st.sampled_from("|>")) + (str(step) if explicit else "")
    header += draw(st.sampled_from(["", "-", "+"]))
    header += draw(st.sampled_from(["", " ", "  # note"]))
    lines: list[str] = [header + draw(common_end)]
    margin = " " * (indent + step)
    for number in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["text", "text", "text", "blank", "deeper", "spaces"]))
        if kind == "blank":
            lines.append(draw(line_end))
        elif kind == "spaces" and (explicit or number):
            lines.append(" " * draw(st.integers(0, 8)) + draw(common_end))
        elif kind == "deeper" and (explicit or number):
            lines.append(
                margin + draw(st.sampled_from([" ", "\t", "  "])) + "more" + draw(common_end)
            )
        else:
            blank = draw(st.sampled_from(["", "", " ", "\t"]))
            lines.append(margin + draw(words(LETTERS)) + blank + draw(common_end))
    return "".join(lines)


@st.composite
def document(draw: st.DrawFn) -> str:
    """Scalars of every style at random depth, in block and flow context."""
    text = draw(st.sampled_from(["", "\ufeff", "# é😀\n", "\n"]))
    for number in range(draw(st.integers(1, 4))):
        indent = 0
        text += f"k{number}:"
        for level in range(draw(st.integers(0, 3))):
            step = draw(st.integers(1, 4))
            indent += step
            key = draw(st.sampled_from(["- ", f"n{level}: "]))
            text += "\n" + " " * indent + key.rstrip()
            if key == "- ":
                # What stands in the item counts from its own column.
                continue
        text += draw(st.sampled_from([" ", " ", "  ", " &a ", " !raw ", " !!str "]))
        form = draw(st.sampled_from(["block", "flow", "map", "list"]))
        if form == "block":
            text += draw(block_scalar(indent))
            continue
        scalar = draw(flow_scalar(indent))
        if form != "flow":
            text = re.sub(r"![a-z!]+ $", "", text)
        if form == "map":
            scalar = "{a: " + scalar + ", b: 'é''x'}"
        elif form == "list":
            scalar = "[" + scalar + ", c d]"
        text += scalar + draw(st.sampled_from(["", " ", "\t", "  # done"])) + draw(common_end)
    return text


@settings(max_examples=400, deadline=None)
@given(document())
@example('a: "x\\\n  \\ y\n\n  z"\n')
@example("a: |2\n    x\n\n   y\n  z\n\n\n")
@example("a: >+\n\n  x\n  y\n\n   z\n  w\n\n\n")
@example("a: 'x \t\r\n\r\n   y''\u2028 z'\r\n")
@example("a: |\r\n  x\r\n\r\n  y\r\n")
@example("a: >\r  x\r  y\r")
def test_each_character_maps_to_the_source_that_made_it(text: str) -> None:
    file = SourceFile("x", text)
    expected = composed_values(file.text)
    assume(expected is not None)
    tree = Reader().read(file)
    assert tree.root is not None
    found = scalars(tree.root)
    assert [scalar.value for scalar in found] == expected
    for scalar in found:
        check(scalar)
