"""Files are read in pieces, with the tree that reading them whole would give."""

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements, SourceFile
from vegac.syntax.chunks import cut
from vegac.syntax.compose import Composed, compose
from vegac.syntax.nodes import Chunk, Mapping, Node, Scalar, Sequence
from vegac.syntax.pitfalls import comments_in_text
from vegac.syntax.reader import FileTree, Reader

PROGRAM = """\
name: team
agents:
  Coder:
    model: m
    system: |
      You write: code

  Reviewer: {model: m, system: "You review"}
workflows:
  one:
    steps:
      - Coder: <<task>>
  two:
    steps:
      - Reviewer: {{task}}
"""


def read(text: str) -> FileTree:
    return Reader().read(SourceFile("f", text))


def picture(node: Node, places: Placements, outer: int) -> object:
    """All that a tree says, with places in the file; those of the `outer` levels are left out."""
    location = places.locate(node.span)
    at = (location.start, location.end) if outer <= 0 else None
    if isinstance(node, Scalar):
        return (at, node.value, node.style, node.tag)
    if isinstance(node, Sequence):
        return (at, node.flow, [picture(item, places, outer - 1) for item in node.items])
    if isinstance(node, Mapping):
        return (
            at,
            node.flow,
            [
                (
                    picture(entry.key, places, 0),
                    entry.merged,
                    picture(entry.value, places, outer - 1),
                )
                for entry in node.entries
            ],
        )
    return at


def remarks(found: list[Diagnostic], places: Placements) -> list[object]:
    return sorted(
        (places.locate(one.span).start, places.locate(one.span).end, one.code, one.message)
        for one in found
    )


def whole(text: str) -> tuple[Composed, Placements] | None:
    """The file read in one piece; None if it is no YAML."""
    file = SourceFile("f", text)
    result = compose(Chunk("f#", file.text))
    if not isinstance(result, Composed):
        return None
    result.diagnostics.extend(comments_in_text(result))
    places = Placements()
    places.add("f#", file, 0)
    return result, places


values = st.sampled_from(
    [
        "x",
        "{{a}}",
        '{{a | join:", "}}',
        "<<a>> and <<b>>",
        "{x: {{a}}, y: [{{b}}]}",
        "'it''s'",
        '"a\\tb"',
        "[1, {a: b}]",
        "Review #12",
        "",
        "!raw '<<a>>'",
        "{a: 1, a: 2}",
        "*base",
        "&base {m: 1}",
        "&text words",
    ]
)
tall = st.sampled_from(
    [
        "|\n{i}  text: here\n\n{i}  - {{{{ a }}}}\n",
        ">-\n{i}  folded\n{i}   deeper # no\n",
        '"two\n{i} lines"\n',
        "'two\n\nname: at the margin'\n",
        '"open {{\n  A: odd\n"\n',
        "[a,\n{i}  b, # note\nc]\n",
        "{{x: 1,\n  B: 2}}\n",
        "words\n{i}  that go on\n",
        "\n{i}  k: v # vegac: ignore[x]\n{i}  <<: *base\n",
        "\n{i}- item\n{i}- more: 1\n{i}  less: 2\n",
        "\n{i}  # a comment\n\n{i}  k: {{{{ a }}}} # note\n",
    ]
)
names = st.sampled_from(["A", "B", "C", "code-review", '"D e"', "'F'", "1", "<<"])


@st.composite
def entry(draw: st.DrawFn, indent: str) -> str:
    line = f"{indent}{draw(names)}:"
    if draw(st.booleans()):
        return f"{line} {draw(tall).format(i=indent)}".replace(": \n", ":\n")
    return f"{line} {draw(values)}{draw(st.sampled_from(['', ' # note', '  ']))}\n"


@st.composite
def programs(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(["", "", "# head\n\n", "---\n", "\ufeff"]))
    for _ in range(draw(st.integers(1, 4))):
        key = draw(st.sampled_from(["agents", "workflows", "tools", "settings", "name", "x-y"]))
        form = draw(st.sampled_from(["block", "block", "block", "value", "tall", "anchor"]))
        if form == "value":
            text += f"{key}: {draw(values)}\n"
        elif form == "tall":
            text += f"{key}: {draw(tall).format(i='')}".replace(": \n", ":\n")
        else:
            text += f"{key}:{' &base' if form == 'anchor' else ''}\n"
            indent = " " * draw(st.integers(1, 4))
            text += "".join(draw(st.lists(entry(indent), min_size=1, max_size=4)))
        text += draw(st.sampled_from(["", "", "\n", "# between\n", "  # indented\n"]))
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text


@settings(max_examples=500, deadline=None)
@given(programs())
@example("agents:\n  A: 'x\n\n  B: y'\n  C: z\n")
@example("agents:\n  A: &base {m: 1}\n  B: *base\n")
@example("agents: &base\n  A: 1\ntools: *base\n")
@example("agents:\n  A: 1\n  A: 2\nagents:\n  B: 1\n")
@example("agents:\n  A: 1\n---\nb: 1\n")
@example("? a\n: b\n")
@example("a: x\x85b: y\n")
def test_pieces_say_what_the_whole_says(text: str) -> None:
    expected = whole(text)
    assume(expected is not None and isinstance(expected[0].root, Mapping))
    assert expected is not None
    assert expected[0].root is not None
    tree = read(text)
    assert tree.root is not None
    assert picture(tree.root, tree.placements, 2) == picture(expected[0].root, expected[1], 2)
    assert remarks(tree.diagnostics, tree.placements) == remarks(
        expected[0].diagnostics, expected[1]
    )


def test_each_definition_is_a_piece() -> None:
    parts = cut("f", PROGRAM)
    assert parts is not None
    units = [piece.unit for part in parts for piece in (part.piece, *part.members)]
    assert units == [
        "f#name",
        "f#agents",
        "f#agents/Coder",
        "f#agents/Reviewer",
        "f#workflows",
        "f#workflows/one",
        "f#workflows/two",
    ]


def test_repeated_definitions_get_units_of_their_own() -> None:
    tree = read("agents:\n  A: 1\n  A: 2\n")
    (found,) = tree.diagnostics
    assert found.code == "duplicate-key"
    assert tree.placements.locate(found.span).position.line == 3
    assert tree.placements.locate(found.labels[0].span).position.line == 2


def test_an_edit_composes_only_the_definition_that_it_touches() -> None:
    reader = Reader()
    first = reader.read(SourceFile("f", PROGRAM))
    before = reader.composed
    second = reader.read(SourceFile("f", PROGRAM.replace("<<task>>", "do <<task>>\n")))
    assert reader.composed == before + 1
    assert first.root is not None
    assert second.root is not None
    agents = [tree.root.get("agents") for tree in (first, second) if tree.root]
    kept = [agent.entries[0].value for agent in agents if isinstance(agent, Mapping)]
    assert kept[0] is kept[1]


def test_lines_put_in_above_compose_nothing_but_move_every_place() -> None:
    reader = Reader()
    reader.read(SourceFile("f", PROGRAM))
    before = reader.composed
    tree = reader.read(SourceFile("f", "# é😀\n\n" + PROGRAM))
    assert reader.composed == before
    assert tree.root is not None
    steps = tree.root.get("workflows")
    assert isinstance(steps, Mapping)
    assert tree.placements.locate(steps.entries[0].key.span).position.line == 12


def test_a_mistake_composes_only_its_own_definition() -> None:
    reader = Reader()
    reader.read(SourceFile("f", PROGRAM))
    before = reader.composed
    tree = reader.read(SourceFile("f", PROGRAM.replace("model: m, ", "model: [m, ")))
    assert reader.composed == before + 1
    assert [found.code for found in tree.diagnostics] == ["yaml-syntax"]


def test_places_of_a_file_lead_to_their_piece() -> None:
    tree = read(PROGRAM)
    found = tree.chunk_at(PROGRAM.index("You review"))
    assert found is not None
    chunk, base = found
    assert chunk.unit == "f#agents/Reviewer"
    assert PROGRAM[base:].startswith(chunk.text)


def test_a_forgotten_file_is_composed_anew() -> None:
    reader = Reader()
    reader.read(SourceFile("f", PROGRAM))
    before = reader.composed
    reader.forget("f")
    reader.read(SourceFile("f", PROGRAM))
    assert reader.composed == 2 * before
