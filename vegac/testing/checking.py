"""Checking tests without running them: how they are written, and if they fit their programs."""

from contextlib import suppress
from pathlib import Path

from vegac.cascades.finish import finish
from vegac.policy import apply_policy
from vegac.semantics.declarations import Declarations
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.testing.cases import Case, ProgramFile, ProgramSource, ProgramText, TestFile
from vegac.testing.inline import Inline
from vegac.testing.judging import unfit, unmet, unreadable_expressions
from vegac.testing.reading import read_tests
from vegac.workspace import (
    SUFFIX,
    TEST_SUFFIX,
    Lookups,
    Report,
    UsageError,
    Workspace,
)


def check_tests(workspace: Workspace, path: Path) -> Report:
    """Check a file of tests. Raises `UsageError` where it cannot be read."""
    file = read_tests(path, workspace.read(path))
    tree, placements, lookups = file.tree, Placements(), Lookups()
    sibling = path.with_name(path.name.removesuffix(TEST_SUFFIX) + SUFFIX)
    lookups.files[sibling] = sibling.is_file()
    for case in file.cases:
        if case.replay is not None:
            _look_up(case.replay, lookups)
    placements.update(tree.placements)
    findings = Judge(workspace, file, placements, lookups).findings()
    left = apply_policy(findings, placements, [tree], workspace.lints(path.parent))
    return Report(
        finish(left, placements, [tree]),
        placements,
        None,
        Declarations(tree.file.path, trees=[tree]),
        lookups=lookups,
        tests=len(file.cases),
    )


def _look_up(path: Path, lookups: Lookups) -> None:
    """Note what a check has learnt from a file."""
    lookups.files[path] = path.is_file()
    if lookups.files[path]:
        with suppress(OSError):
            lookups.contents[path] = path.read_bytes()


class Judge:
    """Finds what is wrong in the tests of a file. What programs under test add to `placements` and
    `lookups` is added there; `known` are the checks of some of these programs by their paths."""

    def __init__(
        self,
        workspace: Workspace,
        file: TestFile,
        placements: Placements,
        lookups: Lookups,
        known: dict[object, Report | None] | None = None,
    ) -> None:
        self.workspace = workspace
        self.file = file
        self.placements = placements
        self.lookups = lookups
        self.known: dict[object, Report | None] = known if known is not None else {}

    def findings(self) -> list[Diagnostic]:
        """How tests are written wrong, what does not fit their programs, and the errors of programs
        that are written among them."""
        found = [*self.file.findings]
        for case in self.file.cases:
            found += case.findings
            found += unreadable_expressions(case)
            if case.program is not None:
                found += self._against(case, case.program)
        return found

    def _against(self, case: Case, source: ProgramSource) -> list[Diagnostic]:
        report = self._program(source)
        return [] if report is None else against(self.file, case, source, report)

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


def against(file: TestFile, case: Case, source: ProgramSource, checked: Report) -> list[Diagnostic]:
    """What is wrong between a test and its program, which was checked."""
    declared = checked.declarations
    if declared is None:
        return []
    if isinstance(source, ProgramText) and case.diagnostics is None:
        errors = [one for one in checked.diagnostics if one.severity == "error"]
        if errors:
            inline = Inline(source.scalar, declared.trees[0].file, checked.placements)
            return [inline.finding(one) for one in errors]
    if not case.runs:
        return []
    return [*unfit(file, case, checked), *unmet(case, checked)]
