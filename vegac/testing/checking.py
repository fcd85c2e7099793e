"""Checking tests without running them: how they are written, and whether they name what their
programs have."""

from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from vegac.policy import apply_policy
from vegac.semantics.declarations import Declarations
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.testing.cases import Case, ProgramFile, ProgramSource, ProgramText, TestFile
from vegac.testing.inline import Inline
from vegac.testing.naming import unknown_agents, unknown_workflow
from vegac.testing.reading import read_tests
from vegac.workspace import (
    SUFFIX,
    TEST_SUFFIX,
    Lookups,
    Report,
    UsageError,
    Workspace,
    finish,
)


def written_wrong(file: TestFile) -> Iterator[Diagnostic]:
    """The mistakes in how the tests of a file are written."""
    yield from file.findings
    for case in file.cases:
        yield from case.findings


def check_tests(workspace: Workspace, path: Path) -> Report:
    """Check a file of tests. Raises `UsageError` where it cannot be read."""
    return _FileOfTests(workspace, path).report()


class _FileOfTests:
    """One file of tests, and what its programs declare."""

    def __init__(self, workspace: Workspace, path: Path) -> None:
        self.workspace = workspace
        self.path = path
        self.file = read_tests(path, workspace.read(path))
        self.placements = Placements()
        self.lookups = Lookups()
        self.known: dict[object, Report | None] = {}

    def report(self) -> Report:
        """What is wrong in the tests, and in programs that are written among them."""
        file, tree = self.file, self.file.tree
        self._look_for_program()
        self.placements.update(tree.placements)
        findings = [*written_wrong(file)]
        for case in file.cases:
            if not case.broken and case.program is not None:
                findings += self._against(case, case.program)
        lints = self.workspace.config(self.path.parent).lints
        left = apply_policy(findings, self.placements, [tree], lints)
        return Report(
            finish(left, self.placements, [tree]),
            self.placements,
            None,
            Declarations(tree.file.path, trees=[tree]),
            lookups=self.lookups,
            tests=len(file.cases),
        )

    def _look_for_program(self) -> None:
        """Take note of the files that tests without `file:` are about."""
        sibling = self.path.with_name(self.path.name.removesuffix(TEST_SUFFIX) + SUFFIX)
        self.lookups.files[sibling] = sibling.is_file()

    def _against(self, case: Case, source: ProgramSource) -> list[Diagnostic]:
        """What is wrong between a test and its program."""
        report = self._program(source)
        if report is None or report.declarations is None:
            return []
        if isinstance(source, ProgramText) and case.diagnostics is None:
            errors = [one for one in report.diagnostics if one.severity == "error"]
            if errors:
                tree = report.declarations.trees[0]
                inline = Inline(source.scalar, tree.file, report.placements)
                # Edits would have to fit the style that the text around them is written in.
                return [replace(inline.finding(one), fixes=()) for one in errors]
        if not case.runs:
            return []
        found = [*unknown_agents(self.file, case, report.declarations.agents)]
        wrong = unknown_workflow(case, report.declarations.workflows)
        return found if wrong is None else [*found, wrong]

    def _program(self, source: ProgramSource) -> Report | None:
        """The check of a program under test; None where it cannot be read."""
        key = source.path if isinstance(source, ProgramFile) else source.scalar.value
        if key not in self.known:
            self.known[key] = self._checked(source)
        return self.known[key]

    def _checked(self, source: ProgramSource) -> Report | None:
        workspace = self.workspace
        if isinstance(source, ProgramText):
            tree = workspace.read_text(f"{self.file.name} (program)", source.scalar.value)
            folder = source.folder
        else:
            try:
                tree, folder = workspace.read(source.path), source.path.parent
            except UsageError:
                return None
        try:
            report = workspace.check_tree(tree, folder)
        except UsageError:
            return None
        self.placements.update(report.placements)
        lookups = report.lookups
        self.lookups.names.update(lookups.names)
        self.lookups.files.update(lookups.files)
        self.lookups.contents.update(lookups.contents)
        for part in report.declarations.trees if report.declarations is not None else []:
            if part is not tree or isinstance(source, ProgramFile):
                path = workspace.root / part.file.path
                text = ("\ufeff" if part.file.bom else "") + part.file.text
                self.lookups.contents[path] = text.encode(errors="surrogatepass")
        return report
