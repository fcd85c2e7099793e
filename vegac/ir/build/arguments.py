"""What workflows are called with, checked against the inputs that they declare."""

from collections.abc import Mapping, Sequence
from typing import cast

from vegac.ir import nodes as ir
from vegac.ir.build.fields import yaml_boolean
from vegac.semantics.literals import show_number
from vegac.semantics.type_syntax import article
from vegac.semantics.types import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    STRING,
    Enum,
    ListOf,
    MapOf,
    Type,
    assignable,
    members,
    overlaps,
    without_null,
)
from vegac.source.diagnostic import Edit, Fix
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.source.suggest import (
    Names,
    did_you_mean,
    distance,
    may_mean,
    names_of,
    nearest,
    unknown_name,
)
from vegac.syntax.core_schema import resolve_plain
from vegac.syntax.nodes import Entry, Node, Scalar
from vegac.syntax.nodes import Mapping as MappingNode
from vegac.syntax.nodes import Sequence as SequenceNode

_MANY = 20
"""Of more missing inputs than these, only some are named."""

Argument = tuple[Entry, ir.Expr]
"""An input as it is given, and the value that it is given."""


def check_arguments(
    findings: Findings,
    workflow: str,
    inputs: Mapping[str, ir.Input],
    given: Sequence[Argument],
    place: Span,
    under: str,
    *,
    complete: bool = True,
) -> None:
    """Check what a workflow is called with.

    Missing inputs are reported at `place`; they belong under the key `under`. Without `complete`
    the workflow may have more inputs than are known.
    """
    names = {entry.key.value for entry, _ in given}
    known = names_of(inputs) if names - inputs.keys() else Names()
    for entry, value in given:
        declared = inputs.get(entry.key.value)
        if declared is not None:
            _check_given(findings, declared, entry.value, value)
        elif complete:
            _unknown_input(findings, entry.key, workflow, known)
    misspelt = names - inputs.keys()
    missing = [one.name for one in inputs.values() if one.required and one.name not in names]
    if len(missing) > _MANY:
        meant = {name for key in misspelt for name in known.nearest(key)}
        missing = [name for name in missing if name not in meant]
        _many_missing(findings, workflow, missing, place, under)
        return
    for name in missing:
        if any(may_mean(key, name) for key in misspelt):
            continue  # one mistake, one finding
        if len(missing) == len(misspelt) == 1 and _akin(name, *misspelt):
            continue
        findings.report(
            "missing-input",
            place,
            f"workflow '{workflow}' needs the input '{name}'",
            hint=f"add `{name}:` under `{under}:`",
            subject=name,
        )


def _many_missing(
    findings: Findings,
    workflow: str,
    missing: list[str],
    place: Span,
    under: str,
) -> None:
    """Report many inputs that are missing as one mistake, which it is."""
    if missing:
        shown = ", ".join(f"'{name}'" for name in missing[:3])
        rest = len(missing) - 3
        findings.report(
            "missing-input",
            place,
            f"workflow '{workflow}' needs the inputs {shown}" + f" and {rest:,} more" * (rest > 0),
            hint=f"add them under `{under}:`",
        )


def _akin(left: str, right: str) -> bool:
    """Whether one of two names may stand for the other where nothing else is left for either:
    names that are too short to be proposed differ by a letter or begin alike."""
    short, long = sorted((left.casefold(), right.casefold()), key=len)
    return long.startswith(short) or (len(long) > 2 and distance(short, long, 1) <= 1)


def _unknown_input(findings: Findings, key: Scalar, workflow: str, names: Names) -> None:
    details = unknown_name(key.value, "inputs", names)
    if not names:
        details["notes"] = ("it has no inputs",)
    findings.report(
        "unknown-input",
        key.span,
        f"workflow '{workflow}' has no input '{key.value}'",
        **details,
    )


def _check_given(findings: Findings, declared: ir.Input, node: Node, value: ir.Expr) -> None:
    if (
        declared.type == BOOLEAN
        and isinstance(node, Scalar)
        and node.style == "plain"
        and yaml_boolean(findings, node, f"the input '{declared.name}'") is not None
    ):
        return
    wrong = _misfit(value, declared.type)
    if wrong is not None:
        part, wanted = wrong
        whole = f"input '{declared.name}' is {article(declared.type)}"
        here = "this is" if part is value else f"here stands {article(part.type)}, not"
        findings.report(
            "type-mismatch",
            part.span,
            f"{whole}; {here} {article(part.type if part is value else wanted)}",
            hint=cure(part.type, wanted),
            fixes=requoted(node, part.span, wanted),
            subject=declared.name,
        )
        return
    constant: object = None
    if isinstance(value, ir.Const):
        constant = value.value
    elif isinstance(value, ir.ListValue):
        constant = list(value.items)
    problem = None if constant is None else constant_problem(declared, constant)
    if problem:
        code, message, hint = problem
        findings.report(
            code,
            value.span,
            message,
            hint=hint,
            subject=str(constant) if isinstance(value, ir.Const) else "",
            suggestions=near_values(declared, constant),
        )


def constant_problem(declared: ir.Input, value: object) -> tuple[str, str, str] | None:
    """Code, message and hint where a constant is outside an input's enum or range.

    The range of a text or a list is that of its length.
    """
    shown = f"'{value}'" if isinstance(value, str | int | float) else "this list"
    if declared.enum and value not in declared.enum:
        words = [str(word) for word in declared.enum]
        return (
            "unknown-value",
            f"input '{declared.name}' cannot be {shown}",
            did_you_mean(str(value), words) or "one of " + ", ".join(words),
        )
    match value:
        case bool():
            return None
        case int() | float():
            measure, shown, verb, unit = value, str(value), "is", ""
        case str():
            measure, verb, unit = len(value), "has", " characters"
        case list():
            measure, verb, unit = len(cast("list[object]", value)), "has", " elements"
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


def cure(source: Type, target: Type) -> str:
    """What to write where a value of type `target` is wanted, "" where there is nothing to say."""
    if target in (NUMBER, INTEGER):
        return "write a number"
    if target == BOOLEAN:
        return "write true or false"
    if "string" in str(target) and source in (NUMBER, INTEGER, BOOLEAN):
        return "put it in quotes"
    return ""


def requoted(node: Node, span: Span, wanted: Type) -> tuple[Fix, ...]:
    """The fix for a number or a boolean at `span` inside `node` that has quotes and should not, or
    the other way round."""
    scalar = _scalar_at(node, span)
    if scalar is None or scalar.tag:
        return ()
    wanted = without_null(wanted)
    plain = resolve_plain(scalar.value) if scalar.value else None
    if scalar.style == "plain" and (wanted == STRING or isinstance(wanted, Enum)):
        if not isinstance(plain, int | float):
            return ()
        title, text = "put it in quotes", f'"{scalar.value}"'
    elif scalar.style in ("single", "double") and _is_a(plain, wanted):
        title, text = "remove the quotes", scalar.value
    else:
        return ()
    return (Fix(title, (Edit(scalar.span, text),), yaml=True),)


def _is_a(value: object, wanted: Type) -> bool:
    if isinstance(value, bool):
        return wanted == BOOLEAN
    if wanted == INTEGER:
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return wanted == NUMBER and isinstance(value, int | float)


def _scalar_at(node: Node, span: Span) -> Scalar | None:
    match node:
        case Scalar():
            return node if node.span == span else None
        case SequenceNode(items=items):
            parts = items
        case MappingNode(entries=entries):
            parts = [entry.value for entry in entries]
        case _:
            return None
    found = (_scalar_at(part, span) for part in parts)
    return next((one for one in found if one is not None), None)
