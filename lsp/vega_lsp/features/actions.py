"""Fixes of findings, and other changes that the editor offers."""

from collections.abc import Iterable, Iterator

from lsprotocol import types

from vega_lsp.features.creations import creations
from vega_lsp.features.diagnostics import diagnostic
from vega_lsp.features.extraction import extraction
from vega_lsp.features.spellings import SHOWN, conversions
from vega_lsp.positions import range_of
from vega_lsp.program import Program
from vega_lsp.session import Session, Snapshot
from vegac.source.diagnostic import Diagnostic, Fix
from vegac.source.file import SourceFile

FIX_ALL = "source.fixAll.vega"
QUICK_FIX = types.CodeActionKind.QuickFix
EXTRACT = types.CodeActionKind.RefactorExtract
REWRITE = types.CodeActionKind.RefactorRewrite
KINDS: list[types.CodeActionKind | str] = [QUICK_FIX, EXTRACT, REWRITE, FIX_ALL]
Changes = dict[str, list[types.TextEdit]]


def actions(snapshot: Snapshot, params: types.CodeActionParams) -> list[types.CodeAction]:
    wanted = params.context.only
    found: list[types.CodeAction] = []
    for finding in snapshot.program.findings(snapshot.path):
        place = snapshot.span_range(finding.span)
        if place is None or not _meet(place, params.range):
            continue
        if _asked(QUICK_FIX.value, wanted):
            found += _quick_fixes(snapshot, finding)
    if _asked(EXTRACT.value, wanted):
        found += _extractions(snapshot, params.range)
    if _asked(REWRITE.value, wanted):
        found += _rewrites(snapshot, params.range)
    if _asked(FIX_ALL, wanted):
        changes = fix_all(snapshot)
        if changes:
            edit = types.WorkspaceEdit(changes=changes)
            found.append(types.CodeAction("Apply all safe fixes", kind=FIX_ALL, edit=edit))
    return found


def _asked(kind: str, wanted: Iterable[types.CodeActionKind | str] | None) -> bool:
    if wanted is None:
        return True
    texts = [str(getattr(item, "value", item)) for item in wanted]
    return any(kind == text or kind.startswith(f"{text}.") for text in texts)


def _meet(one: types.Range, two: types.Range) -> bool:
    def order(place: types.Position) -> tuple[int, int]:
        return place.line, place.character

    return order(one.start) <= order(two.end) and order(two.start) <= order(one.end)


def _quick_fixes(snapshot: Snapshot, finding: Diagnostic) -> Iterator[types.CodeAction]:
    session, program = snapshot.session, snapshot.program
    shown = diagnostic(session, program, finding)
    about = [shown] if shown is not None else None
    for fix in finding.fixes:
        changes = edits_of(session, program, fix)
        if fix.applicability == "display" or not changes:
            continue
        yield types.CodeAction(
            fix.title[:1].upper() + fix.title[1:],
            kind=QUICK_FIX,
            diagnostics=about,
            is_preferred=fix.applicability == "safe" and len(finding.fixes) == 1,
            edit=types.WorkspaceEdit(changes=changes),
        )
    for title, changes in creations(snapshot, finding):
        edit = types.WorkspaceEdit(changes=changes)
        yield types.CodeAction(title, kind=QUICK_FIX, diagnostics=about, edit=edit)
    comment = _ignoring(snapshot, finding)
    if comment is not None:
        yield types.CodeAction(
            f"Ignore '{finding.code}' on this line",
            kind=QUICK_FIX,
            diagnostics=about,
            edit=types.WorkspaceEdit(changes={snapshot.session.uri(snapshot.path): [comment]}),
        )


def _extractions(snapshot: Snapshot, wanted: types.Range) -> Iterator[types.CodeAction]:
    found = extraction(snapshot, wanted)
    if found is not None:
        title, changes = found
        yield types.CodeAction(title, kind=EXTRACT, edit=types.WorkspaceEdit(changes=changes))


def _rewrites(snapshot: Snapshot, wanted: types.Range) -> Iterator[types.CodeAction]:
    first, last = snapshot.offset(wanted.start), snapshot.offset(wanted.end)
    uri = snapshot.session.uri(snapshot.path)
    for delimiters, edits in conversions(snapshot, first, last):
        shown = SHOWN[delimiters]
        edit = types.WorkspaceEdit(changes={uri: edits})
        yield types.CodeAction(f"Write {shown} in this text", kind=REWRITE, edit=edit)
        # To convert a whole file takes long: only when it is chosen.
        title = f"Write {shown} in the whole file"
        command = types.Command(title, "vega.convert", arguments=[uri, delimiters])
        yield types.CodeAction(title, kind=REWRITE, command=command)


def edits_of(session: Session, program: Program, fix: Fix) -> Changes:
    """The changes of a fix by document."""
    changes: Changes = {}
    for edit in fix.edits:
        location = session.location(program, edit.span)
        place = program.locate(edit.span)
        if location is None or place is None:
            return {}
        line_end = "\r\n" if "\r\n" in place.file.text else "\n"
        text = edit.text.replace("\n", line_end)
        changes.setdefault(location.uri, []).append(types.TextEdit(location.range, text))
    return changes


def fix_all(snapshot: Snapshot) -> Changes:
    """The safe fixes of all findings of the program, none of which touches another."""
    session, program = snapshot.session, snapshot.program
    chosen: Changes = {}
    taken: dict[str, list[types.Range]] = {}
    for finding in program.report.diagnostics:
        for fix in finding.fixes[:1]:
            changes = edits_of(session, program, fix) if fix.applicability == "safe" else {}
            free = not any(
                _meet(edit.range, other)
                for uri, edits in changes.items()
                for edit in edits
                for other in taken.get(uri, ())
            )
            if free:
                for uri, edits in changes.items():
                    chosen.setdefault(uri, []).extend(edits)
                    taken.setdefault(uri, []).extend(edit.range for edit in edits)
    return chosen


def _ignoring(snapshot: Snapshot, finding: Diagnostic) -> types.TextEdit | None:
    """The comment that silences a finding, at the end of its line. Inside of block texts and
    quotes a line can have no comment."""
    if finding.code in ("yaml-syntax", "unused-ignore"):
        return None
    place = snapshot.program.locate(finding.span)
    if place is None:
        return None
    file = snapshot.file
    line = place.position.line
    node = snapshot.program.index.place_at(finding.span.unit, finding.span.start)
    if node is not None and node.node.style in ("literal", "folded"):
        return None
    if node is not None:
        around = snapshot.program.locate(node.node.span)
        if around is not None and around.end_position.line != line:
            return None
    return types.TextEdit(_end_of(snapshot, file, line), f"  # vegac: ignore[{finding.code}]")


def _end_of(snapshot: Snapshot, file: SourceFile, line: int) -> types.Range:
    end = file.line_starts[line - 1] + len(file.line_text(line).rstrip())
    return range_of(file, end, end, snapshot.session.encoding)
