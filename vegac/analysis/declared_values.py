"""Declared values that contradict each other: ranges, lists of values, defaults."""

from collections.abc import Iterator

from vegac.analysis.contents import Contents
from vegac.ir.build.program import ProgramContext
from vegac.source.diagnostic import Label
from vegac.source.findings import Findings
from vegac.syntax.core_schema import resolve_plain, scalar_value
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence, is_null
from vegac.syntax.text import parse_text


def check_declared_values(node: Node, contents: Contents, findings: Findings) -> None:
    """`empty-range`, `duplicate-value`, `required-with-default`, `default-not-a-choice`, in the
    workflow that a node declares."""
    for declared in _declared(node.get("inputs") if isinstance(node, Mapping) else None):
        _range(declared, findings)
        _required(declared, findings)
        _duplicates(declared.get("enum"), findings)
    for step in contents.steps:
        if step.kind == "ask":
            choices = step.get("choices")
            _duplicates(choices, findings)
            _choice(choices, step.get("default"), findings)


def check_parameter_values(context: ProgramContext, findings: Findings) -> None:
    """`duplicate-value`, in tools."""
    for declaration in context.declarations.tools.values():
        params = declaration.node.get("params") if isinstance(declaration.node, Mapping) else None
        for declared in _declared(params):
            _duplicates(declared.get("enum"), findings)


def _declared(node: Node | None) -> Iterator[Mapping]:
    """The maps that declare inputs or parameters."""
    items: list[Node] = []
    if isinstance(node, Mapping):
        items = [entry.value for entry in node.entries]
    elif isinstance(node, Sequence):
        items = node.items
    for item in items:
        if isinstance(item, Mapping):
            yield item


def _range(declared: Mapping, findings: Findings) -> None:
    low, high = _number(declared.get("min")), _number(declared.get("max"))
    least, most = declared.entry("min"), declared.entry("max")
    if low is not None and high is not None and least and most and low > high:
        findings.report(
            "empty-range",
            least.value.span,
            "the least value is greater than the greatest, so no value fits",
            hint="exchange the two",
            labels=(Label(most.value.span, "the greatest"),),
        )


def _number(node: Node | None) -> float | None:
    value = resolve_plain(node.value) if isinstance(node, Scalar) and node.value else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _required(declared: Mapping, findings: Findings) -> None:
    required, default = declared.get("required"), declared.entry("default")
    if default is not None and isinstance(required, Scalar) and required.value == "true":
        findings.report(
            "required-with-default",
            required.span,
            "an input with a default is not required: a run without it goes on with the default",
            hint="remove the default, or this",
            labels=(Label(default.key.span, "the default"),),
        )


def _duplicates(node: Node | None, findings: Findings) -> None:
    seen: dict[str, Scalar] = {}
    for item in node.items if isinstance(node, Sequence) else ():
        if not isinstance(item, Scalar) or parse_text(item.value).holes:
            continue
        value = repr(scalar_value(item))
        if value in seen:
            findings.report(
                "duplicate-value",
                item.span,
                f"'{item.value}' is listed twice",
                hint="remove one, or write the value that was meant",
                labels=(Label(seen[value].span, "listed here"),),
            )
        seen.setdefault(value, item)


def _choice(choices: Node | None, default: Node | None, findings: Findings) -> None:
    if not isinstance(choices, Sequence) or not isinstance(default, Scalar) or is_null(default):
        return
    words: list[str] = []
    for item in choices.items:
        if not isinstance(item, Scalar) or parse_text(item.value).holes:
            return
        words.append(item.value)
    if not words or default.value in words or parse_text(default.value).holes:
        return
    findings.report(
        "default-not-a-choice",
        default.span,
        f"'{default.value}' is none of the choices, and is the answer where nobody is there",
        hint="the choices are " + ", ".join(words),
    )
