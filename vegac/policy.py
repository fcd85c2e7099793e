"""What users have said about findings: severities by `lints`, and comments that silence one."""

from collections.abc import Mapping

from msgspec.structs import replace

from vegac.source.diagnostic import Diagnostic, Edit, Fix, Severity
from vegac.source.file import Placements
from vegac.source.registry import report
from vegac.source.span import Span
from vegac.syntax.ignores import Ignore, ignores
from vegac.syntax.reader import FileTree

SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning", "info": "info"}


def apply_policy(
    findings: list[Diagnostic],
    placements: Placements,
    trees: list[FileTree],
    lints: Mapping[str, str],
) -> list[Diagnostic]:
    """The findings that remain, with the severities that were asked for.

    `# vegac: ignore[code]` silences one code on its line; where it silences nothing there is an
    `unused-ignore`.
    """
    comments = {tree.file.path: ignores(tree.file) for tree in trees}
    used: set[tuple[str, int, str]] = set()
    kept: list[Diagnostic] = []
    for finding in findings:
        place = placements.locate(finding.span)
        path, line = place.file.path, place.position.line
        if any(c.line == line and finding.code in c.codes for c in comments.get(path, ())):
            used.add((path, line, finding.code))
        else:
            kept.append(finding)
    for tree in trees:
        for comment in comments[tree.file.path]:
            kept += _unused(tree, comment, used, placements)
    return [changed for finding in kept if (changed := _with_severity(finding, lints)) is not None]


def _with_severity(finding: Diagnostic, lints: Mapping[str, str]) -> Diagnostic | None:
    wanted = lints.get(finding.code)
    if wanted is None:
        return finding
    return replace(finding, severity=SEVERITIES[wanted]) if wanted in SEVERITIES else None


def _unused(
    tree: FileTree, comment: Ignore, used: set[tuple[str, int, str]], placements: Placements
) -> list[Diagnostic]:
    path = tree.file.path
    idle = [code for code in comment.codes if (path, comment.line, code) not in used]
    if not idle and comment.codes:
        return []
    unit = f"{path}#"
    placements.add(unit, tree.file, 0)
    left = [code for code in comment.codes if code not in idle]
    text = tree.file.text
    start = comment.start
    if not left:
        while start > 0 and text[start - 1] in " \t":
            start -= 1
    replacement = f"# vegac: ignore[{', '.join(left)}]" if left else ""
    edit = Edit(Span(unit, start, comment.end), replacement)
    return [
        report(
            "unused-ignore",
            Span(unit, comment.start, comment.end),
            f"there is no finding {_listed(idle)} on this line"
            if idle
            else "this comment names no finding, so it silences none",
            hint="remove it" if not left else f"keep only {_listed(left)}",
            fixes=(Fix("Remove what silences nothing", (edit,)),),
        )
    ]


def _listed(codes: list[str]) -> str:
    return " or ".join(f"'{code}'" for code in codes)
