"""The inferred types of a program: of inputs, of what steps save, of expressions, of results."""

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

from vegac.ir import nodes as ir
from vegac.ir.traverse import children, expressions, statements
from vegac.semantics.types import Type
from vegac.source.file import Location, Placements
from vegac.source.render import locate
from vegac.source.render.canvas import Style
from vegac.source.render.cells import folded, visible, width
from vegac.source.render.json import ends
from vegac.source.render.text import place
from vegac.source.span import Span

Kind = Literal["workflow", "input", "variable", "expression"]


class Typed(Struct, frozen=True):
    """A part of a workflow with its type. `text` is its name, or an expression's source."""

    kind: Kind
    workflow: str
    location: Location
    text: str
    type: Type


def types_of(program: ir.Program, placements: Placements) -> list[Typed]:
    """All parts that have a type, by workflow and place; each place once."""
    found: list[Typed] = []
    for workflow in program.workflows:
        parts: dict[tuple[str, int, int, str], Typed] = {}
        for kind, span, text, type_ in _parts(workflow, placements):
            location = locate(span, placements)
            if location is not None:
                key = location.file.path, location.start, location.end, text
                parts.setdefault(key, Typed(kind, workflow.name, location, text, type_))
        found += (parts[key] for key in sorted(parts))
    return found


def line(typed: Typed, style: Style) -> str:
    """`team.vega.yaml:12:20: expression task | upper: string`, in several lines where need be."""
    type_ = visible(str(typed.type))
    joint = " -> " if typed.kind == "workflow" else ": "
    text = f"{place(typed.location)}: {typed.kind} {visible(typed.text)}{joint}{type_}"
    if style.width is None or width(text) <= style.width:
        return text.removesuffix(type_) + style.paint(type_, "strong")
    return "\n    ".join(folded(text, max(style.width - 4, 8)))


def as_data(typed: Typed) -> dict[str, Any]:
    """The same as plain maps."""
    return {
        "kind": typed.kind,
        "workflow": typed.workflow,
        "text": typed.text,
        "type": str(typed.type),
        "file": typed.location.file.path,
        **ends(typed.location),
    }


_Part = tuple[Kind, Span, str, Type]


def _parts(workflow: ir.Workflow, placements: Placements) -> Iterator[_Part]:
    yield "workflow", workflow.span, workflow.name, workflow.result_type
    for declared in workflow.inputs:
        yield "input", declared.span, declared.name, declared.type
    for statement in statements(workflow.body):
        for target in _targets(statement):
            type_ = _assigned(statement) or workflow.variables.get(target.name)
            if type_ is not None and not _is_hidden(target.name):
                yield "variable", target.span, target.name, type_
        for expression in expressions(statement):
            yield from _expressions(expression, placements)


def _targets(statement: ir.Statement) -> Iterator[ir.Target]:
    # What a parallel step hands on was saved by the steps in it.
    if isinstance(statement, ir.For | ir.ParallelFor):
        yield from statement.names
    targets: tuple[ir.AnyTarget, ...] = getattr(statement, "targets", ())
    yield from (target for target in targets if isinstance(target, ir.Target))


def _assigned(statement: ir.Statement) -> Type | None:
    """The type of what a statement assigns, where that is less than what a variable may hold."""
    match statement:
        case ir.Send(type=type_) | ir.Call(type=type_):
            return type_
        case ir.Assign(value=value):
            return value.type
        case _:
            return None


def _is_hidden(name: str) -> bool:
    return name in ("result", "error") or name.startswith("steps.")


def _expressions(expr: ir.Expr, placements: Placements) -> Iterator[_Part]:
    """The outermost expressions: holes in texts, and values that are expressions by themselves."""
    location = locate(expr.span, placements)
    if location is None:
        return
    source = location.file.text
    text = " ".join(source[location.start : location.end].split())
    in_hole = source[: location.start].rstrip().endswith(("<<", "{{"))
    match expr:
        case ir.Template():
            for part in children(expr):
                yield from _expressions(part, placements)
        case ir.ListValue() | ir.MapValue() if not in_hole:
            for part in children(expr):
                yield from _expressions(part, placements)
        case ir.Const() if not in_hole:
            pass
        case ir.Variable(name=name) if name.startswith("steps."):
            yield "expression", expr.span, f"{name}.output", expr.type
        case ir.Variable(name=name) if name != text.strip("'\""):
            pass  # a result that is passed on without a word of it in the source
        case _:
            yield "expression", expr.span, text, expr.type
