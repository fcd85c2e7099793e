"""What YAML reads otherwise than its author meant, without calling it a mistake."""

import re

from vegac.source.diagnostic import Diagnostic, Edit, Fix
from vegac.source.span import Span
from vegac.syntax.compose import Composed, quoted
from vegac.syntax.core_schema import resolve_plain
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence

# The start of a comment that looks like the rest of a text: `PR #12`, `PR #<<n>>`. A word after
# the sign proves nothing (`model: x #comment`), so a comment counts only if it starts with a digit
# or holds a hole.
_LOST = re.compile(r"[ \t]#(?=\d|[^\s].*?(?:<<|\{\{)|(?:<<|\{\{))")


def comments_in_text(composed: Composed) -> list[Diagnostic]:
    """`comment-in-text` where a plain text loses its end to a YAML comment."""
    text = composed.chunk.text
    starts = [match.start() for match in _LOST.finditer(text)]
    if not starts or composed.root is None:
        return []
    ends: dict[int, tuple[Scalar, bool]] = {}
    _collect(composed.root, False, ends, set())
    found: list[Diagnostic] = []
    for start in starts:
        end = len(text[:start].rstrip(" \t"))
        scalar, flow = ends.get(end, (None, False))
        if scalar is None or not _is_text(scalar):
            continue
        found.append(_finding(composed, scalar, start + 1, flow))
    return found


def _collect(
    node: Node, flow: bool, ends: dict[int, tuple[Scalar, bool]], shared: set[int]
) -> None:
    """Notes where each plain value ends; keys are left out."""
    if isinstance(node, Scalar):
        if node.style in ("plain", "hole") and node.end > node.start:
            ends[node.end] = (node, flow)
        return
    if id(node) in shared:
        return
    shared.add(id(node))
    if isinstance(node, Mapping):
        for entry in node.entries:
            _collect(entry.value, node.flow, ends, shared)
    elif isinstance(node, Sequence):
        for item in node.items:
            _collect(item, node.flow, ends, shared)


def _is_text(scalar: Scalar) -> bool:
    source = scalar.chunk.text[scalar.start : scalar.end]
    return not re.search(r"[\r\n]", source) and isinstance(resolve_plain(scalar.value), str)


def _finding(composed: Composed, scalar: Scalar, start: int, flow: bool) -> Diagnostic:
    text = composed.chunk.text
    match = re.compile(r"[^\r\n]*").match(text, start)
    end = len(text[: match.end()].rstrip()) if match else start + 1
    unit = composed.chunk.unit
    fixes: tuple[Fix, ...] = ()
    if not flow:
        # In a flow collection the end of the line may belong to what encloses the value.
        edit = Edit(Span(unit, scalar.start, end), quoted(text[scalar.start : end]))
        fixes = (Fix("put the whole text in quotes", (edit,)),)
    return Diagnostic(
        "comment-in-text",
        "warning",
        "the text ends here: ` #` starts a YAML comment",
        Span(unit, start, end),
        hint="put the whole text in quotes",
        fixes=fixes,
    )
