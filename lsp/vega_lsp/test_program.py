"""Files of tests, seen together with the program that they are about."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from vega_lsp.program import Program
from vegac.cascades.finish import finish
from vegac.policy import apply_policy
from vegac.semantics.declarations import Declarations
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.source.render import locate
from vegac.syntax.reader import FileTree
from vegac.testing.cases import Case, ProgramFile, ProgramSource, ProgramText, TestFile
from vegac.testing.checking import against
from vegac.testing.judging import unreadable_expressions
from vegac.testing.reading import read_tests
from vegac.workspace import SUFFIX, TEST_SUFFIX, Report, UsageError, Workspace

if TYPE_CHECKING:
    from vega_lsp.session import Session


class Known(Struct, eq=False):
    """A file of tests as it was seen last: its text, the programs under test that are files, and
    what came of all; `inline` are the programs that are written in it, by their text."""

    text: str = ""
    bases: dict[Path, Program | None] = field(default_factory=dict[Path, Program | None])
    program: Program | None = None
    inline: dict[str, tuple[FileTree, Report]] = field(
        default_factory=dict[str, tuple[FileTree, Report]]
    )


def program_of_tests(session: "Session", path: Path, known: dict[Path, Known]) -> Program | None:
    """The program that a file of tests is about, with that file as one more of its own. None where
    the file cannot be read."""
    workspace = session.workspace(path)
    try:
        tree = workspace.read(path)
    except UsageError:
        return None
    last = known.setdefault(path, Known())
    if last.program is not None and last.text == tree.file.text and _holds(session, last):
        return last.program
    last.text, last.bases = tree.file.text, {}
    reader = _Reader(session, workspace, read_tests(path, tree), last)
    base = reader.base(path)
    report = reader.report(base)
    files = {**(base.files if base else {}), tree.file.path: path}
    last.program = Program(path, report, files)
    return last.program


def tests_of(session: "Session", program: Program) -> list[Program]:
    """The files of tests beside a program that are about it, and those that are open."""
    folder = program.path.parent
    paths = [path for path in session.documents if path.name.endswith(TEST_SUFFIX)]
    paths += sorted(folder.glob(f"*{TEST_SUFFIX}"))
    found: list[Program] = []
    for path in dict.fromkeys(paths):
        found += [one for one in session.programs_of(path) if one.holds(program.path)]
    return found


def _holds(session: "Session", known: Known) -> bool:
    """Whether the programs under test are as they were."""
    return all(_program(session, path) is program for path, program in known.bases.items())


def _program(session: "Session", path: Path) -> Program | None:
    if path in session.documents or path.is_file():
        return session.program(path)
    return None


class _Reader:
    """Reads a file of tests with its programs."""

    def __init__(
        self, session: "Session", workspace: Workspace, tests: TestFile, known: Known
    ) -> None:
        self.session = session
        self.workspace = workspace
        self.tests = tests
        self.known = known
        self.before, known.inline = known.inline, {}

    def base(self, path: Path) -> Program | None:
        """The program file that most of the tests are about."""
        for case in self.tests.cases:
            if isinstance(case.program, ProgramFile):
                return self.file(case.program.path)
        return self.file(path.with_name(path.name.removesuffix(TEST_SUFFIX) + SUFFIX))

    def file(self, path: Path) -> Program | None:
        bases, found = self.known.bases, Path(os.path.abspath(path))  # noqa: PTH100
        if found not in bases:
            bases[found] = _program(self.session, found)
        return bases[found]

    def text(self, program: ProgramText) -> tuple[FileTree, Report]:
        """A program that is written in the file, checked."""
        text = program.scalar.value
        found = self.known.inline.get(text) or self.before.get(text)
        if found is None:
            tree = self.workspace.read_text(f"{self.tests.name} (program)", text)
            found = tree, self.workspace.check_tree(tree, program.folder)
        self.known.inline[text] = found
        return found

    def report(self, base: Program | None) -> Report:
        """What is known of the program, with what is wrong in the tests."""
        tests, placements = self.tests, Placements()
        trees: list[FileTree] = [tests.tree]
        findings = [*tests.findings]
        for case in tests.cases:
            findings += case.findings
            findings += unreadable_expressions(case)
            if case.program is not None:
                findings += self._case(case, case.program)
        known = base.report if base is not None else None
        if base is not None:
            placements.update(base.report.placements)
            trees += base.trees
        elif self.known.inline:
            known = next(iter(self.known.inline.values()))[1]
        placements.update(tests.tree.placements)
        declared = known.declarations if known is not None else None
        declarations = replace(declared or Declarations(tests.name), trees=trees)
        placed = [finding for finding in findings if locate(finding.span, placements)]
        lints = self.workspace.lints(tests.path.parent)
        left = apply_policy(placed, placements, [tests.tree], lints)
        return Report(
            finish(left, placements, [tests.tree]),
            placements,
            known.program if known else None,
            declarations,
        )

    def _case(self, case: Case, source: ProgramSource) -> list[Diagnostic]:
        """What is wrong between a test and its program."""
        if isinstance(source, ProgramText):
            report = self.text(source)[1]
        else:
            program = self.file(source.path)
            report = program.report if program is not None else None
        return [] if report is None else against(self.tests, case, source, report)
