"""A workspace that checks tests, too."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from vegac.source.findings import Findings
from vegac.syntax.reader import FileTree
from vegac.workspace import SUFFIX, TEST_SUFFIX, Compiled, Report, Workspace


class CheckingWorkspace(Workspace):
    """A workspace for which files of tests are to be checked like programs, and the tests in
    programs with them."""

    suffixes = (SUFFIX, TEST_SUFFIX)
    _judging = False

    def check(self, path: Path) -> Report:
        """Check a program or a file of tests. Raises `UsageError` as for a program."""
        if not path.name.endswith(TEST_SUFFIX):
            return super().check(path)
        from vegac.testing.checking import check_tests

        self.config(path.parent)
        with self.judging():
            return check_tests(self, path)

    def compile_tree(
        self, tree: FileTree, folder: Path, *, expose_variables: bool = False
    ) -> Compiled:
        """Compile a program; wrong tests are no reason not to."""
        with self.judging():
            return super().compile_tree(tree, folder, expose_variables=expose_variables)

    def judge_more(self, tree: FileTree, findings: Findings, so_far: Report) -> None:
        """The tests of a program that are wrong."""
        if self._judging or tree.root is None or tree.root.entry("tests") is None:
            return
        from vegac.testing.checking import Judge
        from vegac.testing.reading import read_tests

        said = {id(finding) for finding in tree.diagnostics}
        path = self.root / tree.file.path
        file = read_tests(path, tree)
        judge = Judge(self, file, so_far.placements, so_far.lookups, {path: so_far})
        with self.judging():
            for finding in judge.findings():
                if id(finding) not in said:
                    findings.add(finding)

    @contextmanager
    def judging(self) -> Generator[None]:
        """While tests are judged, or a program becomes Python, the tests of programs are left
        alone: they are checked with their own programs, and two programs may test each other."""
        before, self._judging = self._judging, True
        try:
            yield
        finally:
            self._judging = before
