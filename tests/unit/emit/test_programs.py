"""Random programs run: no name is missing, and knowing the types changes nothing."""

from random import Random
from typing import Any

from hypothesis import given as property_of
from hypothesis import settings, strategies
from msgspec.structs import replace

from tests.unit.emit.build import locate, run
from tests.unit.emit.generate import StatementGenerator
from vega_runtime.errors import VegaError
from vegac.emit.module import emit_module
from vegac.ir import nodes as ir
from vegac.semantics.types import ANY, LOOP


def untyped(value: Any) -> Any:
    """The same piece of IR with nothing known of the types in it."""
    match value:
        case tuple():
            return tuple(map(untyped, value))  # pyright: ignore[reportUnknownArgumentType]
        case list():
            return list(map(untyped, value))  # pyright: ignore[reportUnknownArgumentType]
        case ir.Expr() | ir.Statement() | ir.Branch() | ir.ComputedTarget():
            fields = {name: untyped(getattr(value, name)) for name in value.__struct_fields__}
            plain = isinstance(value, ir.Expr) and not isinstance(value, ir.Const | ir.Template)
            if plain and value.type != LOOP:
                fields["type"] = ANY
            return replace(value, **fields)
        case _:
            return value


def without_types(program: ir.Program) -> ir.Program:
    (flow,) = program.workflows
    inputs = [replace(declared, type=ANY, type_text="any") for declared in flow.inputs]
    variables = dict.fromkeys(flow.variables, ANY)
    made = replace(flow, body=untyped(flow.body), inputs=inputs, variables=variables)
    return replace(program, workflows=[made])


def outcome(program: ir.Program) -> Any:
    module = emit_module(program, digest="", locate=locate)
    try:
        ran = run(module)
    except VegaError as error:
        return type(error).__name__
    return ran.output, ran.sent


@settings(max_examples=80, deadline=None)
@property_of(strategies.integers(0, 10_000_000))
def test_knowing_the_types_changes_nothing(seed: int) -> None:
    known = outcome(StatementGenerator(Random(seed)).program())
    unknown = outcome(without_types(StatementGenerator(Random(seed)).program()))
    assert known == unknown
