"""Calls of other workflows, their inputs checked."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from vegac.ir import nodes as ir
from vegac.ir.build.arguments import check_arguments
from vegac.ir.build.fields import kind_of
from vegac.ir.build.scope import unknown
from vegac.semantics.types import ANY
from vegac.source.diagnostic import Diagnostic
from vegac.source.suggest import available, names_of, unknown_name
from vegac.syntax.document import Step
from vegac.syntax.nodes import Entry, ErrorNode, Mapping, Scalar, is_null

if TYPE_CHECKING:
    from vegac.ir.build.steps import StepBuilder


def call(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    entries = _entries(builder, step)
    name = step.value.value if isinstance(step.value, Scalar) else None
    if is_null(step.value):
        name = None
    workflows = builder.context.workflow_names
    if name is None and not isinstance(step.value, ErrorNode):
        builder.findings.report(
            "wrong-type",
            step.value.span,
            f"`workflow` is the name of a workflow; here stands {kind_of(step.value)}",
            hint="write `workflow: NAME`",
            notes=(available("workflows", workflows),),
        )
    if name is None or name not in workflows:
        known = names_of(workflows)
        near = known.nearest(name) if name is not None else ()
        missing = "workflows" in builder.context.incomplete
        if name is not None and isinstance(step.value, Scalar) and (near or not missing):
            span = step.value.span
            builder.findings.report(
                "unknown-workflow",
                span,
                f"no workflow is named '{name}'",
                **unknown_name(name, "workflows", known),
            )
        for entry in entries:
            builder.texts.value(entry.value)
        span = step.key.span
        return [ir.Assign(span, site, builder.targets(step, ANY), unknown(span))]
    builder.calls[name] = None
    signature = builder.context.signature(name)
    before = len(builder.findings.items)
    given = [(entry, builder.texts.entry(entry)) for entry in entries]
    if isinstance(step.get("with"), Mapping | None):  # else that is said
        check_arguments(
            builder.findings,
            name,
            signature.inputs,
            given,
            step.key.span,
            "with",
            complete=signature.complete,
        )
        _told_once(builder.findings.items, before)
    arguments = {
        entry.key.value: value
        for entry, value in given
        if entry.key.value in signature.inputs or not signature.complete
    }
    targets = builder.targets(step, signature.result)
    return [
        ir.Call(
            step.key.span,
            site,
            name,
            arguments,
            targets,
            signature.result,
            builder.fresh(step),
        )
    ]


def _told_once(findings: list[Diagnostic], start: int) -> None:
    """Of a text that does not fit, and that should have been a hole, one finding says both."""
    texts = {f.span: f for f in findings[start:] if f.code == "bareword-is-variable"}
    if texts:
        wrong = {f.span for f in findings[start:] if f.code == "type-mismatch" and f.span in texts}
        findings[start:] = [
            replace(f, hint=texts[f.span].hint, fixes=texts[f.span].fixes) if f.span in wrong else f
            for f in findings[start:]
            if f.span not in wrong or f.code == "type-mismatch"
        ]


def _entries(builder: "StepBuilder", step: Step) -> list[Entry]:
    node = step.get("with")
    if node is None:
        return []
    if not isinstance(node, Mapping):
        if not isinstance(node, ErrorNode):
            builder.findings.report(
                "wrong-type", node.span, "`with` is a map from inputs to values"
            )
        return []
    return node.entries
