"""The programs under test, each checked and compiled once."""

from typing import TYPE_CHECKING

from msgspec import Struct

from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Location, Placements, SourceFile
from vegac.testing.cases import ProgramFile, ProgramSource, ProgramText
from vegac.testing.inline import Inline
from vegac.workspace import Compiled, Report, Workspace

if TYPE_CHECKING:
    from vega_runtime.errors import Place
    from vega_runtime.program import Program as LoadedProgram


class Program(Struct, eq=False):
    """A program under test. `inline` is there for one that is written inside a test file."""

    report: Report
    inline: Inline | None
    compiled: Compiled | None = None
    loaded: "LoadedProgram | None" = None

    def findings(self) -> list[Diagnostic]:
        """The errors of the check, placed in the test file where the program stands in it."""
        errors = [finding for finding in self.report.diagnostics if finding.severity == "error"]
        if self.inline is None:
            return errors
        return [self.inline.finding(finding) for finding in errors]

    def locate(self, place: "Place", tests: Placements) -> Location | None:
        """Where a failed run says that it failed; `tests` places the test file."""
        if self.inline is not None and place.file == self.inline.file.path:
            return tests.locate(self.inline.place(place.line, place.column))
        file = self._file(place.file)
        if file is None or place.line > len(file.line_starts):
            return None
        start = file.line_starts[place.line - 1] + place.column - 1
        return Location(file, start, start)

    def _file(self, path: str) -> SourceFile | None:
        declarations = self.report.declarations
        trees = declarations.trees if declarations is not None else []
        return next((tree.file for tree in trees if tree.file.path == path), None)


class Programs:
    """Checks and compiles programs, and keeps the results."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._known: dict[object, Program] = {}
        self._sources: list[ProgramSource] = []

    def checked(self, source: ProgramSource, owner: str) -> Program:
        """A checked program. `owner` is how messages name the test file.

        Raises `vegac.workspace.UsageError` for a file that cannot be read.
        """
        return self._get(source, owner, compile_=False)

    def compiled(self, source: ProgramSource, owner: str) -> Program:
        """A program that was compiled and loaded, unless it has errors."""
        program = self._get(source, owner, compile_=True)
        compiled = program.compiled
        if program.loaded is None and compiled is not None and compiled.module is not None:
            from vegac.loader import load

            name = f"vega_test_program_{len(self._known)}"
            program.loaded = load(compiled.module, name).PROGRAM
        return program

    def _get(self, source: ProgramSource, owner: str, compile_: bool) -> Program:
        key: object = id(source.scalar) if isinstance(source, ProgramText) else source.path
        known = self._known.get(key)
        if known is not None and (known.compiled is not None or not compile_):
            return known
        self._sources.append(source)  # keeps the identity of its text alive
        program = self._known[key] = self._read(source, owner, compile_)
        return program

    def _read(self, source: ProgramSource, owner: str, compile_: bool) -> Program:
        workspace = self.workspace
        if isinstance(source, ProgramFile):
            tree, folder = workspace.read(source.path), source.path.parent
        else:
            tree = workspace.read_text(f"{owner} (program)", source.scalar.value)
            folder = source.folder
        compiled: Compiled | None = None
        if compile_:
            compiled = workspace.compile_tree(tree, folder, expose_variables=True)
            report = compiled.report
        else:
            report = workspace.check_tree(tree, folder)
        inline = None
        if isinstance(source, ProgramText):
            inline = Inline(source.scalar, tree.file, report.placements)
        return Program(report, inline, compiled)
