"""Findings as users see them: without what follows from others, in order, with fixes."""

from vegac.cascades.orphans import without_orphans
from vegac.cascades.ripples import without_ripples
from vegac.cascades.strange_keys import without_echoes_of_keys
from vegac.cascades.unread import without_echoes
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.source.renames import with_renames
from vegac.source.span import Span
from vegac.syntax.fix_edits import FixWriter
from vegac.syntax.reader import FileTree

_FOLLOWING = ("missing-", "no-steps", "unused-", "until-never-changes")
"""Findings that are no news where a misspelling of their subject was found."""


def finish(
    findings: list[Diagnostic], placements: Placements, trees: list[FileTree]
) -> list[Diagnostic]:
    """Without follow-on noise and repetitions, in order of place, with fixes ready to apply."""
    proposed = {name for finding in findings for name in finding.suggestions}
    misnamed = {finding.span for finding in findings if finding.code == "bad-name"}
    kept: dict[tuple[str, Span, str], Diagnostic] = {}
    for finding in findings:
        follows = finding.code.startswith(_FOLLOWING) and (
            finding.subject in proposed or finding.span in misnamed
        )
        if not follows:
            kept.setdefault((finding.code, finding.span, finding.message), finding)

    def place(finding: Diagnostic) -> tuple[str, int, int, str]:
        location = placements.locate(finding.span)
        return location.file.path, location.start, location.end, finding.code

    writer = FixWriter(trees, placements)
    news = without_echoes(list(kept.values()), placements, trees)
    news = without_echoes_of_keys(without_ripples(news, placements), placements, trees)
    news = without_orphans(news, placements, trees)
    finished = (writer.written(with_renames(finding, placements)) for finding in news)
    return sorted(finished, key=place)
