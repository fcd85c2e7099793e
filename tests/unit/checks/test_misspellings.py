"""One misspelt name gives one finding, which proposes the right name.

Every name of the examples and of the corpus is misspelt once: keys, agents, workflows, tools,
variables, fields, filters, models and words out of a fixed set. Where a name is declared, all that
uses it is left without it: then each finding proposes the misspelt name.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from vega_grammar import keys as grammar
from vega_grammar import testing
from vega_grammar.filters import FILTERS
from vegac.ir.build.models import known_models
from vegac.source.diagnostic import Diagnostic
from vegac.source.render.text import render
from vegac.source.suggest import distance
from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.expression_walk import walk
from vegac.syntax.expressions import Field, Filter, Name, Parsed
from vegac.syntax.nodes import Entry, Mapping, Node, Scalar, Sequence
from vegac.syntax.reader import FileTree
from vegac.syntax.step_key import ForHeader, first_word, parse_for_header
from vegac.syntax.text import parse_text
from vegac.testing.workspace import CheckingWorkspace
from vegac.workspace import Report, Workspace

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "examples").glob("*.vega.yaml"))
CORPUS = sorted((ROOT / "tests" / "corpus").glob("*.vega.yaml"))


class Place(Struct, frozen=True):
    """A name at `start` of the file's text; `declares` tells whether others depend on it."""

    name: str
    start: int
    kind: str
    declares: bool = False

    @property
    def label(self) -> str:
        return f"{self.kind} '{self.name}' at {self.start}"


def misspelt(name: str) -> Iterator[str]:
    """Two letters exchanged in the middle, and a letter left out: as far as suggestions reach."""
    middle = len(name) // 2
    for index in (middle, middle - 1, 1):
        if 0 < index < len(name) and name[index] != name[index - 1]:
            swapped = name[: index - 1] + name[index] + name[index - 1] + name[index + 1 :]
            if len(name) >= 3 and swapped.isidentifier() == name.isidentifier():
                yield swapped
                break
    if len(name) >= 4:
        yield name[: middle - 1] + name[middle:]


class Finder:
    """Finds the names of a file."""

    def __init__(self, tree: FileTree, agents: set[str]) -> None:
        self.tree = tree
        self.agents = agents
        self.found: list[Place] = []

    def _offset(self, scalar: Scalar, at: int, length: int) -> int:
        return self.tree.placements.locate(scalar.value_span(at, at + length)).start

    def add(self, scalar: Scalar, at: int, name: str, kind: str, declares: bool = False) -> None:
        start = self._offset(scalar, at, len(name))
        if self.tree.file.text[start : start + len(name)] == name:
            self.found.append(Place(name, start, kind, declares))

    # --- the file ------------------------------------------------------------------------------

    def program(self, root: Mapping) -> None:
        for entry in root.entries:
            key, value = entry.key.value, entry.value
            if key in grammar.TOP:
                self.key(entry)
            if not isinstance(value, Mapping):
                continue
            match key:
                case "agents":
                    self.each(value, self.agent, "agent")
                case "workflows":
                    self.each(value, self.workflow, "workflow")
                case "tools":
                    self.each(value, self.tool, "tool")
                case "settings":
                    self.table(value, grammar.SETTINGS)
                case "tests":
                    for entry in value.entries:
                        if isinstance(entry.value, Mapping):
                            self.test(entry.value)
                case _:
                    pass

    def each(self, node: Mapping, visit: object, kind: str) -> None:
        assert callable(visit)
        for entry in node.entries:
            if entry.key.value == "include":
                continue
            self.add(entry.key, 0, entry.key.value, f"declared {kind}", declares=True)
            if isinstance(entry.value, Mapping):
                visit(entry.value)

    def key(self, entry: Entry) -> None:
        if not entry.merged:
            self.add(entry.key, 0, entry.key.value, "key")

    def table(self, node: Node, table: grammar.Table) -> None:
        """The keys of a mapping, the keys in those, and words out of a fixed set."""
        for entry in node.entries if isinstance(node, Mapping) else ():
            name = entry.key.value
            spec = table.get(name)
            if spec is None or entry.merged:
                continue
            self.key(entry)
            for kind in spec.kind.split("|"):
                _, _, inner = kind.partition("table:")
                if inner in grammar.TABLES and isinstance(entry.value, Mapping):
                    self.table(entry.value, grammar.TABLES[inner])
            if spec.values and isinstance(entry.value, Scalar):
                self.add(entry.value, 0, entry.value.value, "word")
            if spec.values and isinstance(entry.value, Sequence):
                for item in entry.value.items:
                    if isinstance(item, Scalar):
                        self.add(item, 0, item.value, "word")
            if name in ("extends", "team", "tools"):
                self.references(entry.value)
            if name in ("model", "fallback_model", "default_model"):
                self.model(entry.value)

    def references(self, node: Node) -> None:
        for item in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(item, Scalar) and "*" not in item.value and "__" not in item.value:
                self.add(item, 0, item.value, "reference")

    def model(self, node: Node) -> None:
        if isinstance(node, Scalar) and node.value in known_models():
            self.add(node, 0, node.value, "model")

    def agent(self, node: Mapping) -> None:
        self.table(node, grammar.AGENT)
        system = node.get("system")
        if isinstance(system, Scalar):
            self.text(system)

    def tool(self, node: Mapping) -> None:
        self.table(node, grammar.TOOL)
        params, implementation = node.get("params"), node.get("implementation")
        for entry in params.entries if isinstance(params, Mapping) else ():
            self.add(entry.key, 0, entry.key.value, "declared parameter", declares=True)
            self.table(entry.value, grammar.PARAM)
        if isinstance(implementation, Mapping):
            kind = implementation.get("type")
            if isinstance(kind, Scalar):
                self.add(kind, 0, kind.value, "word")
                self.table(implementation, grammar.IMPLEMENTATION[kind.value])
            for entry in implementation.entries:
                self.texts(entry.value)

    def workflow(self, node: Mapping) -> None:
        self.table(node, grammar.WORKFLOW)
        inputs, steps, output = node.get("inputs"), node.get("steps"), node.get("output")
        for entry in inputs.entries if isinstance(inputs, Mapping) else ():
            self.add(entry.key, 0, entry.key.value, "declared input", declares=True)
            self.table(entry.value, grammar.INPUT)
            kind = entry.value.get("type") if isinstance(entry.value, Mapping) else entry.value
            if isinstance(kind, Scalar) and kind.value.isidentifier():
                self.add(kind, 0, kind.value, "type")
        for item in inputs.items if isinstance(inputs, Sequence) else ():
            if isinstance(item, Scalar):
                self.add(item, 0, item.value, "declared input", declares=True)
        if isinstance(steps, Sequence):
            self.steps(steps)
        if output is not None:
            self.texts(output)

    def test(self, node: Mapping) -> None:
        """The keys of a test, of its script and its expectations, and the agents in them."""
        self.table(node, testing.TEST)
        script, expect = node.get("model"), node.get("expect")
        for reply in script.items if isinstance(script, Sequence) else ():
            self.table(reply, testing.REPLY)
            agent = reply.get("agent") if isinstance(reply, Mapping) else None
            if agent is not None:
                self.references(agent)
        if isinstance(expect, Mapping):
            self.table(expect, testing.EXPECT)
            calls = expect.get("calls")
            if isinstance(calls, Sequence):
                self.references(calls)
        inputs = node.get("inputs")
        for entry in inputs.entries if isinstance(inputs, Mapping) else ():
            self.add(entry.key, 0, entry.key.value, "input")

    # --- steps ---------------------------------------------------------------------------------

    def steps(self, node: Node) -> None:
        for step in node.items if isinstance(node, Sequence) else ():
            if isinstance(step, Mapping):
                self.step(step)

    def step(self, node: Mapping) -> None:
        for entry in node.entries:
            key, value = entry.key.value, entry.value
            word, start, _ = first_word(key)
            if word in self.agents and key not in grammar.STEPS:
                self.add(entry.key, start, word, "agent")
                if isinstance(value, Mapping):
                    self.options(value, grammar.SEND)
                else:
                    self.texts(value)
            elif key.startswith("for "):
                self.header(entry.key)
                self.steps(value)
            else:
                self.option(entry, {**grammar.COMMON, **grammar.SEND, **_ALL})

    def options(self, node: Mapping, table: grammar.Table) -> None:
        for entry in node.entries:
            self.option(entry, table)

    def option(self, entry: Entry, table: grammar.Table) -> None:
        key, value = entry.key.value, entry.value
        self.key(entry)
        match key:
            case "if" | "until" | "max" | "limit" | "choices" if isinstance(value, Scalar):
                self.expression(value, parse_expression(value.value))
            case "parallel" | "inputs" if isinstance(value, Scalar):
                self.expression(value, parse_expression(value.value))
            case "workflow" | "agent" if isinstance(value, Scalar):
                self.add(value, 0, value.value, "reference")
            case "save" if isinstance(value, Scalar):
                if value.value.isidentifier():
                    self.add(value, 0, value.value, "declared variable", declares=True)
            case "tools":
                self.references(value)
            case "set" if isinstance(value, Mapping):
                for inner in value.entries:
                    self.add(inner.key, 0, inner.key.value, "declared variable", declares=True)
                    self.texts(inner.value)
            case "with" if isinstance(value, Mapping):
                for inner in value.entries:
                    self.add(inner.key, 0, inner.key.value, "input")
                    self.texts(inner.value)
            case "then" | "else" | "steps" | "try" | "catch" | "finally" | "do" | "on_timeout":
                self.steps(value)
            case "elif" if isinstance(value, Sequence):
                for arm in value.items:
                    if isinstance(arm, Mapping):
                        self.options(arm, grammar.ELIF)
            case "repeat" | "recall" | "remember" if isinstance(value, Mapping):
                self.options(value, grammar.TABLES[key.upper()])
            case "parallel" if isinstance(value, Mapping):
                self.options(value, grammar.PARALLEL_AGENT)
            case "parallel":
                self.steps(value)
            case "retry" if isinstance(value, Mapping):
                self.table(value, grammar.RETRY)
            case "schema" if isinstance(value, Mapping):
                for inner in value.entries:
                    self.add(inner.key, 0, inner.key.value, "declared field", declares=True)
            case "schema" | "timeout" | "total_timeout" | "budget" | "name" | "retry" | "default":
                pass
            case _ if key in table and table[key].values and isinstance(value, Scalar):
                self.add(value, 0, value.value, "word")
            case _:
                self.texts(value)

    def header(self, key: Scalar) -> None:
        parsed = parse_for_header(key.value)
        if isinstance(parsed, ForHeader):
            for name, start in parsed.names:
                self.add(key, start, name, "declared variable", declares=True)
            text = key.value[parsed.start : parsed.end]
            self.expression(key, parse_expression(text), parsed.start)

    # --- texts ---------------------------------------------------------------------------------

    def texts(self, node: Node) -> None:
        match node:
            case Scalar():
                self.text(node)
            case Sequence(items=items):
                for item in items:
                    self.texts(item)
            case Mapping(entries=entries):
                for entry in entries:
                    self.texts(entry.value)
            case _:
                pass

    def text(self, scalar: Scalar) -> None:
        if scalar.tag != "!raw":
            for hole in parse_text(scalar.value).holes:
                self.expression(scalar, hole.parsed, hole.offset)

    def expression(self, scalar: Scalar, parsed: Parsed, base: int = 0) -> None:
        if parsed.problems:
            return
        for part in walk(parsed.expr):
            match part:
                case Name(name=name, start=start):
                    self.add(scalar, base + start, name, "variable")
                case Filter(name=name, name_start=start):
                    self.add(scalar, base + start, name, "filter")
                case Field(value=Name(name="loop" | "error" | "run" | "workflow"), name=name):
                    self.add(scalar, base + part.name_start, name, "field")
                case _:
                    pass


_ALL = {key: spec for table in grammar.STEPS.values() for key, spec in table.items()}
_WORDS = {*grammar.STEPS, *_ALL, *grammar.SEND, *FILTERS}
"""Names that mean something: a misspelling is none of them."""


def places(path: Path) -> list[Place]:
    workspace = Workspace(path.parent)
    report = workspace.check(path)
    assert report.declarations is not None
    finder = Finder(report.declarations.trees[0], set(report.declarations.agents))
    assert finder.tree.root is not None
    finder.program(finder.tree.root)
    return finder.found


def problem(place: Place, wrong: str, report: Report) -> str:
    """What is not as it should be, or ""."""
    findings = [
        finding
        for finding in report.diagnostics
        if finding.severity != "info" or finding.code == "unknown-model"
    ]
    if place.declares:
        others = [
            finding
            for finding in findings
            if wrong not in finding.suggestions
            and not (finding.subject == wrong and place.name in finding.suggestions)
        ]
        return f"{len(others)} findings are about something else" if others else ""
    if len(findings) != 1:
        return f"{len(findings)} findings"
    return "" if _proposes(findings[0], place.name) else "the name is not proposed"


def _proposes(finding: Diagnostic, name: str) -> bool:
    return name in finding.suggestions or f"'{name}'" in finding.hint


@pytest.mark.parametrize(
    "path",
    [*EXAMPLES, *(pytest.param(path, marks=pytest.mark.slow) for path in CORPUS)],
    ids=lambda path: path.name.split(".")[0],
)
def test_one_misspelling_gives_one_finding(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "programs"
    shutil.copytree(path.parent, folder)
    text = path.read_text(encoding="utf-8")
    workspace = CheckingWorkspace(folder)
    copy = folder / path.name
    problems: list[str] = []
    names = {place.name for place in places(path)}
    for place in places(path):
        for wrong in misspelt(place.name):
            if (
                wrong in names
                or wrong in _WORDS
                or distance(wrong, place.name, 9) > len(wrong) // 3
            ):
                continue
            end = place.start + len(place.name)
            copy.write_text(text[: place.start] + wrong + text[end:], encoding="utf-8")
            report = workspace.check(copy)
            what = problem(place, wrong, report)
            if what:
                shown = render(report.diagnostics, report.placements)
                problems.append(f"{place.label} as '{wrong}': {what}\n{shown}")
    assert not problems, f"{len(problems)} problems\n" + "\n".join(problems[:20])
