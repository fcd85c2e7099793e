"""What a workflow's steps assign, found before they are built: names hide built-in ones everywhere
in a workflow, and a loop's body may read what it sets later."""

import re

from vegac.source.span import Span
from vegac.syntax.document import Step, walk
from vegac.syntax.expressions import SyntaxProblem
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence
from vegac.syntax.step_key import ForHeader, first_word, parse_for_header
from vegac.syntax.text import Hole, parse_text


class Assigned:
    """Names with the place of their first assignment, and computed ones as patterns.

    `step_names` are the names by which `steps.NAME.output` may call a step, with their places.
    """

    def __init__(self) -> None:
        self.names: dict[str, Span] = {}
        self.explicit: dict[str, Span] = {}
        self.patterns: list[re.Pattern[str]] = []
        self.step_names: dict[str, Span] = {}
        self.repeated: list[tuple[str, Span, Span]] = []

    def add(self, name: str, span: Span) -> None:
        self.names.setdefault(name, span)


def assigned_by(steps: list[Step]) -> Assigned:
    """Everything that `steps` and the steps in them assign."""
    found = Assigned()
    named: dict[str, Span] = {}
    for step in walk(steps):
        save = step.get("save")
        if isinstance(save, Scalar):
            _save(found, save)
        name = step.get("name")
        if isinstance(name, Scalar) and name.value.isidentifier():
            if name.value in named:
                found.repeated.append((name.value, named[name.value], name.span))
            else:
                named[name.value] = name.span
            found.step_names.setdefault(name.value, name.span)
        if step.kind == "set" and isinstance(step.value, Mapping):
            for entry in step.value.entries:
                found.add(entry.key.value, entry.key.span)
                found.explicit.setdefault(entry.key.value, entry.key.span)
        elif step.kind == "for":
            header = for_header(step)
            if header is not None:
                scalar, parsed = header
                for name_, start in parsed.names or (("item", parsed.start),):
                    found.add(name_, scalar.value_span(start, start + len(name_)))
    for name, span in named.items():
        found.add(name, span)
    return found


def for_header(step: Step) -> tuple[Scalar, ForHeader] | None:
    """The header of a loop with the scalar that holds it, or None where it does not parse."""
    scalar = header_scalar(step)
    if scalar is None:
        return None
    parsed = parse_header(step, scalar)
    return (scalar, parsed) if isinstance(parsed, ForHeader) else None


def header_scalar(step: Step) -> Scalar | None:
    """The scalar with `item in items`: the key itself, or the value of `for`."""
    if "for" not in step.fields:
        return step.key
    return step.value if isinstance(step.value, Scalar) else None


def parse_header(step: Step, scalar: Scalar) -> ForHeader | SyntaxProblem:
    """Reads the header of a loop that `header_scalar` gave."""
    text = scalar.value
    if scalar is step.key and not text.startswith("for "):
        end = first_word(text)[2]  # a misspelt `for`, which is reported
        text = " " * end + text[end:]
    return parse_for_header(text)


def _save(found: Assigned, node: Scalar) -> None:
    text = parse_text(node.value)
    if any(isinstance(part, Hole) for part in text.parts):
        pattern = "".join(re.escape(part) if isinstance(part, str) else ".*" for part in text.parts)
        found.patterns.append(re.compile(pattern, re.DOTALL))
    elif node.value:
        found.add(node.value, node.span)
        found.explicit.setdefault(node.value, node.span)
        found.step_names.setdefault(node.value, node.span)


def saved_names(steps: list[Step]) -> dict[str, Span]:
    """The names that steps save or set (loop variables aside), with their first places."""
    return assigned_by(steps).explicit


def given_names(step: Step) -> dict[str, Span]:
    """What a step gives to those after it: what it saves, and its outputs by the steps' names."""
    found = assigned_by([step])
    outputs = {f"steps.{name}": span for name, span in found.step_names.items()}
    return {**found.step_names, **outputs, **found.explicit}


def simple_save(node: Node | None) -> bool:
    """Whether a `save` is a plain name."""
    return isinstance(node, Scalar) and not parse_text(node.value).holes


def called_in(node: Node) -> list[str]:
    """The workflows that steps in a node call, in order."""
    found: list[str] = []
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Sequence):
            waiting += reversed(node.items)
        elif isinstance(node, Mapping):
            waiting += reversed([entry.value for entry in node.entries])
            called = node.get("workflow")
            if isinstance(called, Scalar):
                found.append(called.value)
    return found
