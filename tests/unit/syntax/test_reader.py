"""What files say: holes, keys, anchors, tags, limits, and what is no program at all."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vegac.source.diagnostic import Diagnostic, Fix
from vegac.source.file import SourceFile
from vegac.syntax.core_schema import resolve_plain, to_value
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence, is_null
from vegac.syntax.reader import FileTree, Reader


def read(text: str) -> FileTree:
    return Reader().read(SourceFile("f", text))


def sound(text: str) -> Mapping:
    tree = read(text)
    assert tree.diagnostics == []
    assert tree.root is not None
    return tree.root


def only(text: str) -> tuple[Diagnostic, int, int]:
    """The one finding of a file, with its line and column."""
    tree = read(text)
    (found,) = tree.diagnostics
    position = tree.placements.locate(found.span).position
    return found, position.line, position.column


def apply(tree: FileTree, fix: Fix) -> str:
    text = tree.file.text
    for edit in sorted(fix.edits, key=lambda edit: -tree.placements.locate(edit.span).start):
        place = tree.placements.locate(edit.span)
        text = text[: place.start] + edit.text + text[place.end :]
    return text


def holes(node: Node) -> list[str]:
    if isinstance(node, Scalar):
        return [node.value] if node.style == "hole" else []
    if isinstance(node, Sequence):
        return [hole for item in node.items for hole in holes(item)]
    assert isinstance(node, Mapping)
    return [hole for entry in node.entries for hole in holes(entry.value)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: {{x}}\n", ["{{x}}"]),
        ("a: {{ x }} # note\n", ["{{ x }}"]),
        ("a: {{x}}\r\nb: 1\r\n", ["{{x}}"]),
        (
            'a: {{a | join:", "}}\nb: {{b | join:", "}}\n',
            ['{{a | join:", "}}', '{{b | join:", "}}'],
        ),
        ("a: {{ {a: 1}.a }}\n", ["{{ {a: 1}.a }}"]),
        ("a: {{ 'it\\'s }}' }}\n", ["{{ 'it\\'s }}' }}"]),
        ("a: {{ x | default:don't }}\n", ["{{ x | default:don't }}"]),
        ("a: {x: {{a}}, y: [{{b}}]}\n", ["{{a}}", "{{b}}"]),
        ("a: [{{a}}, {{b}},\n  {{c}}]\n", ["{{a}}", "{{b}}", "{{c}}"]),
        ("- {{a}}\n", []),
        ("a:\n- {{a}}\n-   {{b}}\n", ["{{a}}", "{{b}}"]),
        ("a:\n  {{x}}\n", ["{{x}}"]),
        ("a: {{\n    x\n  }}\n", ["{{\n    x\n  }}"]),
        ("a: {{ f(x,\n   y) }}\n", ["{{ f(x,\n   y) }}"]),
        ("a: !raw {{x}}\n", ["{{x}}"]),
        ("a: '{{x}}'\n", []),
        ("a: text {{x}}\n", []),
        ("a: |\n  - {{x}}\n  b: {{ 'y' }}\n", []),
        ("a: {b: 1}\n", []),
    ],
)
def test_a_bare_brace_hole_is_one_value(text: str, expected: list[str]) -> None:
    tree = read(text)
    if tree.root is not None:
        assert holes(tree.root) == expected
        assert tree.diagnostics == []
    else:
        assert expected == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: |\n  - {{x}}\n  b: {{ 'y' }}\n", "- {{x}}\nb: {{ 'y' }}\n"),
        ("a: >\n  x,\n  - {{x}}\n", "x, - {{x}}\n"),
        ("a: words, {{x}}\n", "words, {{x}}"),
        ("a: \"see\n  - {{ 'x' }}\n  there\"\n", "see - {{ 'x' }} there"),
        ("a: 'see\n  - {{ ''x'' }}\n  there'\n", "see - {{ 'x' }} there"),
        ('a: "see\n  - {{ \\"x\\" }}\n  there"\n', 'see - {{ "x" }} there'),
        ("a: <<x>>\n", "<<x>>"),
        ("a: <<x | default:none>>\n", "<<x | default:none>>"),
    ],
)
def test_holes_within_a_text_stay_text(text: str, value: str) -> None:
    assert to_value(sound(text)) == {"a": value}


def test_angle_holes_stand_in_flow_style() -> None:
    root = sound("a: {output: <<x | default:none>>, list: [<<a>>, <<b>>]}\n")
    assert to_value(root) == {"a": {"output": "<<x | default:none>>", "list": ["<<a>>", "<<b>>"]}}


@pytest.mark.parametrize(
    ("written", "meaning"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("TRUE", True),
        ("False", False),
        ("-3", -3),
        ("0", 0),
        ("-1.5", -1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
    ],
)
def test_plain_words_and_decimal_numbers_have_a_meaning(written: str, meaning: object) -> None:
    found = resolve_plain(written)
    assert found == meaning
    assert type(found) is type(meaning)


@pytest.mark.parametrize(
    "written",
    [
        *["yes", "on", "no", "off", "y", "1:30", "0644", "2026-01-01", "0x1F", "0o17", "1_000"],
        *["+49", ".inf", "-.inf", ".nan", "1e999", "-", ".", "--", "1.2.3", "nUll", "-01", "1e"],
    ],
)
def test_everything_else_is_text(written: str) -> None:
    assert resolve_plain(written) == written


@given(st.text("0123456789.eE+-_x", max_size=12))
def test_numbers_are_read_as_json_reads_them_or_are_text(written: str) -> None:
    found = resolve_plain(written)
    if isinstance(found, int | float):
        assert found == float(written)
        assert not re.match(r"-?0\d", written)
    else:
        assert found in (written, None)


def test_a_number_of_any_length_is_read() -> None:
    assert resolve_plain("9" * 100_000) == "9" * 100_000


def test_tags_and_quotes_make_text() -> None:
    root = sound("a: !!str 3\nb: '3'\nc: !!int 3\nd: ! 4\ne: !raw <<x>>\nf: !!map {g: 1}\n")
    assert to_value(root) == {"a": "3", "b": "3", "c": 3, "d": "4", "e": "<<x>>", "f": {"g": 1}}
    tags = [entry.value.tag for entry in root.entries if isinstance(entry.value, Scalar)]
    assert tags == ["!!str", "", "", "!!str", "!raw"]


@pytest.mark.parametrize("tag", ["!!python/object:os.system", "!other", "!!int", "!!binary"])
def test_other_tags_are_refused(tag: str) -> None:
    found, line, column = only(f"a: 1\nb: {tag} x\n")
    assert (found.code, line, column) == ("yaml-syntax", 2, 4)
    assert tag in found.message
    assert "!raw" in found.hint


def test_keys_are_the_text_as_written() -> None:
    root = sound("1: a\ntrue: b\n2026-01-01: c\n'q r': d\nyes: e\n")
    assert [entry.key.value for entry in root.entries] == ["1", "true", "2026-01-01", "q r", "yes"]


@pytest.mark.parametrize("text", ["agents:\n  A: {model: x, model: y}\n", "a: 1\nb: 2\na: 3\n"])
def test_of_keys_that_stand_twice_the_first_counts(text: str) -> None:
    tree = read(text)
    (found,) = tree.diagnostics
    assert (found.code, found.severity) == ("duplicate-key", "error")
    first = tree.placements.locate(found.labels[0].span)
    second = tree.placements.locate(found.span)
    assert text[first.start : first.end] == text[second.start : second.end]
    assert first.start < second.start
    assert "3" not in str(to_value(tree.root)) if tree.root else False


def test_a_list_as_a_key_is_refused_and_left_out() -> None:
    tree = read("a:\n  ? [x]\n  : 1\n  b: 2\n")
    assert tree.root is not None
    assert to_value(tree.root) == {"a": {"b": 2}}
    (found,) = tree.diagnostics
    assert (found.code, tree.placements.locate(found.span).position.line) == ("yaml-syntax", 2)


def test_a_hole_as_a_key_gets_its_quotes() -> None:
    tree = read("a:\n  {{x}}: 1\n")
    (found,) = tree.diagnostics
    assert apply(tree, found.fixes[0]) == "a:\n  '{{x}}': 1\n"


def test_anchors_are_shared_and_merged() -> None:
    root = sound(
        "x-base: &base {model: m, system: s}\n"
        "x-more: &more {system: t, tools: []}\n"
        "agents:\n"
        "  A: {<<: *base, model: n}\n"
        "  B:\n"
        "    <<: [*base, *more]\n"
        "    name: b\n"
        "  C: *base\n"
    )
    agents = root.get("agents")
    assert isinstance(agents, Mapping)
    assert to_value(agents) == {
        "A": {"system": "s", "model": "n"},
        "B": {"model": "m", "system": "s", "tools": [], "name": "b"},
        "C": {"model": "m", "system": "s"},
    }
    assert agents.get("C") is root.get("x-base")
    first = agents.get("A")
    assert isinstance(first, Mapping)
    assert [(entry.key.value, entry.merged) for entry in first.entries] == [
        ("system", True),
        ("model", False),
    ]


def test_a_quoted_merge_sign_is_a_key() -> None:
    assert to_value(sound("a: {'<<': 1}\n")) == {"a": {"<<": 1}}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: &x [1, *x]\n", "no end"),
        ("a: *nobody\n", "nobody"),
        ("a: {<<: 3}\n", "<<"),
        ("a: 1\n---\nb: 2\n", "second document"),
        ("a:\n  ? \n  : 1\n", "key is missing"),
    ],
)
def test_what_cannot_be_meant_is_said(text: str, word: str) -> None:
    found, _, _ = only(text)
    assert found.code == "yaml-syntax"
    assert word in found.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeff",
        "\n\n# only a comment\n",
        "---\n",
    ],
)
def test_an_empty_file_is_said_to_be_empty(text: str) -> None:
    tree = read(text)
    assert tree.root is None
    assert [found.code for found in tree.diagnostics] == ["empty-file"]


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n", "[a]\n", "'quoted'\n", "3\n"])
def test_a_file_must_be_a_mapping(text: str) -> None:
    tree = read(text)
    assert tree.root is None
    assert [found.code for found in tree.diagnostics] == ["not-a-mapping"]


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x7f", "\udc80", "\ufeff", "\ufffe"])
def test_forbidden_characters_are_found_and_the_rest_is_read(char: str) -> None:
    tree = read(f"a: 1\nb: é{char}x\nc: 2\n")
    (found,) = tree.diagnostics
    position = tree.placements.locate(found.span).position
    assert (found.code, position.line, position.column) == ("yaml-syntax", 2, 5)
    assert tree.root is not None
    assert [entry.key.value for entry in tree.root.entries] == ["a", "b", "c"]


def test_a_file_may_not_be_larger_than_four_mebibytes() -> None:
    assert [found.code for found in read("é" * (2 * 1024 * 1024 + 1)).diagnostics] == [
        "limit-exceeded"
    ]
    assert sound("a: " + "x" * (4 * 1024 * 1024 - 3))


@pytest.mark.parametrize("flow", [True, False])
@pytest.mark.parametrize("deep", [65, 500, 50_000])
def test_nesting_has_a_limit(deep: int, flow: bool) -> None:
    text = "[" * deep + "]" * deep if flow else "- " * deep + "x"
    tree = read(f"a:\n  {text}\nb: 1\n")
    assert [found.code for found in tree.diagnostics] == ["limit-exceeded"]
    assert tree.root is not None
    assert to_value(tree.root.entries[-1].value) == 1


def test_nesting_within_the_limit_is_read() -> None:
    sound("a: " + "[" * 63 + "]" * 63 + "\n")


def test_aliases_may_not_stand_for_too_much() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    tree = read("\n".join(lines) + "\n")
    assert [found.code for found in tree.diagnostics] == ["limit-exceeded"]
    assert len(str(to_value(tree.root))) < 200_000 if tree.root else False


def test_many_small_aliases_are_no_attack() -> None:
    sound("a: &a x\nb: [" + ", ".join(["*a"] * 9_000) + "]\n")


def test_every_null_is_null() -> None:
    root = sound("a:\nb: ~\nc: null\nd: ''\n")
    assert [is_null(entry.value) for entry in root.entries] == [True, True, True, False]


CHARACTERS = "\"'[]{}:-#&*!|>%@`,? \t\n\r\x85\u2028\ufeff\x00\ud800é😀<a1"
WORDS = ["{{", "}}", "<<", ">>", ": ", "- ", "\n  ", "---\n", "<<: *a\n", "&a ", "!raw ", "? "]
LINES = ["|\n", "agents:\n", "  A: x\n", "workflows:\n", "    steps:\n", "# vegac: ignore[x]\n"]
pieces = st.sampled_from([*CHARACTERS, *WORDS, *LINES])


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(), st.lists(pieces, max_size=40).map("".join)))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    tree = read(text)
    for found in tree.diagnostics:
        place = tree.placements.locate(found.span)
        assert 0 <= place.start <= place.end <= len(tree.file.text) + 1
    if tree.root is not None:
        assert_inside(tree.root)
    else:
        assert tree.diagnostics


def assert_inside(node: Node) -> None:
    """Every node and every character of a value lies in its chunk."""
    assert 0 <= node.start <= node.end <= len(node.chunk.text)
    if isinstance(node, Scalar):
        last = 0
        for index in range(len(node.value) + 1):
            place = node.map.offset(index)
            assert last <= place <= len(node.chunk.text)
            last = place
    elif isinstance(node, Sequence):
        for item in node.items:
            assert_inside(item)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            assert_inside(entry.key)
            assert_inside(entry.value)


def test_anchors_are_known_in_files_with_a_mistake_elsewhere() -> None:
    text = (
        "x-base: &base {model: m, system: s}\n"
        "agents:\n"
        "  A: {<<: *base, model: n}\n"
        "  B: *base\n"
        "  C:\n"
        "    <<: *base\n"
        "    tools [read_file]\n"
        "  D: {<<: *base}\n"
        "workflows: {w: {steps: [{A: hi}]}}\n"
    )
    tree = read(text)
    assert [found.code for found in tree.diagnostics] == ["yaml-syntax"]
    assert tree.placements.locate(tree.diagnostics[0].span).position.line == 7
    assert tree.root is not None
    agents = tree.root.get("agents")
    assert isinstance(agents, Mapping)
    assert to_value(agents) == {
        "A": {"system": "s", "model": "n"},
        "B": {"model": "m", "system": "s"},
        "C": {"model": "m", "system": "s", "tools": ["read_file"]},
        "D": {"model": "m", "system": "s"},
    }


def test_a_merge_of_what_is_no_mapping_elsewhere_is_said_at_its_key() -> None:
    tree = read("a: &a text\nb: {c: &d [1}\nx:\n  <<: *a\n")
    places = [tree.placements.locate(one.span) for one in tree.diagnostics]
    assert [(one.position.line, one.position.column) for one in places] == [(2, 11), (4, 3)]
