"""A workspace that checks tests, too."""

from pathlib import Path

from vegac.source.findings import Findings
from vegac.syntax.reader import FileTree
from vegac.workspace import SUFFIX, TEST_SUFFIX, Report, Workspace


class CheckingWorkspace(Workspace):
    """A workspace for which files of tests are to be checked like programs, and the tests in
    programs with them."""

    suffixes = (SUFFIX, TEST_SUFFIX)

    def check(self, path: Path) -> Report:
        """Check a program or a file of tests. Raises `UsageError` as for a program."""
        if not path.name.endswith(TEST_SUFFIX):
            return super().check(path)
        from vegac.testing.checking import check_tests

        self.config(path.parent)
        return check_tests(self, path)

    def judge_more(self, tree: FileTree, findings: Findings) -> None:
        """The tests of a program that are written wrong."""
        if tree.root is None or tree.root.entry("tests") is None:
            return
        from vegac.testing.checking import written_wrong
        from vegac.testing.reading import read_tests

        said = {id(finding) for finding in tree.diagnostics}
        for finding in written_wrong(read_tests(self.root / tree.file.path, tree)):
            if id(finding) not in said:
                findings.add(finding)
