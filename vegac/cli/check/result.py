"""What the check of a program found, apart from the trees it was found in: small enough to be sent
to another process and to be kept on disk."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from vegac.source.diagnostic import Diagnostic, Edit, Fix, Label
from vegac.source.file import Placements, SourceFile
from vegac.source.reading import is_file
from vegac.source.span import Span
from vegac.syntax.reader import FileTree
from vegac.workspace import Report, Workspace, names_of


class Checked(Struct, array_like=True, frozen=True):
    """What was found in a program.

    `files` are those it was read from, its own first, as messages name them. Spans of `findings`
    count from the start of a file, whose name with `#` behind it is their unit. `strict` says that
    the program wants warnings to fail its check. Without `parts` (agents, workflows, tools) nothing
    in the program could be read. `unread` is why it could not even be opened. `tests` is how many
    tests there are in a file of tests, None for a program.
    """

    files: tuple[str, ...]
    findings: tuple[Diagnostic, ...] = ()
    strict: bool = False
    parts: tuple[int, int, int] | None = None
    unread: str = ""
    tests: int | None = None


class Inputs(Struct, array_like=True, frozen=True):
    """All that the outcome of a check depends on besides the compiler: the contents of files as
    digests, what patterns of `include` find, and which files are there."""

    digests: dict[str, bytes]
    names: tuple[tuple[str, str, tuple[str, ...]], ...]
    there: dict[str, bool]

    def hold(self, read: Callable[[str], bytes | None]) -> bool:
        """Whether everything is as it was; `read` gives the digest of a file, None without one."""
        return (
            all(read(path) == known for path, known in self.digests.items())
            and all(is_file(Path(path)) == known for path, known in self.there.items())
            and all(names_of(pattern, Path(at)) == known for at, pattern, known in self.names)
        )

    def files(self) -> Iterable[str]:
        """The files that were read or looked for."""
        yield from self.digests
        yield from self.there

    def folders(self) -> Iterable[str]:
        """The folders in which patterns were looked up."""
        return (at for at, _, _ in self.names)


def digest(data: bytes) -> bytes:
    """What tells contents of a file apart."""
    return hashlib.blake2b(data, digest_size=16).digest()


def checked(report: Report) -> Checked:
    """The outcome of a report."""
    trees = trees_of(report)
    program = report.program
    return Checked(
        tuple(tree.file.path for tree in trees),
        tuple(_detached(finding, report.placements) for finding in report.diagnostics),
        report.strict,
        (len(program.agents), len(program.workflows), len(program.tools)) if program else None,
        tests=report.tests,
    )


def inputs(report: Report, workspace: Workspace) -> Inputs:
    """What a report depends on."""
    return Inputs(
        {
            str(workspace.root / tree.file.path): digest(_bytes(tree.file))
            for tree in trees_of(report)
        }
        | {str(path): digest(data) for path, data in report.lookups.contents.items()},
        tuple(
            (str(folder), pattern, names)
            for (folder, pattern), names in report.lookups.names.items()
        ),
        {str(path): there for path, there in report.lookups.files.items()},
    )


class Sources:
    """The texts of files that findings lie in, for excerpts of them."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.placements = Placements()
        self._known: set[str] = set()

    def add(self, file: SourceFile) -> None:
        """Take a file as it was when it was checked."""
        self._known.add(file.path)
        self.placements.add(_unit(file.path), file, 0)

    def need(self, findings: Iterable[Diagnostic]) -> None:
        """Read the files of findings that are not known yet."""
        for finding in findings:
            for span in _spans(finding):
                path = span.unit.removesuffix("#")
                if path not in self._known:
                    self.add(SourceFile(path, self._text(self.workspace.root / path)))

    def _text(self, path: Path) -> str:
        try:
            data = self.workspace.kept(path)
            if data is None:
                data = path.read_bytes() if path.is_file() else b""
        except OSError:
            return ""
        return data.decode(errors="replace")


def trees_of(report: Report) -> list[FileTree]:
    """The files of a program, its own first."""
    return report.declarations.trees if report.declarations is not None else []


def _unit(path: str) -> str:
    return f"{path}#"


def _bytes(file: SourceFile) -> bytes:
    """The contents of a file; of one that is no UTF-8 something else, so that it is never kept."""
    text = ("\ufeff" if file.bom else "") + file.text
    return text.encode(errors="surrogatepass")


def _spans(finding: Diagnostic) -> Iterable[Span]:
    yield finding.span
    yield from (label.span for label in finding.labels)
    yield from (edit.span for fix in finding.fixes for edit in fix.edits)


def _detached(finding: Diagnostic, placements: Placements) -> Diagnostic:
    """The finding with spans that count from the starts of files."""

    def moved(span: Span) -> Span:
        try:
            place = placements.locate(span)
        except KeyError:  # a file that was not read
            return span
        return Span(_unit(place.file.path), place.start, place.end)

    return replace(
        finding,
        span=moved(finding.span),
        labels=tuple(Label(moved(label.span), label.message) for label in finding.labels),
        fixes=tuple(
            Fix(
                fix.title,
                tuple(Edit(moved(edit.span), edit.text) for edit in fix.edits),
                fix.applicability,
            )
            for fix in finding.fixes
        ),
    )
