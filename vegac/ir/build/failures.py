"""`try`, `catch` and `finally`."""

from typing import TYPE_CHECKING

from vegac.ir import nodes as ir
from vegac.ir.build.prescan import saved_names
from vegac.semantics.bindings import Binding
from vegac.semantics.flow import Flow, merge
from vegac.semantics.types import ERROR, join
from vegac.syntax.document import Step

if TYPE_CHECKING:
    from vegac.ir.build.steps import StepBuilder

TRY_FAILS = "when `try` fails before it is set"


def try_(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    scope = builder.scope
    parent = site.rpartition("/")[0]
    span = step.key.span
    if "catch" not in step.blocks and "finally" not in step.blocks:
        builder.findings.report(
            "missing-key",
            span,
            "this `try` has neither `catch` nor `finally`, so it does nothing",
            hint="add `catch:` with the steps that run after a failure",
            subject="catch",
        )
    before = scope.flow.copy()
    body = builder.block(step.blocks.get("try", []), parent)
    after_body = scope.flow
    failed = merge(Flow(after_body.bindings), before, "", TRY_FAILS)
    handler: ir.Block | None = None
    after = after_body
    if "catch" in step.blocks:
        scope.flow = failed.copy()
        scope.assign(scope.failure, ERROR, span)
        handler = builder.block(step.blocks["catch"], parent)
        after = merge(after_body, scope.flow, "when `try` succeeds", "when `catch` runs")
    finally_: ir.Block = []
    if "finally" in step.blocks:
        scope.flow = merge(failed, Flow(after.bindings), "", TRY_FAILS)
        start = scope.flow.copy()
        builder.finally_depth += 1
        finally_ = builder.block(step.blocks["finally"], parent)
        builder.finally_depth -= 1
        own = saved_names(step.blocks["finally"])
        for name in start.bindings.missing(scope.flow.bindings):
            after.bindings.pop(name, None)  # a computed name may have replaced it
        for name, binding in scope.flow.set_since(start):
            if start.get(name) == binding and name not in own:
                continue
            known = after.get(name)
            if binding.unset and known is not None and not known.unset:
                binding = Binding(join(known.type, binding.type), "", binding.place)
            after.bindings[name] = binding
    scope.flow = after
    if scope.failure not in before.bindings and handler is not None:
        scope.start_null(scope.failure)
    errors = (ir.Target(scope.failure, span),) if handler is not None else ()
    return [ir.Try(span, site, body, handler, errors, finally_)]
