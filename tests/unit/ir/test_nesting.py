"""Blocks inside blocks: what the limit lets through compiles."""

from collections.abc import Callable
from random import Random

import pytest

from tests.unit.emit.build import HERE, const, each, emit, give, list_of, program, send, workflow
from vegac.ir import nodes as ir
from vegac.ir.nesting import MAX_BLOCKS, nested_blocks
from vegac.ir.verify import verify
from vegac.semantics.types import INTEGER

Wrap = Callable[[ir.Block, int], ir.Statement]
ERROR = (ir.Target("error", HERE),)
WRAPS: dict[str, Wrap] = {
    "for": lambda body, level: each("x", list_of(const(1)), body, level=level),
    "repeat": lambda body, level: ir.Repeat(HERE, "w/r", body, None, const(1), level),
    "scope": lambda body, _: ir.Scope(HERE, "w/s", body, 1.0, None),
    "try": lambda body, _: ir.Try(HERE, "w/t", body, [], ERROR, []),
    "catch": lambda body, _: ir.Try(HERE, "w/t", [], body, ERROR, []),
    "finally": lambda body, _: ir.Try(HERE, "w/t", [], [], ERROR, body),
    "timeout": lambda body, _: ir.OnTimeout(HERE, "w/o", [], body, "w/o"),
    "attempts": lambda body, _: ir.Attempts(HERE, "w/a", body, ir.Construct("Retry", {})),
}


def nest(kinds: list[str]) -> ir.Workflow:
    body: ir.Block = [send("A", "hi", site="x")]
    level = len(kinds)
    for kind in kinds:
        body = [WRAPS[kind](body, level)]
        level -= 1
    return workflow([*body, give(const(1))], variables={"x": INTEGER, "error": INTEGER})


@pytest.mark.parametrize("seed", range(60))
def test_what_the_limit_lets_through_compiles(seed: int) -> None:
    random = Random(seed)
    kinds: list[str] = []
    while nested_blocks(nest(kinds).body) <= MAX_BLOCKS:
        kinds.append(random.choice(list(WRAPS)))
    kinds.pop()
    compile(emit(nest(kinds)).text, "m", "exec")


def test_the_limit_is_reported() -> None:
    assert verify(program(nest(["for"] * 20))) == []
    assert verify(program(nest(["for"] * 21))) == ["w: more than 20 blocks stand inside each other"]


def test_a_branch_starts_anew() -> None:
    deep = nest(["for"] * 15).body[:1]
    branch = ir.Branch("b", "w/parallel/b", deep, (), None)
    parallel: ir.Block = [ir.Parallel(HERE, "w/parallel", [branch], ())]
    for level in range(10, 0, -1):
        parallel = [each("x", list_of(const(1)), parallel, level=level)]
    flow = workflow([*parallel, give(const(1))], variables={"x": INTEGER})
    assert nested_blocks(flow.body) == 15
    compile(emit(flow).text, "m", "exec")
