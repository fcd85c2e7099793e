"""What YAML reads otherwise than its author meant, without calling it a mistake."""

import re

from vegac.source.diagnostic import Diagnostic, Edit, Fix
from vegac.source.span import Span
from vegac.syntax.compose import Composed
from vegac.syntax.core_schema import resolve_plain
from vegac.syntax.nodes import Chunk, Mapping, Node, Scalar, Sequence
from vegac.syntax.yaml_findings import quoted

# A comment that may be the rest of a text: no blank after the sign.
_CANDIDATE = re.compile(r"#(?<=[ \t]#)[^\s]")
# It goes as far as the line, or to a comment that is written as one.
_COMMENT = re.compile(r"[ \t]+(#[^\s][^\r\n]*?)(?=[ \t]+#[ \t]|[\r\n]|\Z)")
# A digit (`PR #12`) or a hole (`PR #<<n>>`) is a text cut off. A word may be a remark after all
# (`model: x #mine`), so there the fix is left to the reader.
_LOST = re.compile(r"#\d|.*?(?:<<|\{\{)")


def comments_in_text(composed: Composed) -> list[Diagnostic]:
    """`comment-in-text` where a plain text loses its end to a YAML comment."""
    text = composed.chunk.text
    if composed.root is None or not _CANDIDATE.search(text):
        return []
    ends: dict[int, tuple[Scalar, bool]] = {}
    _collect(composed.root, composed.chunk, False, ends, set())
    found: list[Diagnostic] = []
    for end, (scalar, flow) in ends.items():
        comment = _COMMENT.match(text, end)
        if comment and _is_text(scalar):
            stop = comment.start(1) + len(comment[1].rstrip())
            found.append(_finding(scalar, comment.start(1), stop, flow))
    return found


def _collect(
    node: Node, chunk: Chunk, flow: bool, ends: dict[int, tuple[Scalar, bool]], shared: set[int]
) -> None:
    """Notes where each plain value of a chunk ends; keys are left out, and what aliases bring in
    from elsewhere."""
    if node.chunk is not chunk:
        return
    if isinstance(node, Scalar):
        if node.style in ("plain", "hole") and node.end > node.start:
            ends[node.end] = (node, flow)
        return
    if id(node) in shared:
        return
    shared.add(id(node))
    if isinstance(node, Mapping):
        for entry in node.entries:
            _collect(entry.value, chunk, node.flow, ends, shared)
    elif isinstance(node, Sequence):
        for item in node.items:
            _collect(item, chunk, node.flow, ends, shared)


def _is_text(scalar: Scalar) -> bool:
    source = scalar.chunk.text[scalar.start : scalar.end]
    one_line = "\n" not in source and "\r" not in source
    return one_line and isinstance(resolve_plain(scalar.value), str)


def _finding(scalar: Scalar, start: int, end: int, flow: bool) -> Diagnostic:
    unit = scalar.chunk.unit
    fixes: tuple[Fix, ...] = ()
    if not flow:
        # In a flow collection the end of the line may belong to what encloses the value.
        edit = Edit(Span(unit, scalar.start, end), quoted(scalar.chunk.text[scalar.start : end]))
        sure = _LOST.match(scalar.chunk.text, start, end) is not None
        fixes = (Fix("put the whole text in quotes", (edit,), "safe" if sure else "unsafe"),)
    return Diagnostic(
        "comment-in-text",
        "warning",
        "the text ends here: ` #` starts a YAML comment",
        Span(unit, start, end),
        hint="put the whole text in quotes, or a space after `#`",
        fixes=fixes,
    )
