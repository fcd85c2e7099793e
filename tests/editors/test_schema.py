"""The JSON Schemas for editors without the language server: what they accept and refuse."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vega_grammar.schema import schema_of_programs, schema_of_tests
from vegac.syntax.core_schema import to_value
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence
from vegac.syntax.reader import FileTree
from vegac.workspace import TEST_SUFFIX, Report, Workspace

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests/unit/checks/fixtures"
SCHEMAS = ROOT / "editors/schema"
PROGRAMS = jsonschema.Draft7Validator(schema_of_programs())
TESTS = jsonschema.Draft7Validator(schema_of_tests())

STRUCTURAL = frozenset(
    {
        "ambiguous-step",
        "bad-duration",
        "bad-money",
        "missing-description",
        "missing-key",
        "missing-send",
        "negative-number",
        "no-steps",
        "not-a-mapping",
        "out-of-range",
        "unknown-key",
        "unknown-strategy",
        "unknown-value",
        "unsupported-version",
        "wrong-type",
        "yaml-boolean",
    }
)
"""The findings that are about the form of a file, which a schema can see."""

BEYOND = {
    ("ambiguous-step", "B: hi"),  # either may be the agent's name
    ("unknown-key", "retires: 3"),  # so may this
    ("no-steps", "- do: []"),  # the blocks `then`, `catch` and `finally` may be empty
    ("missing-key", "on_timeout: [{A: again}]"),  # needs `timeout` beside it
    ("unknown-key", "allowed_hosts: [example.com]"),  # depends on the kind of tool
    ("missing-key", "- {type: string}"),  # a name is optional where parameters form a map
    ("out-of-range", "with: {n: 10}"),  # the range stands in the called workflow
    ("unknown-value", "with: {tone: wram}"),  # so do the words
    ("wrong-type", "count: {type: integer, enum: [1, two]}"),  # the type stands elsewhere
    ("wrong-type", "schema: {type: object, properties: {a: {type: string}}}"),  # fields, to it
    ("wrong-type", "schema: {tags: {type: array, items: {type: string}}}"),
    ("wrong-type", "- {name: files, command: npx -y server-files}"),  # a command and arguments
    ("wrong-type", "- {name: tools, command: python -m 'my tools'}"),
    ("wrong-type", 'implementation: {type: exec, command: " "}'),  # blank texts
    ("wrong-type", "implementation: {type: builtin, function: tools.lookup}"),
    ("wrong-type", "choices: [one, [two]]"),
    ("wrong-type", 'attach: [1, "<<path>>", a.png, "2"]'),  # texts may look like numbers
    ("wrong-type", '"n == 1":'),  # a hole without quotes is such a map to it
    ("wrong-type", '- if: {"n == 3": null}'),
    ("wrong-type", "\"result == 'x'\":"),
    ("unknown-value", "format: yaml"),  # wrong beside a `schema` only
    ("unknown-value", "unused-inputs: off"),  # the names of findings
    ("yaml-boolean", "flag: {type: boolean, default: yes}"),
    ("yaml-boolean", "- if: yes"),  # a variable may have that name
    ("yaml-boolean", "if: off"),
    ("yaml-boolean", "with: {flag: no, other: true, word: no}"),
}
"""Structural findings that only the checker makes, by code and line."""


def plain(node: Node | None) -> Any:
    """What a reader of YAML gives to the schema: `{{x}}` without quotes is a map to it."""
    match node:
        case Scalar(style="hole"):
            return {f"{{ {node.value} }}": None}
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {entry.key.value: plain(entry.value) for entry in node.entries}
        case None:
            return None
        case _:
            return to_value(node)


def problems(validator: jsonschema.Draft7Validator, tree: FileTree) -> list[str]:
    return [
        f"{list(error.absolute_path)}: {error.message[:200]}"
        for error in validator.iter_errors(plain(tree.root))
    ]


def programs_in(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).glob("*.vega.yaml"))
    assert found
    return found


@pytest.mark.parametrize(
    ("name", "schema"),
    [("vega.schema.json", schema_of_programs), ("vega-test.schema.json", schema_of_tests)],
)
def test_the_files_are_up_to_date(name: str, schema: Any) -> None:
    """`python docs/generate.py` writes them."""
    jsonschema.Draft7Validator.check_schema(schema())
    assert json.loads((SCHEMAS / name).read_text(encoding="utf-8")) == schema()


@pytest.mark.parametrize(
    "path",
    [*programs_in("examples"), *programs_in("tests/corpus")],
    ids=lambda path: path.name.partition(".")[0],
)
def test_right_programs_are_accepted(path: Path) -> None:
    assert problems(PROGRAMS, Workspace(ROOT).read(path)) == []


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("examples/*.vega.test.yaml"), *ROOT.glob("tests/conformance/*.test.yaml")]),
    ids=lambda path: path.name.partition(".")[0],
)
def test_test_files_are_accepted_and_their_right_programs(path: Path) -> None:
    workspace = Workspace(ROOT)
    tree = workspace.read(path)
    assert problems(TESTS, tree) == []
    for text in inline_programs(plain(tree.root)):
        report = workspace.check_text(text)
        if not report.has_errors:
            assert problems(PROGRAMS, workspace.read_text("p.vega.yaml", text)) == [], text


def inline_programs(file: Any) -> Iterator[str]:
    for owner in (file, *file["tests"].values()):
        if "program" in owner:
            yield owner["program"]


def test_there_are_programs_without_errors_inside_tests() -> None:
    workspace = Workspace(ROOT)
    paths = [*ROOT.glob(f"tests/conformance/*{TEST_SUFFIX}")]
    texts = [text for path in paths for text in inline_programs(plain(workspace.read(path).root))]
    assert sum(not workspace.check_text(text).has_errors for text in texts) > 20


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", sorted(FIXTURES.glob("*.vega.yaml")), ids=lambda path: path.name.partition(".")[0]
)
def test_structural_mistakes_are_refused_where_they_stand(path: Path) -> None:
    workspace = Workspace(FIXTURES)
    report, tree = workspace.check(path), workspace.read(path)
    if tree.root is None:
        return
    lines = tree.file.text.splitlines()
    wanted = dict(structural(report, path.name, lines))
    refused = set(refused_lines(tree, report))
    missed = {
        (line, code)
        for line, code in wanted.items()
        # What is missing is missed at its owner's key, or at the first of its owner's keys.
        if not refused & {line - 1, line, line + 1}
    }
    assert missed == set()
    if not any(finding.severity == "error" for finding in report.diagnostics):
        assert refused == set()


def structural(report: Report, name: str, lines: list[str]) -> Iterator[tuple[int, str]]:
    for finding in report.diagnostics:
        place = report.placements.locate(finding.span)
        if place.file.path != name or finding.code not in STRUCTURAL:
            continue
        line = place.position.line
        text = lines[line - 1].partition(" # ")[0].strip()
        if finding.severity == "error" and (finding.code, text) not in BEYOND:
            yield line, finding.code


def refused_lines(tree: FileTree, report: Report) -> Iterator[int]:
    """The lines of the values and keys that the schema refuses, innermost ones."""

    def line(node: Node) -> int:
        place = report.placements.locate(node.span)
        return place.file.text.count("\n", 0, place.start) + 1

    for error in PROGRAMS.iter_errors(plain(tree.root)):
        for leaf in leaves(error):
            key, node = at(tree.root, list(leaf.absolute_path))
            yield line(key or node)
            if isinstance(node, Mapping) and leaf.validator == "additionalProperties":
                known = leaf.schema["properties"]
                for entry in node.entries:
                    if entry.key.value not in known:
                        yield line(entry.key)


def leaves(error: Any) -> Iterator[Any]:
    if not error.context:
        yield error
    for inner in error.context:
        yield from leaves(inner)


def at(node: Node | None, path: list[str | int]) -> tuple[Scalar | None, Node]:
    """The key (if any) and the value at a path."""
    key = None
    for part in path:
        if isinstance(node, Sequence) and isinstance(part, int):
            key, node = None, node.items[part]
        elif isinstance(node, Mapping):
            entry = next(entry for entry in node.entries if entry.key.value == part)
            key, node = entry.key, entry.value
    assert node is not None
    return key, node


def test_exceptions_are_needed() -> None:
    """Each exception is about a line that is there, and that the schema accepts."""
    workspace = Workspace(FIXTURES)
    shown: set[tuple[str, str]] = set()
    for path in FIXTURES.glob("*.vega.yaml"):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        report, tree = workspace.check(path), workspace.read(path)
        refused = set(refused_lines(tree, report)) if tree.root is not None else set[int]()
        for finding in report.diagnostics:
            place = report.placements.locate(finding.span)
            line = place.position.line
            if place.file.path == path.name and line not in refused:
                shown.add((finding.code, lines[line - 1].partition(" # ")[0].strip()))
    assert shown >= BEYOND


# --- single points -------------------------------------------------------------------------------

STEPS = """\
agents: {{A: {{system: s, model: m}}}}
workflows:
  w:
    steps:
      - {}
"""


@pytest.mark.parametrize(
    "step",
    [
        "A: hi",
        "A: {{name}}",
        "A writes the code: {send: hi, save: code, retry: 3, x-note: 1}",
        "{A: hi, timeout: 5s, tools: [read_file], x-note: [1]}",
        "{A: , send: hi}",
        "for x in xs: [{A: hi}]",
        "{for: x in xs, steps: [{A: hi}], parallel: 3}",
        "{parallel: [{A: hi}], if: go}",
        "{repeat: {steps: [{A: hi}], max: <<n - 1>>}, timeout: 1h30m, budget: $0.50}",
        "{if: go, then: [{A: hi}], elif: [{if: a, then: []}], else: [{A: hi}]}",
    ],
)
def test_right_steps(step: str) -> None:
    tree = Workspace(ROOT).read_text("p.vega.yaml", STEPS.format(step))
    assert problems(PROGRAMS, tree) == []


@pytest.mark.parametrize(
    "step",
    [
        "just text",
        "{}",
        "{if: go, A: hi, then: [{A: hi}]}",
        "{ask: what, fail: no}",
        "{A: {sned: hi}}",
        "{A: [1, 2]}",
        "{A: hi, timeout: 5}",
        "{for: x in xs}",
        "{for x in xs: {A: hi}}",
        "{repeat: {max: 3}}",
        "{save: x, retry: 3}",
        "{set: {a: 1}, vave: x}",
        "{A: hi, retry: 0}",
        "{A: hi, context: stale}",
    ],
)
def test_wrong_steps(step: str) -> None:
    tree = Workspace(ROOT).read_text("p.vega.yaml", STEPS.format(step))
    assert problems(PROGRAMS, tree) != []
