"""What `vegac check --fix` does before it presents what is left."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from vegac.cli.diffs import diff
from vegac.cli.problem import Problem
from vegac.cli.terminal import note, out, write_file
from vegac.fixing import Drafts, apply_fixes, fix_of
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import SourceFile
from vegac.source.render import count
from vegac.syntax.reader import FileTree
from vegac.testing.workspace import CheckingWorkspace
from vegac.workspace import Report, Workspace


class Fixed(Struct):
    """The programs after their fixes. `before` and `after` hold the changed files."""

    reports: dict[Path, Report]
    before: dict[str, SourceFile]
    after: Drafts
    findings: int


class _Desk(CheckingWorkspace):
    """A workspace that reads drafts in the place of files."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.drafts: Mapping[str, SourceFile] = {}

    def _draft(self, path: Path) -> str | None:
        draft = self.drafts.get(self.shown(path)) if self.drafts else None
        return None if draft is None else full_text(draft)


def fix(
    workspace: Workspace,
    reports: dict[Path, Report],
    wanted: Callable[[Diagnostic], bool],
    *,
    unsafe: bool,
    write: bool,
) -> tuple[dict[Path, Report], bool]:
    """Fix programs and say so; with `write` off, show the changes instead of making them.

    Returns the programs after that and whether anything changed. Raises Problem.
    """
    fixed = fix_programs(workspace, reports, wanted, unsafe=unsafe)
    if write:
        save(fixed, workspace)
    elif fixed.after:
        out(changes(fixed))
    done = f"{count(fixed.findings, 'finding')} in {count(len(fixed.after), 'file')}"
    if fixed.after:
        note(f"fixed {done}" if write else f"{done} would be fixed")
    elif not write:
        note("nothing would be fixed")
    refused, left = _left(fixed.reports.values(), wanted, unsafe=unsafe)
    if refused:
        note(f"{refused} more would be, but for an error that shows only then: mend by hand")
    if left:
        note(f"{left} more can be fixed with '--unsafe-fixes', which may change the meaning")
    return fixed.reports, bool(fixed.after)


def _left(
    reports: Iterable[Report], wanted: Callable[[Diagnostic], bool], *, unsafe: bool
) -> tuple[int, int]:
    """How many findings have a fix that was taken back, and how many only one that may change the
    meaning, which nobody asked for."""
    refused: set[object] = set()
    left: set[object] = set()
    for report in reports:
        for item in report.diagnostics:
            if not wanted(item) or fix_of(item, unsafe=True) is None:
                continue
            place = report.placements.locate(item.span)
            key = (place.file.path, place.start, place.end, item.code, item.message)
            if fix_of(item, unsafe=unsafe) is None:
                left.add(key)
            elif item.severity == "error":
                refused.add(key)
    return len(refused), len(left)


def fix_programs(
    workspace: Workspace,
    reports: dict[Path, Report],
    wanted: Callable[[Diagnostic], bool],
    *,
    unsafe: bool,
) -> Fixed:
    """Apply the fixes of `wanted` findings to drafts; see `save` for what becomes of those.

    A file that several programs include is only changed where all of them take the change.
    """
    desk = _Desk(workspace.root)
    fixed = Fixed(dict(reports), {}, {}, 0)
    for paths in _neighbours(reports):
        if not any(finding.fixes for path in paths for finding in reports[path].diagnostics):
            continue

        def check(drafts: Mapping[str, SourceFile], paths: list[Path] = paths) -> list[Report]:
            desk.drafts = drafts
            return [desk.check(path) for path in paths]

        outcome = apply_fixes(check, wanted, unsafe=unsafe)
        fixed.reports.update(zip(paths, outcome.reports, strict=True))
        fixed.after.update(outcome.drafts)
        fixed.findings += len(outcome.fixed)
        for path in paths:
            fixed.before.update(_originals(reports[path], workspace, outcome.drafts))
    return fixed


def _originals(report: Report, workspace: Workspace, drafts: Drafts) -> dict[str, SourceFile]:
    """What the changed files of a program held: its own, and those of skills."""
    read = [tree.file for tree in _trees(report)]
    read += [
        SourceFile(workspace.shown(path), _text(data))
        for path, data in report.lookups.contents.items()
    ]
    return {file.path: file for file in read if file.path in drafts}


def save(fixed: Fixed, workspace: Workspace) -> None:
    """Put the drafts in the place of their files.

    Raises Problem for a file that cannot be written or was changed in the meantime; that one is
    left as it is.
    """
    for shown, draft in fixed.after.items():
        path = workspace.root / shown
        if _text(path.read_bytes()) != full_text(fixed.before[shown]):
            raise Problem(f"'{shown}' was changed by someone else; run the command again")
        write_file(path, full_text(draft))


def changes(fixed: Fixed) -> str:
    """All changes as one diff."""
    return "".join(
        diff(shown, full_text(fixed.before[shown]), full_text(fixed.after[shown]))
        for shown in sorted(fixed.after)
    )


def full_text(file: SourceFile) -> str:
    """The text with its byte-order mark, if it has one."""
    return ("\ufeff" if file.bom else "") + file.text


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _trees(report: Report) -> list[FileTree]:
    return report.declarations.trees if report.declarations is not None else []


def _neighbours(reports: Mapping[Path, Report]) -> list[list[Path]]:
    """The programs in groups; two that share a file, directly or through others, are in one."""
    groups: list[tuple[set[str], list[Path]]] = []
    for path, report in reports.items():
        files = {tree.file.path for tree in _trees(report)}
        joined: tuple[set[str], list[Path]] = (files, [path])
        apart: list[tuple[set[str], list[Path]]] = []
        for group in groups:
            if group[0] & files:
                joined = (joined[0] | group[0], group[1] + joined[1])
            else:
                apart.append(group)
        groups = [*apart, joined]
    return [paths for _, paths in groups]
