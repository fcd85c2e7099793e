"""Tests as they were read from a file."""

from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field

from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.syntax.nodes import Entry, Mapping, Node, Scalar
from vegac.syntax.reader import FileTree

CheckKind = Literal["equal", "contains", "matches", "expression"]


class Check(Struct, eq=False):
    """What a value must be: equal to `wanted`, contain it, match the pattern, or make the
    expression true. `node` is where the test says so."""

    kind: CheckKind
    wanted: Any
    node: Node


Checks = tuple[Check, ...]
"""All of them must hold."""


class ExpectedCalls(Struct, eq=False):
    """The agents that messages are sent to."""

    agents: list[str]
    ordered: bool
    node: Node


class ExpectedSent(Struct, eq=False):
    """The messages to one agent, in order."""

    agent: str
    messages: list[Checks]
    node: Node
    key: Scalar


class ExpectedError(Struct, eq=False):
    """The failure of a run: the name of its type and a part of its message, either may be None."""

    type: str | None
    contains: str | None
    node: Node


class ExpectedFile(Struct, eq=False):
    """A file of the sandbox; `checks` is None where it must not exist."""

    path: str
    checks: Checks | None
    node: Node


class Expect(Struct, eq=False):
    """What a run must do. `cost` is in US dollars; `variable_keys` are the names of `variables`
    where they stand."""

    output: Checks = ()
    calls: ExpectedCalls | None = None
    sent: list[ExpectedSent] = field(default_factory=list[ExpectedSent])
    error: ExpectedError | None = None
    variables: dict[str, Checks] = field(default_factory=dict[str, Checks])
    variable_keys: list[Scalar] = field(default_factory=list[Scalar])
    cost: float | None = None
    cost_node: Node | None = None
    files: list[ExpectedFile] = field(default_factory=list[ExpectedFile])


class ExpectedFinding(Struct, eq=False):
    """A finding of the check; what is None may be anything."""

    code: str
    severity: str | None
    line: int | None
    column: int | None
    contains: str | None
    node: Node


class ExpressionCase(Struct, eq=False):
    """An expression with its variables, and either its value or the error it ends with, "" for one
    that could not be read."""

    expr: Scalar
    vars: dict[str, Any]
    value: Check | None
    error: str | None


class ProgramFile(Struct, frozen=True):
    """A program in a file of its own."""

    path: Path


class ProgramText(Struct, eq=False):
    """A program written inside a test file, which lies in `folder`."""

    scalar: Scalar
    folder: Path


ProgramSource = ProgramFile | ProgramText


class Case(Struct, eq=False):
    """One test. `findings` are the mistakes in how it is written; with errors it cannot run.

    `script` holds the entries of the scripted model as the runtime takes them, None without
    `model:`; `agents` are the places where the test names agents, `tools` those where its script
    calls tools; `replay` need not be there. `program` is None where the test
    needs none. `given` are the entries of `inputs`, which stands at `inputs_key`,
    as the script does at `model_key`.
    """

    name: str
    key: Scalar
    program: ProgramSource | None = None
    runs: bool = False
    workflow: Scalar | None = None
    inputs: dict[str, Any] = field(default_factory=dict[str, Any])
    inputs_key: Scalar | None = None
    model_key: Scalar | None = None
    answers_key: Scalar | None = None
    given: list[Entry] = field(default_factory=list[Entry])
    script: list[dict[str, Any]] | None = None
    agents: list[tuple[str, Node]] = field(default_factory=list[tuple[str, Node]])
    tools: list[tuple[str, Node]] = field(default_factory=list[tuple[str, Node]])
    replay: Path | None = None
    live: bool = False
    answers: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict[str, str])
    files: dict[str, str] = field(default_factory=dict[str, str])
    expect: Expect = field(default_factory=Expect)
    diagnostics: list[ExpectedFinding] | None = None
    diagnostics_node: Node | None = None
    expressions: list[ExpressionCase] = field(default_factory=list[ExpressionCase])
    findings: list[Diagnostic] = field(default_factory=list[Diagnostic])

    @property
    def broken(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)


class TestFile(Struct, eq=False):
    """The tests of a file. `findings` are those of the file as a whole; with errors among them none
    of its tests can run."""

    __test__ = False

    path: Path
    tree: FileTree
    root: Mapping | None
    cases: list[Case]
    findings: list[Diagnostic]

    @property
    def name(self) -> str:
        """How messages name the file."""
        return self.tree.file.path

    @property
    def placements(self) -> Placements:
        return self.tree.placements

    @property
    def broken(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)
