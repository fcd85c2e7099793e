"""A checked program as the features see it."""

from functools import cached_property
from pathlib import Path

from msgspec import Struct, field

from vega_lsp import index as index_
from vega_lsp import typing as types_
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Location
from vegac.source.span import Span
from vegac.syntax.reader import FileTree
from vegac.workspace import Report


class Memory(Struct, eq=False):
    """What is remembered of a program's definitions between edits."""

    index: index_.Known = field(default_factory=index_.Known)
    types: types_.Known = field(default_factory=dict[str, types_.WorkflowTypes])


class Program:
    """What a check found, with what is computed from it when it is asked for.

    `files` are the paths of the program's files by the names that messages give them.
    """

    def __init__(
        self, path: Path, report: Report, files: dict[str, Path], memory: Memory | None = None
    ) -> None:
        self.memory = Memory() if memory is None else memory
        self.path = path
        self.report = report
        self.files = files

    @property
    def trees(self) -> list[FileTree]:
        return self.report.declarations.trees if self.report.declarations else []

    def tree(self, path: Path) -> FileTree | None:
        """The tree of one of the program's files."""
        for tree in self.trees:
            if self.files.get(tree.file.path) == path:
                return tree
        return None

    def holds(self, path: Path) -> bool:
        return path in self.files.values()

    def locate(self, span: Span) -> Location | None:
        """Where a span lies, or None for one of no file of the program."""
        try:
            return self.report.placements.locate(span)
        except KeyError:
            return None

    def findings(self, path: Path) -> list[Diagnostic]:
        """The findings in one file."""
        found: list[Diagnostic] = []
        for finding in self.report.diagnostics:
            place = self.locate(finding.span)
            if place is not None and self.files.get(place.file.path) == path:
                found.append(finding)
        return found

    @cached_property
    def index(self) -> index_.Index:
        """Every definition and reference."""
        return index_.build_index(self.report, self.memory.index)

    @cached_property
    def types(self) -> types_.Types:
        """The types of expressions and variables."""
        return types_.collect_types(self.report, self.memory.types)
