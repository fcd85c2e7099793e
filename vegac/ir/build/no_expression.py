"""What stands where an expression should, such as the map that a colon too many makes of it."""

import re

from vegac.ir.build.fields import kind_of
from vegac.source.diagnostic import Edit, Fix
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.syntax.nodes import Entry, Mapping, Node, is_null

_COLON = re.compile(r"[ \t]*:")


def report_no_expression(findings: Findings, node: Node, what: str) -> None:
    """Report a map or a list in the place of an expression."""
    hint, fixes = "", ()
    colon = _colon_of_only_key(node)
    if colon is not None:
        entry, place = colon
        hint = "remove the `:` behind it"
        if is_null(entry.value):
            fixes = (Fix("remove the `:`", (Edit(place, ""),)),)
        else:
            hint += ", and write what stands below on its own level"
    findings.report(
        "wrong-type",
        node.span,
        f"{what} is an expression; here stands {kind_of(node)}",
        hint=hint,
        fixes=fixes,
    )


def _colon_of_only_key(node: Node) -> tuple[Entry, Span] | None:
    """The one entry of a map that is not in braces, and its colon."""
    if not isinstance(node, Mapping) or len(node.entries) != 1:
        return None
    (entry,) = node.entries
    text = node.chunk.text
    found = _COLON.match(text, entry.key.end)
    if found is None or text.startswith("{", node.start):
        return None
    return entry, Span(node.chunk.unit, found.start(), found.end())
