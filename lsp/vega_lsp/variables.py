"""Variables in words: their types, where they are set, and the values of constant ones."""

import json
from bisect import bisect_right
from collections.abc import Iterator

from vega_lsp.describe import code, default_text, workflow_of
from vega_lsp.index import Occurrence, Symbol
from vega_lsp.program import Program
from vegac.ir import nodes as ir
from vegac.semantics.types import ANY, Type
from vegac.source.span import Span
from vegac.syntax.core_schema import to_value
from vegac.syntax.document import Step, inner_blocks
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence
from vegac.syntax.text import parse_text

_PLACES = 5
"""At how many places it is said that a variable is set."""
_VALUE = 200
"""The longest value that is shown, in characters."""
_VERBS = {"save": "Saved by", "set": "", "for": "The variable of", "step": "The output of"}


def type_of(program: Program, symbol: Symbol) -> Type:
    """The type of a variable over all its assignments."""
    return program.types.variables.get((symbol.scope, symbol.name), ANY)


def variable_text(program: Program, symbol: Symbol) -> str:
    """What is known of a variable or an input."""
    found = program.index.occurrences.get(symbol, [])
    if all(occurrence.role == "read" for occurrence in found):
        return ""
    lines = [code(f"{symbol.name}: {type_of(program, symbol)}{_constant(program, symbol)}")]
    declared = _declared(program, symbol)
    if declared is not None:
        lines.append(f"An input of `{symbol.scope}`.")
        lines.append(declared.description)
        lines.append(_limits(declared))
    places = list(_places(program, symbol, found))
    more = len(places) - _PLACES
    lines.append("  \n".join(places[:_PLACES]) + (f"  \nand {more} more" if more > 0 else ""))
    return "\n\n".join(line for line in lines if line)


def _declared(program: Program, symbol: Symbol) -> ir.Input | None:
    workflow = workflow_of(program, symbol.scope)
    inputs = workflow.inputs if workflow else []
    return next((one for one in inputs if one.name == symbol.name), None)


def _limits(declared: ir.Input) -> str:
    facts: list[str] = []
    if declared.has_default:
        facts.append(f"default `{default_text(declared)}`")
    elif not declared.required:
        facts.append("optional")
    for word, bound in (("at least", declared.min), ("at most", declared.max)):
        if bound is not None:
            facts.append(f"{word} {bound:g}")
    text = ", ".join(facts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


# --- where it is set ------------------------------------------------------------------------------


def _places(program: Program, symbol: Symbol, found: list[Occurrence]) -> Iterator[str]:
    """The steps that give the variable a value, with their lines."""
    for occurrence in found:
        verb = _VERBS.get(occurrence.what)
        place = program.locate(occurrence.span)
        if occurrence.role != "write" or verb is None or place is None:
            continue
        step = _step_at(program, symbol.scope, occurrence.span)
        line = place.position.line
        if occurrence.what == "set" or step is None:
            yield f"Set in line {line}."
        else:
            yield f"{verb} `{_title(step)}` in line {line}."


def _title(step: Step) -> str:
    """A step as it begins."""
    key = " ".join(step.key.value.split())
    if step.kind in ("for", "workflow") and key == step.kind and isinstance(step.value, Scalar):
        return f"{key}: {step.value.value}"
    return key


def _step_at(program: Program, workflow: str, span: Span) -> Step | None:
    """The innermost step around a place."""
    steps = program.index.steps.get(workflow, [])
    found: Step | None = None
    while steps:
        place = bisect_right(steps, span.start, key=_start) - 1
        step = steps[max(place, 0)]
        node = step.node
        if node.chunk.unit != span.unit or not node.start <= span.start <= node.end:
            break
        found = step
        steps = [inner for block in inner_blocks(step) for inner in block]
        steps.sort(key=_start)
    return found


def _start(step: Step) -> int:
    return step.node.start


# --- constants ------------------------------------------------------------------------------------


def _constant(program: Program, symbol: Symbol) -> str:
    """` = value` for a variable that only one `set` gives a value, which holds no expression."""
    writes = [
        occurrence
        for occurrence in program.index.occurrences.get(symbol, ())
        if occurrence.role != "read"
    ]
    if len(writes) != 1 or writes[0].what != "set":
        return ""
    step = _step_at(program, symbol.scope, writes[0].span)
    value = step.value.get(symbol.name) if step and isinstance(step.value, Mapping) else None
    if value is None or not _is_constant(value):
        return ""
    text = json.dumps(to_value(value), ensure_ascii=False)
    return f" = {text}" if len(text) <= _VALUE else ""


def _is_constant(node: Node) -> bool:
    match node:
        case Scalar():
            return node.tag == "!raw" or not parse_text(node.value).holes
        case Sequence():
            return all(_is_constant(item) for item in node.items)
        case Mapping():
            return all(_is_constant(entry.value) for entry in node.entries)
        case _:
            return False
