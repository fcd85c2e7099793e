"""How deeply emitted code nests: Python compiles 20 loops, `try`s and `with`s inside each other and
100 parts of an expression, and no more."""

from vegac.ir import nodes as ir
from vegac.ir.traverse import blocks, branches, statements

MAX_BLOCKS = 20

MAX_CHAIN = 90
"""How deep operators, fields and filters may stand in each other."""

_BLOCKS: dict[type[ir.Statement], int] = {
    ir.For: 1,
    ir.Repeat: 1,
    ir.Parallel: 1,
    ir.ParallelFor: 2,
    ir.Scope: 1,
    ir.Try: 3,
    ir.OnTimeout: 2,
    ir.Attempts: 3,
}
"""Blocks that a statement puts around what is inside it, at most."""


def nested_blocks(body: ir.Block) -> int:
    """The most blocks inside each other in one function of the emitted code of `body`; a branch of
    a parallel step is a function of its own."""
    inner = (block for step in statements(body, into_branches=False) for block in branches(step))
    return max((_depth(body), *map(nested_blocks, inner)))


def _depth(body: ir.Block) -> int:
    deepest = 0
    for step in body:
        inside = max(map(_depth, blocks(step)), default=0)
        deepest = max(deepest, _BLOCKS.get(type(step), 0) + inside)
    return deepest
