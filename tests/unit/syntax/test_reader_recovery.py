"""Broken files: each mistake is said once, where it is, with its cure, and the rest is read."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vegac.source.diagnostic import Fix
from vegac.source.file import SourceFile
from vegac.syntax.core_schema import to_value
from vegac.syntax.nodes import ErrorNode, Mapping, Node, Scalar, Sequence
from vegac.syntax.reader import FileTree, Reader

PROGRAM = """\
# A team that writes code.
name: team
agents:
  Coder:
    model: claude-haiku-4-5
    system: |
      You write code.
      Use: python # always
    temperature: 0.3
    tools: [read_file, write_file]
  Reviewer: {model: claude-haiku-4-5, system: "You review: code."}
  Base:
    model: m
    system: 'It''s good'

workflows:
  review:
    inputs:
      task: {type: string, required: true}
      tone: string
    steps:
      - Coder writes: "Write <<task>>: now"
        save: code
      - repeat:
          max: 3
          until: "'OK' in <<verdict>>"
          steps:
            - Reviewer checks the code:
                send: |
                  Look at this: <<code>>
                  - and that
                save: verdict
            - Coder:
                send: Fix {{code}} and {{verdict}}
                save: code
      - for x in xs:
          - Coder: Do <<x>>
        save: all
      - set: {n: 3, m: {{code}}}
    output: {code: <<code>>, verdict: {{verdict}}}
  other:
    steps:
      - Base says hello: hi
        save: y
      - if: y == 'x'
        then:
          - Coder: "a"
        else:
          - Reviewer: b
    output: <<y>>

settings:
  budget: $2.00
  default_model: claude
"""


def read(text: str) -> FileTree:
    return Reader().read(SourceFile("f", text))


def applied(tree: FileTree, fix: Fix) -> str:
    text = tree.file.text
    for edit in sorted(fix.edits, key=lambda edit: -tree.placements.locate(edit.span).start):
        place = tree.placements.locate(edit.span)
        text = text[: place.start] + edit.text + text[place.end :]
    return text


MISTAKES: list[tuple[str, tuple[int, int], str, object]] = [
    # text, place, a word of the message, what is read all the same
    ('a: "x\nb: 1\n', (1, 4), "never closed", {"a": "x", "b": 1}),
    ("a: 'x\nb: 'y'\n", (1, 4), "never closed", {"a": "x", "b": "y"}),
    ('a: {b: "x}\nc: 1\n', (1, 8), "never closed", {"a": {"b": "x"}, "c": 1}),
    ('a: "x\n  more\nb: 1\n', (1, 4), "never closed", {"a": "x more", "b": 1}),
    ("a: [1, 2\nb: 3\n", (1, 4), "`[` is never closed", {"a": [1, 2], "b": 3}),
    ("a: {b: [1, 2}\nc: 3\n", (1, 8), "`[` is never closed", {"a": {"b": [1, 2]}, "c": 3}),
    ("a: [\n  1,\n  2\nb: 3\n", (1, 4), "`[` is never closed", {"a": [1, 2], "b": 3}),
    ("a: {b: c]\n", (1, 9), "`]` cannot close `{`", {"a": {"b": "c"}}),
    ("a:\n  b: ]\nc: 1\n", (2, 6), "nothing is open", {"a": {"b": None}, "c": 1}),
    ("a:\n  b: 1\n\tc: 2\n", (3, 1), "tab", {"a": {"b": 1, "c": 2}}),
    ("a:\n\tb: 1\n\tc: 2\n", (2, 1), "tab", {"a": {"b": 1, "c": 2}}),
    ("a:\n  b\n    c: 1\nd: 1\n", (2, 3), "colon after `b`", {"a": {"b": {"c": 1}}, "d": 1}),
    ("a:\n  save code\n  b: 1\n", (2, 3), "colon after `save`", {"a": {"save": "code", "b": 1}}),
    ("a:\n  b: 1\n  save code\n", (3, 3), "colon after `save`", {"a": {"b": 1, "save": "code"}}),
    ("a:\n  m:x\n  b: 1\n", (2, 4), "followed by a space", {"a": {"m": "x", "b": 1}}),
    ("a:\n  -b: 1\n  - c: 2\n", (2, 3), "`-` of a list item", {"a": [{"b": 1}, {"c": 2}]}),
    ("a:\n  b: 1\n c: 2\n", (3, 2), "indented", {"a": {"b": 1, "c": 2}}),
    ("a:\n  b: 1\n   c: 2\n", (3, 4), "indented", {"a": {"b": 1, "c": 2}}),
    ("a: b: c\n", (1, 5), "`: ` needs quotes", {"a": "b: c"}),
    ("a:\n  - b: c: d\n    e: 1\n", (2, 9), "`: ` needs quotes", {"a": [{"b": "c: d", "e": 1}]}),
    ("a: @x\n", (1, 4), "`@` needs quotes", {"a": "@x"}),
    ("a: `x`\n", (1, 4), "needs quotes", {"a": "`x`"}),
    ("a: %x\n", (1, 4), "`%` needs quotes", {"a": "%x"}),
    ("a: **bold**\n", (1, 4), "`*` needs quotes", {"a": "**bold**"}),
    ("a: [x, @y]\n", (1, 8), "`@` needs quotes", {"a": ["x", "@y"]}),
    ('a: "\\d+"\n', (1, 5), "`\\d` means nothing", {"a": "\\d+"}),
    ("a: | text\n  more\n", (1, 5), "after `|`", {"a": "more\n"}),
    ("a: {{x}} b\n", (1, 4), "hole needs quotes", {"a": "{{x}} b"}),
    ("a: {b: <<x | d: y>>}\n", (1, 8), "hole needs quotes", {"a": {"b": "<<x | d: y>>"}}),
    ("a: {b: <<x[0]>>}\nc: 1\n", (1, 8), "hole needs quotes", {"a": {"b": "<<x[0]>>"}, "c": 1}),
    ("a:\n  - b: it is {{x}}: y\n", (2, 8), "hole needs quotes", {"a": [{"b": "it is {{x}}: y"}]}),
    ("a: 'it's'\nb: 1\n", (1, 4), "quotes", {"a": "'it's'", "b": 1}),
    ('a: "x" y\nb: 1\n', (1, 4), "quotes", {"a": '"x" y', "b": 1}),
    ("a:\n  b: 1  c:\n    d: 1\n", (2, 9), "two entries", {"a": {"b": 1, "c": {"d": 1}}}),
    ("a: one line\n   Note: another\n", (1, 4), "needs `|`", {"a": "one line\nNote: another\n"}),
    ("agents:\n  A: 1\n B: 2\n", (3, 2), "indented", {"agents": {"A": 1, "B": 2}}),
    ("agents:\n  A: 1\n  B\n", (3, 3), "colon after `B`", {"agents": {"A": 1, "B": None}}),
    ("a: 1\nnonsense\n", (2, 1), "colon after `nonsense`", {"a": 1, "nonsense": None}),
    ("a: {b 5, c: 1}\n", (1, 5), "colon after `b`", {"a": {"b": 5, "c": 1}}),
    ("a: {b:x, c: 1}\n", (1, 6), "followed by a space", {"a": {"b": "x", "c": 1}}),
    ("a: {b <<x>>, c: 1}\n", (1, 5), "colon after `b`", {"a": {"b": "<<x>>", "c": 1}}),
    ('a: {b "x", c: 1}\n', (1, 5), "colon after `b`", {"a": {"b": "x", "c": 1}}),
    ("a: {b:[x], c: 1}\n", (1, 6), "followed by a space", {"a": {"b": ["x"], "c": 1}}),
    ("a:\n  b {c: 1, d: <<x>>}\n", (2, 3), "colon after `b`", {"a": {"b": {"c": 1, "d": "<<x>>"}}}),
    ("a:\n  b:{c: 1, d: 2}\n", (2, 4), "followed by a space", {"a": {"b": {"c": 1, "d": 2}}}),
    ("a:\n  b: c: 1, d: 2}\n", (2, 6), "`{` before this value", {"a": {"b": {"c": 1, "d": 2}}}),
    ("a:\n  if: x > y\n    then: z\n", (3, 5), "indented", {"a": {"if": "x > y", "then": "z"}}),
]


@pytest.mark.parametrize(("text", "place", "word", "value"), MISTAKES)
def test_a_mistake_is_said_once_and_the_rest_is_read(
    text: str, place: tuple[int, int], word: str, value: object
) -> None:
    tree = read(text)
    (found,) = tree.diagnostics
    position = tree.placements.locate(found.span).position
    assert (found.code, found.severity) == ("yaml-syntax", "error")
    assert word in found.message
    assert (position.line, position.column) == place
    assert found.hint
    assert tree.root is not None
    assert to_value(tree.root) == value


@pytest.mark.parametrize("text", [text for text, *_ in MISTAKES])
def test_the_fix_makes_the_file_sound(text: str) -> None:
    tree = read(text)
    for fix in tree.diagnostics[0].fixes:
        assert read(applied(tree, fix)).diagnostics == []


@pytest.mark.parametrize(
    "text",
    [
        "a: {{x}} b\n",
        "a: b: <<x>>\n",
        "a:\n  - {{x}}: {{y}} z\n",
        "a: [{{x}} y]\n",
        "a: {{x}} isn't\n",
        'a: {{x}} "isn\'t"\n',
    ],
)
def test_a_line_with_a_hole_gets_quotes_as_a_safe_fix(text: str) -> None:
    tree = read(text)
    (found,) = tree.diagnostics
    (fix,) = found.fixes
    assert fix.applicability == "safe"
    after = read(applied(tree, fix))
    assert after.diagnostics == []
    assert after.root is not None
    assert tree.root is not None
    assert to_value(after.root) == to_value(tree.root)


def test_several_mistakes_are_all_said() -> None:
    tree = read(
        'agents:\n  A: {model: m, system: "s}\n  B: {model: [m}\n'
        "workflows:\n  w:\n    steps:\n      - A: x: y\n      - A: fine\n      - A: {{x}} y\n"
    )
    lines = [tree.placements.locate(found.span).position.line for found in tree.diagnostics]
    assert sorted(lines) == [2, 3, 7, 9]
    assert tree.root is not None
    assert to_value(tree.root) == {
        "agents": {"A": {"model": "m", "system": "s"}, "B": {"model": ["m"]}},
        "workflows": {"w": {"steps": [{"A": "x: y"}, {"A": "fine"}, {"A": "{{x}} y"}]}},
    }


def test_places_of_mended_text_are_the_authors() -> None:
    text = "workflows:\n  w:\n    steps:\n      - A: x: <<y>>\n      - B: <<z>>\n"
    tree = read(text)
    assert tree.root is not None
    for scalar, hole in zip(scalars_with_holes(tree.root), ["<<y>>", "<<z>>"], strict=True):
        start = scalar.value.index(hole)
        place = tree.placements.locate(scalar.value_span(start, start + len(hole)))
        assert text[place.start : place.end] == hole


def scalars_with_holes(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node] if "<<" in node.value else []
    if isinstance(node, Sequence):
        return [found for item in node.items for found in scalars_with_holes(item)]
    assert isinstance(node, Mapping)
    return [found for entry in node.entries for found in scalars_with_holes(entry.value)]


def test_an_unclosed_quote_does_not_swallow_the_next_definitions() -> None:
    tree = read(PROGRAM.replace('system: "You review: code."}', 'system: "You review: code.'))
    assert len(tree.diagnostics) <= 2
    assert tree.root is not None
    agents = tree.root.get("agents")
    assert isinstance(agents, Mapping)
    assert [entry.key.value for entry in agents.entries] == ["Coder", "Reviewer", "Base"]


def test_a_definition_that_is_beyond_repair_keeps_its_name() -> None:
    tree = read("agents:\n  A: " + "[" * 5_000 + "\n  B: {model: m}\n")
    assert tree.root is not None
    agents = tree.root.get("agents")
    assert isinstance(agents, Mapping)
    assert [entry.key.value for entry in agents.entries] == ["A", "B"]
    assert isinstance(agents.get("A"), ErrorNode)


def test_a_section_that_is_indented_by_mistake_is_still_a_section() -> None:
    tree = read("agents:\n  A: 1\n workflows:\n  w: 2\n")
    assert tree.root is not None
    assert to_value(tree.root) == {"agents": {"A": 1}, "workflows": {"w": 2}}
    (found,) = tree.diagnostics
    assert tree.placements.locate(found.span).position.line == 3


def mutations(stride: int) -> Iterator[tuple[int, str]]:
    """Single mistakes of the fingers, with the place of each."""
    for place in range(0, len(PROGRAM), stride):
        yield place, PROGRAM[:place] + PROGRAM[place + 1 :]
        for char in '":[{\t':
            yield place, PROGRAM[:place] + char + PROGRAM[place:]


def definitions(tree: FileTree) -> Iterator[tuple[str, int, int]]:
    """The agents, workflows, settings and steps of a file with the range of each."""

    def place(node: Node) -> tuple[int, int]:
        location = tree.placements.locate(node.span)
        return location.start, location.end

    def steps(node: Node) -> Iterator[tuple[str, int, int]]:
        if isinstance(node, Sequence):
            for item in node.items:
                if isinstance(item, Mapping) and item.entries:
                    yield item.entries[0].key.value, *place(item)
                yield from steps(item)
        elif isinstance(node, Mapping):
            for entry in node.entries:
                yield from steps(entry.value)

    if tree.root is None:
        return
    for section in tree.root.entries:
        if isinstance(section.value, Mapping):
            for entry in section.value.entries:
                yield entry.key.value, place(entry.key)[0], place(entry.value)[1]
                yield from steps(entry.value)


def lost_by(stride: int) -> tuple[int, int, list[str]]:
    """How many untouched definitions mutations lose, of how many, and the worst cases."""
    known = list(definitions(read(PROGRAM)))
    lost = total = 0
    worst: list[str] = []
    for place, text in mutations(stride):
        untouched = Counter(
            name for name, start, end in known if not PROGRAM.rfind("\n", 0, start) <= place <= end
        )
        found = Counter(name for name, _, _ in definitions(read(text)))
        missing = (untouched - found).total()
        lost += missing
        total += untouched.total()
        if missing * 20 > untouched.total():
            line = text.count("\n", 0, place)
            worst.append(text.splitlines()[min(line, len(text.splitlines()) - 1)])
    return lost, total, worst


def test_a_slip_of_the_finger_costs_no_other_definition() -> None:
    lost, total, worst = lost_by(11)
    assert lost * 1000 < total, worst
    assert not worst


@pytest.mark.slow
def test_no_slip_of_the_finger_costs_other_definitions() -> None:
    lost, total, worst = lost_by(1)
    assert lost * 1000 < total, worst
    assert not worst


def test_a_file_that_ends_early_keeps_what_was_written() -> None:
    known = list(definitions(read(PROGRAM)))
    end = 0
    for line in PROGRAM.splitlines(keepends=True):
        end += len(line)
        whole = Counter(name for name, _, stop in known if stop <= end)
        found = Counter(name for name, _, _ in definitions(read(PROGRAM[:end])))
        assert not whole - found


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_files_with_many_slips_are_read_without_an_exception(data: st.DataObject) -> None:
    text = PROGRAM
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 12))
        more = data.draw(st.sampled_from(["", '"', "'", ":", "[", "}", "\t", "\n", " ", "- ", "&"]))
        text = text[:start] + more + text[start + gone :]
    tree = read(text)
    assert tree.root is not None or tree.diagnostics
    for found in tree.diagnostics:
        for fix in found.fixes:
            applied(tree, fix)


APART = """\
agents:
  Coder: {model: m, system: You write.}

  Reviewer:
    model: m

    system: |
      You review.

  # The one for all.

  Base: {model: m, system: x}
workflows:
  one:
    steps:
      - Coder: hi

  two:
    steps:
      - Reviewer writes: hi
      - Base: hi
"""
BEGUN = (
    "Wri",
    "Wri ter",
    '"',
    "'",
    "[",
    "{",
    "{{",
    ":",
    "@",
    "`",
    "%",
    "&",
    "*",
    "|",
    ">",
    "<<",
    "x 'y'",
)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("begun", BEGUN)
def test_a_line_begun_at_the_margin_takes_no_definition_along(begun: str, end: str) -> None:
    text = APART.replace("\n", end)
    known = [name for name, _, _ in definitions(read(text))]
    blanks = [index for index in range(len(text)) if text.startswith(end * 2, index)]
    assert blanks
    for blank in blanks:
        place = blank + len(end)
        tree = read(text[:place] + begun + text[place:])
        left = Counter(name for name, _, _ in definitions(tree))
        assert not Counter(known) - left
        lines = {tree.placements.locate(found.span).position.line for found in tree.diagnostics}
        assert lines == {text.count(end, 0, place) + 1}


@pytest.mark.parametrize("begun", ['"', "'", "[", "{", "[x"])
def test_a_sign_before_deeper_lines_begins_no_definition(begun: str) -> None:
    lines = PROGRAM.split("\n")
    known = Counter(name for name, _, _ in definitions(read(PROGRAM)))
    deep = [index for index, line in enumerate(lines) if line.startswith(" " * 6 + "-")]
    for index in deep[1:]:
        tree = read("\n".join([*lines[:index], f"  {begun}", *lines[index:]]))
        left = Counter(name for name, _, _ in definitions(tree))
        assert (known - left).total() <= 1, (lines[index], known - left)
