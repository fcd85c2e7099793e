"""Fixes for misspelt names, made from the names that a finding proposes."""

from msgspec.structs import replace

from vegac.source.diagnostic import Diagnostic, Edit, Fix
from vegac.source.file import Placements
from vegac.source.span import Span
from vegac.source.suggest import clear_favourite

# A new model may be named like an old one, a server adds tools that are not known here.
_UNSURE = frozenset({"unknown-model", "unknown-tool"})


def with_renames(finding: Diagnostic, placements: Placements) -> Diagnostic:
    """The finding with a fix for each name that it proposes, unless it has fixes already.

    The fix is safe where one name is nearer than the others. There is none where the misspelt
    name does not stand in the source as it is, apart from quotes.
    """
    if finding.fixes or not finding.suggestions or not finding.subject:
        return finding
    place = _place(finding, placements)
    if place is None:
        return finding
    sure = finding.severity != "info" or finding.code not in _UNSURE
    favourite = clear_favourite(finding.subject, finding.suggestions) if sure else None
    names = (favourite,) if favourite else finding.suggestions
    applicability = "safe" if favourite else "unsafe"
    fixes = tuple(Fix(f"write '{name}'", (Edit(place, name),), applicability) for name in names)
    return replace(finding, fixes=fixes)


def _place(finding: Diagnostic, placements: Placements) -> Span | None:
    """Where the name itself stands, inside its quotes if it has any."""
    span = finding.span
    location = placements.locate(span)
    source = location.file.text[location.start : location.end]
    if source == finding.subject:
        return span
    if source[:1] in ("'", '"') and source == source[0] + finding.subject + source[0]:
        return Span(span.unit, span.start + 1, span.end - 1)
    # The name of a server in `server__tool`.
    if source.startswith(f"{finding.subject}__"):
        return Span(span.unit, span.start, span.start + len(finding.subject))
    return None
