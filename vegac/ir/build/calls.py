"""Calls of other workflows, their inputs checked."""

from typing import TYPE_CHECKING, cast

from vegac.ir import nodes as ir
from vegac.ir.build.fields import kind_of, yaml_boolean
from vegac.ir.build.scope import unknown
from vegac.semantics.literals import show_number
from vegac.semantics.type_syntax import article
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    INTEGER,
    NUMBER,
    ListOf,
    MapOf,
    Type,
    assignable,
    members,
    overlaps,
)
from vegac.source.findings import Findings
from vegac.source.suggest import available, did_you_mean, nearest
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
        near = nearest(name, workflows) if name is not None else []
        missing = "workflows" in builder.context.incomplete
        if name is not None and isinstance(step.value, Scalar) and (near or not missing):
            span = step.value.span
            builder.findings.report(
                "unknown-workflow",
                span,
                f"no workflow is named '{name}'",
                hint=did_you_mean(name, workflows),
                notes=(available("workflows", workflows),),
                subject=name,
                suggestions=tuple(near),
            )
        for entry in entries:
            builder.texts.value(entry.value)
        span = step.key.span
        return [ir.Assign(span, site, builder.targets(step, ANY), unknown(span))]
    builder.calls[name] = None
    signature = builder.context.signature(name)
    arguments: dict[str, ir.Expr] = {}
    for entry in entries:
        value = builder.texts.value(entry.value)
        declared = signature.inputs.get(entry.key.value)
        if declared is None and not signature.complete:
            arguments[entry.key.value] = value
            continue
        if declared is None:
            _unknown_input(builder, entry, name, list(signature.inputs))
            continue
        arguments[entry.key.value] = value
        node = entry.value
        if (
            declared.type == BOOLEAN
            and isinstance(node, Scalar)
            and node.style == "plain"
            and yaml_boolean(builder.findings, node, f"the input '{declared.name}'") is not None
        ):
            continue
        check_argument(builder.findings, declared, value)
    missing = [
        declared.name
        for declared in signature.inputs.values()
        if declared.required and declared.name not in arguments
    ]
    known = {entry.key.value for entry in entries}
    for wanted in missing:
        if any(nearest(key, [wanted]) for key in known - signature.inputs.keys()):
            continue
        builder.findings.report(
            "missing-input",
            step.key.span,
            f"workflow '{name}' needs the input '{wanted}'",
            hint=f"add `{wanted}:` under `with:`",
            subject=wanted,
        )
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


def _unknown_input(builder: "StepBuilder", entry: Entry, workflow: str, names: list[str]) -> None:
    key = entry.key
    near = nearest(key.value, names)
    builder.findings.report(
        "unknown-input",
        key.span,
        f"workflow '{workflow}' has no input '{key.value}'",
        hint=did_you_mean(key.value, names),
        notes=(available("inputs", names),) if names else ("it has no inputs",),
        subject=key.value,
        suggestions=tuple(near),
    )


def check_argument(findings: Findings, declared: ir.Input, value: ir.Expr) -> None:
    """Check a value against a declared input: its type, and for constants enum and range."""
    wrong = _misfit(value, declared.type)
    if wrong is not None:
        part, wanted = wrong
        whole = f"input '{declared.name}' is {article(declared.type)}"
        here = "this is" if part is value else f"here stands {article(part.type)}, not"
        findings.report(
            "type-mismatch",
            part.span,
            f"{whole}; {here} {article(part.type if part is value else wanted)}",
            hint=_cure(part.type, wanted),
            subject=declared.name,
        )
        return
    if isinstance(value, ir.Const) and value.value is not None:
        problem = constant_problem(declared, value.value)
        if problem:
            code, message, hint = problem
            near = near_values(declared, value.value)
            findings.report(
                code,
                value.span,
                message,
                hint=hint,
                subject=str(value.value),
                suggestions=near,
            )


def constant_problem(declared: ir.Input, value: object) -> tuple[str, str, str] | None:
    """Code, message and hint where a constant is outside an input's enum or range.

    The range of a text or a list is that of its length.
    """
    if declared.enum and value not in declared.enum:
        words = [str(word) for word in declared.enum]
        return (
            "unknown-value",
            f"input '{declared.name}' cannot be '{value}'",
            did_you_mean(str(value), words) or "one of " + ", ".join(words),
        )
    match value:
        case bool():
            return None
        case int() | float():
            measure, shown, verb, unit = value, str(value), "is", ""
        case str():
            measure, shown, verb, unit = len(value), f"'{value}'", "has", " characters"
        case list():
            count = len(cast("list[object]", value))
            measure, shown, verb, unit = count, "this list", "has", " elements"
        case _:
            return None
    low, high = declared.min, declared.max
    if (low is None or measure >= low) and (high is None or measure <= high):
        return None
    limits = [f"at least {show_number(low)}"] if low is not None else []
    limits += [f"at most {show_number(high)}"] if high is not None else []
    message = f"input '{declared.name}' cannot be {shown}: it {verb} {' and '.join(limits)}{unit}"
    return "out-of-range", message, ""


def near_values(declared: ir.Input, value: object) -> tuple[str, ...]:
    """The words of an input's enum that a word may be a misspelling of."""
    words = [str(word) for word in declared.enum or ()]
    return tuple(nearest(value, words)) if isinstance(value, str) else ()


def _misfit(value: ir.Expr, wanted: Type) -> tuple[ir.Expr, Type] | None:
    """The part of a value that cannot be what is wanted, with the type that it should have."""
    match value, wanted:
        case ir.ListValue(items=items), ListOf(element):
            found = (_misfit(item, element) for item in items)
        case ir.MapValue(values=values), MapOf(inner):
            found = (_misfit(item, inner) for item in values)
        case _:
            fraction = wanted == INTEGER and _is_fraction(value)
            return (value, wanted) if fraction or not _fits(value.type, wanted) else None
    return next((part for part in found if part is not None), None)


def _is_fraction(value: ir.Expr) -> bool:
    number = value.value if isinstance(value, ir.Const) else None
    return isinstance(number, float) and not number.is_integer()


def _fits(source: Type, target: Type) -> bool:
    return any(assignable(member, target) or overlaps(member, target) for member in members(source))


def _cure(source: Type, target: Type) -> str:
    if target in (NUMBER, INTEGER):
        return "write a number"
    if target == BOOLEAN:
        return "write true or false"
    if "string" in str(target) and source in (NUMBER, INTEGER, BOOLEAN):
        return "put it in quotes"
    return ""
