"""What an iteration or a branch comes to: the latest result inside it, null where there is none.

`result` may still be that of an earlier step there. So where a path through the body gives no
result, a hidden variable of its own is set along with `result`, and begins as null.
"""

from typing import TYPE_CHECKING

from vegac.ir import nodes as ir
from vegac.semantics.types import NULL, Type, join
from vegac.source.span import Span

if TYPE_CHECKING:
    from vegac.ir.build.steps import StepBuilder


def outcome_name(builder: "StepBuilder") -> str:
    """The hidden variable for the iterations or the branch that is now begun."""
    return f"steps.:outcome {builder.parallel_depth}.{builder.scope.loop_level}"


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
