"""What users have said about findings: severities by `lints`, and comments that silence one."""

import re
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from vegac.source.diagnostic import Diagnostic, Edit, Fix, Severity
from vegac.source.file import Placements
from vegac.source.registry import CODES, report
from vegac.source.span import Span
from vegac.source.suggest import nearest
from vegac.syntax.ignores import Ignore, ignores
from vegac.syntax.reader import FileTree

# What follows a comment on its line, and the line's end.
_REST = re.compile(r"[ \t]*([^\r\n]*)(?:\r?\n)?")
OPINIONS = frozenset(
    {
        "command-injection",
        "missing-file",
        "secret-in-prompt",
        "secret-in-source",
        "unbounded-recursion",
        "url-host-from-input",
        "workflow-cycle",
    }
)
"""Errors of programs that mean what they say all the same: who silences one may run them."""
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
    silenced = {
        (path, comment.line, code)
        for path, found in comments.items()
        for comment in found
        for code in comment.codes
    }
    used: set[tuple[str, int, str]] = set()
    kept: list[Diagnostic] = []
    for finding in findings:
        place = placements.locate(finding.span)
        silencer = (place.file.path, place.position.line, finding.code)
        if silencer in silenced:
            used.add(silencer)
        else:
            kept.append(finding)
    for tree in trees:
        for comment in comments[tree.file.path]:
            kept += _unused(tree, comment, used, placements)
    return [changed for finding in kept if (changed := _with_severity(finding, lints)) is not None]


def silenced_errors(
    findings: Iterable[Diagnostic], remaining: Iterable[Diagnostic]
) -> list[Diagnostic]:
    """The errors among `findings` that are none any more in `remaining`, what policy left of them,
    though the program does not mean what it says as long as they are there."""
    told = {(item.code, item.span, item.message) for item in remaining if item.severity == "error"}
    return [
        item
        for item in findings
        if item.severity == "error"
        and item.code not in OPINIONS
        and (item.code, item.span, item.message) not in told
    ]


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
    unneeded = set(idle)
    left = [code for code in comment.codes if code not in unneeded]
    span = Span(unit, comment.start, comment.end)
    misspelt = {code: near[0] for code in idle if code not in CODES and (near := _near(code))}
    if misspelt:
        stay = {*left, *misspelt}
        codes = [misspelt.get(code, code) for code in comment.codes if code in stay]
        meant = list(misspelt.values())
        edit = Edit(span, f"# vegac: ignore[{', '.join(codes)}]")
        fix = Fix(f"write {_listed(meant)}", (edit,), "unsafe")
        hint = f"did you mean {_listed(meant)}?"
    elif left:
        edit = Edit(span, f"# vegac: ignore[{', '.join(left)}]")
        fix = Fix("remove what silences nothing", (edit,))
        hint = f"keep only {_listed(left)}"
    else:
        start, end, replacement = _without(tree.file.text, comment)
        edit = Edit(Span(unit, start, end), replacement)
        fix = Fix("remove what silences nothing", (edit,))
        hint = "remove it"
    return [
        report(
            "unused-ignore",
            span,
            f"there is no finding {_listed(idle)} on this line"
            if idle
            else "this comment names no finding, so it silences none",
            hint=hint if idle else "name what it is to silence: `# vegac: ignore[CODE]`",
            fixes=(fix,),
        )
    ]


def _near(code: str) -> list[str]:
    return nearest(code, CODES)[:1]


def _without(text: str, comment: Ignore) -> tuple[int, int, str]:
    """The range that goes when the comment does, and what stays in its place."""
    start, end = comment.start, comment.end
    rest = _REST.match(text, end)
    assert rest is not None  # each part of it may be empty
    if rest[1]:
        return start, end, "#"  # the comment says more
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    alone = start == 0 or text[start - 1] in "\r\n"
    return start, rest.end() if alone else rest.end(1), ""


def _listed(codes: list[str]) -> str:
    return " or ".join(f"'{code}'" for code in codes)
