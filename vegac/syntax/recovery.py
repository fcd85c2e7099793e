"""Makes the best of a chunk that fails as YAML."""

from vegac.source.diagnostic import Diagnostic
from vegac.source.span import Span
from vegac.syntax.compose import Composed
from vegac.syntax.nodes import Chunk, ErrorNode


def recover(chunk: Chunk, depth: int, column: int) -> Composed:
    """What can be read of a chunk."""
    span = Span(chunk.unit, 0, 1)
    finding = Diagnostic("yaml-syntax", "error", "this is not valid YAML", span)
    return Composed(chunk, ErrorNode(chunk, 0, len(chunk.text)), [finding], set(), {}, 0)
