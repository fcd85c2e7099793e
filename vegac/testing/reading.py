"""Reading the tests of a file."""

import re
from pathlib import Path

from vega_grammar import testing as keys
from vegac.source.diagnostic import Diagnostic
from vegac.source.findings import Findings
from vegac.source.suggest import did_you_mean
from vegac.syntax.core_schema import to_value
from vegac.syntax.document import unknown_key
from vegac.syntax.nodes import Entry, Mapping, Node, Scalar, is_null
from vegac.syntax.reader import FileTree
from vegac.testing.cases import Case, ProgramFile, ProgramSource, ProgramText, TestFile
from vegac.testing.expecting import ExpectReader
from vegac.testing.fields import TestFields
from vegac.testing.paths import inside
from vegac.testing.script import ScriptReader
from vegac.workspace import SUFFIX, TEST_SUFFIX

_RUN_KEYS = {"workflow", "inputs", "model", "replay", "live", "answers", "env", "files", "expect"}
_ENV_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def read_tests(path: Path, tree: FileTree) -> TestFile:
    """The tests of a test file, or of a program file with `tests:`."""
    findings = Findings()
    for finding in tree.diagnostics:
        findings.add(finding)
    file = TestFile(path, tree, tree.root, [], findings.items)
    if tree.root is None or file.broken:
        return file
    tests = tree.root.entry("tests")
    default: ProgramSource | None = None
    if path.name.endswith(TEST_SUFFIX):
        default = _sibling(path)
        default = _FileReader(findings, path.parent).head(tree.root) or default
    elif tests is not None:
        default = ProgramFile(path)
    if tests is None:
        _drop_echoes(file.findings)
        return file
    fields = TestFields(findings)
    for entry in fields.map(tests.value, "tests"):
        file.cases.append(_CaseReader(entry, path, default).case)
    return file


def _drop_echoes(findings: list[Diagnostic]) -> None:
    """Drop findings that something is missing where a misspelling of it was found."""
    proposed = {name for finding in findings for name in finding.suggestions}
    findings[:] = [
        finding
        for finding in findings
        if not (finding.code == "missing-key" and finding.subject in proposed)
    ]


def _sibling(path: Path) -> ProgramSource | None:
    stem = path.name.removesuffix(TEST_SUFFIX)
    sibling = path.with_name(stem + SUFFIX)
    return ProgramFile(sibling) if sibling.is_file() else None


class _FileReader:
    """Reads where the program under test is to be found."""

    def __init__(self, findings: Findings, folder: Path) -> None:
        self.findings = findings
        self.folder = folder
        self.fields = TestFields(findings)

    def head(self, root: Mapping) -> ProgramSource | None:
        """The program that the whole file is about."""
        found: dict[str, Entry] = {}
        for entry in root.entries:
            name = entry.key.value
            if name in keys.TEST_FILE:
                found[name] = entry
            elif not name.startswith("x-"):
                unknown_key(self.findings, entry.key, keys.TEST_FILE, "a test file")
        if "tests" not in found:
            self.findings.report(
                "missing-key",
                root.entries[0].key.span if root.entries else root.span,
                "a test file has no `tests`",
                hint="add `tests:`",
                subject="tests",
            )
        return self.program(found)

    def program(self, found: dict[str, Entry]) -> ProgramSource | None:
        file, text = found.get("file"), found.get("program")
        if file is not None and text is not None:
            self.findings.report(
                "unknown-key",
                text.key.span,
                "the program is given by `file` or by `program`, not both",
                hint="remove one of them",
            )
        if text is not None:
            if self.fields.text(text.value, "program") is None:
                return None
            assert isinstance(text.value, Scalar)
            return ProgramText(text.value, self.folder)
        if file is None:
            return None
        path = self.path(file.value, "file", f"*{SUFFIX}")
        return None if path is None else ProgramFile(path)

    def path(self, node: Node, name: str, like: str) -> Path | None:
        """A file beside the test file; one that is not there is reported."""
        text = self.fields.text(node, name)
        if text is None:
            return None
        path = self.folder / text
        if "\0" not in text and path.is_file():
            return path
        near = [] if "\0" in text else [other.name for other in path.parent.glob(like)]
        self.findings.report(
            "missing-file",
            node.span,
            f"there is no file '{text}'",
            hint=did_you_mean(path.name, near) or "names are relative to the test file",
        )
        return None


class _CaseReader:
    """Reads one test."""

    def __init__(self, entry: Entry, path: Path, default: ProgramSource | None) -> None:
        self.findings = Findings()
        self.fields = TestFields(self.findings)
        self.files = _FileReader(self.findings, path.parent)
        self.path = path
        self.case = Case(entry.key.value, entry.key, findings=self.findings.items)
        if is_null(entry.value):
            self._nothing(entry.key)
            return
        found = self.fields.table(entry.value, keys.TEST, "a test")
        self._read(found)
        case = self.case
        case.runs = bool(_RUN_KEYS & found.keys())
        if not case.runs and "diagnostics" not in found and "expressions" not in found:
            # A test of nothing but a program: its only workflow is run.
            case.runs = bool(found)
        self._program(found, default)
        ways = [name for name in ("model", "replay", "live") if name in found]
        if not case.live and "live" in ways:
            ways.remove("live")
        if len(ways) > 1:
            self.findings.report(
                "unknown-key",
                found[ways[1]].key.span,
                f"a test has only one of `model`, `replay` and `live`, not also `{ways[1]}`",
                hint="remove one of them",
            )
        _drop_echoes(self.findings.items)

    def _nothing(self, key: Scalar) -> None:
        self.findings.report(
            "missing-key",
            key.span,
            "this test says nothing",
            hint="add `expect:`, `diagnostics:` or `expressions:`",
        )

    def _program(self, found: dict[str, Entry], default: ProgramSource | None) -> None:
        case = self.case
        needed = case.runs or case.diagnostics is not None
        if "file" in found or "program" in found:
            case.program = self.files.program(found)
        elif needed and default is not None:
            case.program = default
        elif needed:
            sibling = self.path.name.removesuffix(TEST_SUFFIX) + SUFFIX
            self.findings.report(
                "missing-file",
                case.key.span,
                f"this test has no program: there is no '{sibling}' beside its file",
                hint="name the program with `file:`, or write it under `program:`",
            )

    def _read(self, found: dict[str, Entry]) -> None:
        case, fields = self.case, self.fields
        script = ScriptReader(fields, case.agents, case.tools)
        if "inputs" in found:
            case.inputs_key = found["inputs"].key
            for entry in fields.map(found["inputs"].value, "inputs"):
                case.inputs[entry.key.value] = to_value(entry.value)
                case.given.append(entry)
        expecting = ExpectReader(fields, case.agents, case.inputs)
        for name, entry in found.items():
            value = entry.value
            match name:
                case "workflow":
                    if fields.text(value, name) is not None and isinstance(value, Scalar):
                        case.workflow = value
                case "model":
                    case.script = script.entries(value)
                    case.model_key = entry.key
                case "replay":
                    case.replay = self._recording(value)
                case "live":
                    case.live = fields.boolean(value, name)
                case "answers":
                    case.answers = () if is_null(value) else fields.texts(value, name)
                    case.answers_key = entry.key
                case "env":
                    self._env(value)
                case "files":
                    self._files(value)
                case "expect":
                    if not is_null(value):
                        case.expect = expecting.expect(value)
                case "diagnostics":
                    case.diagnostics = expecting.findings(value)
                    case.diagnostics_node = value
                case "expressions":
                    case.expressions = expecting.expressions(value)
                case _:
                    pass

    def _recording(self, node: Node) -> Path | None:
        """The recording that stands for the model; one that is none is reported."""
        path = self.files.path(node, "replay", "*.jsonl")
        if path is None:
            if isinstance(node, Scalar) and "\0" not in node.value:
                return self.files.folder / node.value
            return None
        from vega_runtime.errors import ConfigError
        from vega_runtime.models.record import Replay

        try:
            Replay(path)
        except ConfigError as error:
            self.findings.report(
                "unreadable-file",
                node.span,
                error.message,
                hint="make it with `vegac run --record FILE.jsonl`",
            )
        return path

    def _env(self, node: Node) -> None:
        for entry in self.fields.map(node, "env"):
            name = entry.key.value
            if not _ENV_NAME.fullmatch(name):
                self.findings.report(
                    "bad-name",
                    entry.key.span,
                    f"'{name}' cannot name an environment variable",
                    hint="names hold letters, digits and '_'",
                )
                continue
            text = "" if is_null(entry.value) else self.fields.text(entry.value, name)
            if text is not None and "\0" not in text:
                self.case.env[name] = text

    def _files(self, node: Node) -> None:
        for entry in self.fields.map(node, "files"):
            text = "" if is_null(entry.value) else self.fields.text(entry.value, entry.key.value)
            if inside(self.findings, entry.key) and text is not None:
                self.case.files[entry.key.value] = text
