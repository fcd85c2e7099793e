"""What steps made of steps come to: the latest result inside them, null where there is none.

`result` may still be that of an earlier step there. So where a path through the body gives no
result, a hidden variable of its own is set along with `result`, and begins as null.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from vegac.ir import nodes as ir
from vegac.semantics.types import NULL, Type, join
from vegac.source.span import Span
from vegac.syntax.document import Step

if TYPE_CHECKING:
    from vegac.ir.build.steps import StepBuilder


def outcome_name(builder: "StepBuilder") -> str:
    """The hidden variable for the iterations, the branch or the block that is now begun."""
    around = len(builder.outcomes)
    place = f"{builder.parallel_depth}.{builder.scope.loop_level}"
    return f"steps.:outcome {place}.{around}" if around else f"steps.:outcome {place}"


def outcome(builder: "StepBuilder", name: str, body: ir.Block, span: Span, site: str) -> ir.Expr:
    """What stands for a body that was just built with `name` among the builder's `outcomes`."""
    scope = builder.scope
    binding = scope.flow.bindings.pop(name, None)
    latest = scope.flow.get(scope.latest)
    if binding is None or latest is None:
        return ir.Const(NULL, span, None)
    if not binding.unset:
        return ir.Variable(latest.type, span, scope.latest)
    null = ir.Const(NULL, span, None)
    body.insert(0, ir.Assign(span, site, (ir.Target(name, span),), null))
    type_: Type = join(binding.type, NULL)
    known = scope.variables.get(name)
    scope.variables[name] = type_ if known is None else join(known, type_)
    return ir.Variable(type_, span, name)


def with_outcome(
    builder: "StepBuilder", step: Step, site: str, build: Callable[[], ir.Block]
) -> ir.Block:
    """The block that `build` makes, its outcome going to the step's `save` and `name`."""
    if not {"save", "name"} & step.fields.keys():
        return build()
    own = outcome_name(builder)
    builder.outcomes.append(own)
    block = build()
    builder.outcomes.pop()
    if not builder.scope.flow.live:
        builder.scope.flow.bindings.pop(own, None)
        return block
    value = outcome(builder, own, block, step.key.span, site)
    store(builder, block, builder.saves(step, value.type), value, site)
    return block


def store(
    builder: "StepBuilder",
    block: ir.Block,
    targets: tuple[ir.AnyTarget, ...],
    value: ir.Expr,
    site: str,
) -> None:
    """Give `value`, what `block` has come to, to `targets` too."""
    latest = builder.scope.latest
    last = block[-1] if block else None
    if (
        isinstance(value, ir.Variable)
        and value.name == latest
        and isinstance(last, ir.Send | ir.Call | ir.Parallel | ir.ParallelFor)
        and any(isinstance(target, ir.Target) and target.name == latest for target in last.targets)
    ):
        last.targets = (*targets, *last.targets)
    elif targets:
        block.append(ir.Assign(value.span, site, targets, value))


def without_output(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    """The output of a step that has none, under its `name`: null."""
    targets = builder.saves(step, NULL) if "name" in step.fields else ()
    span = step.key.span
    return [ir.Assign(span, site, targets, ir.Const(NULL, span, None))] if targets else []
