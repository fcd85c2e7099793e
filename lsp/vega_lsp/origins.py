"""Where the shape of a value is written: a schema, a format, an input's type, another workflow."""

from collections.abc import Iterator

from vega_lsp.index import Symbol
from vega_lsp.program import Program
from vegac.source.span import Span
from vegac.syntax import expressions as ast
from vegac.syntax.document import Step, walk
from vegac.syntax.expression_walk import walk as parts
from vegac.syntax.nodes import Mapping, Node, Scalar

_DEPTH = 8
"""How many variables are followed, one made from another."""


def type_place(program: Program, symbol: Symbol, depth: int = _DEPTH) -> Span | None:
    """Where it is written of what type a symbol is."""
    match symbol.kind:
        case "variable":
            return _type_of_variable(program, symbol, depth)
        case "agent":
            node = _node(program, "agents", symbol.name)
            base = node.get("extends") if isinstance(node, Mapping) else None
            return _definition(
                program, Symbol("agent", base.value if isinstance(base, Scalar) else "")
            )
        case _:
            return _definition(program, symbol)


def _type_of_variable(program: Program, symbol: Symbol, depth: int) -> Span | None:
    declared = _input(program, symbol)
    if declared is not None:
        return declared
    for step in _setters(program, symbol):
        for key in ("schema", "format"):
            entry = step.fields.get(key)
            if entry is not None:
                return entry.value.span if isinstance(entry.value, Scalar) else entry.key.span
        if step.kind == "workflow" and isinstance(step.value, Scalar):
            output = _output(program, step.value.value)
            return (
                output.span
                if output
                else _definition(program, Symbol("workflow", step.value.value))
            )
        if step.kind == "send":
            return _definition(program, Symbol("agent", step.agent))
        if step.kind == "for" and depth:
            found = _collection(program, step, symbol, depth)
            if found is not None:
                return found
    return None


def _collection(program: Program, step: Step, symbol: Symbol, depth: int) -> Span | None:
    """The type of what a loop goes over, where that is a variable."""
    scalar = step.key if step.key.value != "for" else step.value
    for expression in program.index.expressions.get(step.node.chunk.unit, ()):
        if expression.scalar is scalar and isinstance(expression.parsed.expr, ast.Name):
            name = expression.parsed.expr.name
            return type_place(program, Symbol("variable", name, symbol.scope), depth - 1)
    return None


def _setters(program: Program, symbol: Symbol) -> Iterator[Step]:
    """The steps that give a variable a value."""
    places = {
        occurrence.span
        for occurrence in program.index.occurrences.get(symbol, ())
        if occurrence.role == "write"
    }
    for step in walk(program.index.steps.get(symbol.scope, [])):
        for key in ("save", "name"):
            node = step.get(key)
            if isinstance(node, Scalar) and node.value == symbol.name:
                yield step
        if step.kind == "for" and any(
            span.unit == step.key.chunk.unit and scalar.start <= span.start < scalar.end
            for span in places
            for scalar in [step.key if step.key.value != "for" else step.value]
        ):
            yield step


def _input(program: Program, symbol: Symbol) -> Span | None:
    node = _node(program, "workflows", symbol.scope)
    inputs = node.get("inputs") if isinstance(node, Mapping) else None
    declared = inputs.get(symbol.name) if isinstance(inputs, Mapping) else None
    if isinstance(declared, Mapping):
        for key in ("type", "enum"):
            found = declared.get(key)
            if found is not None:
                return found.span
    return declared.span if declared is not None else None


def _output(program: Program, workflow: str) -> Scalar | None:
    node = _node(program, "workflows", workflow)
    entry = node.entry("output") if isinstance(node, Mapping) else None
    return entry.key if entry is not None else None


def _node(program: Program, section: str, name: str) -> Node | None:
    found = getattr(program.report.declarations, section, {}).get(name)
    return found.node if found is not None else None


def _definition(program: Program, symbol: Symbol) -> Span | None:
    found = program.index.definition(symbol)
    return found.span if found is not None and found.role != "read" else None


# --- fields ---------------------------------------------------------------------------------------


def field_place(program: Program, unit: str, offset: int) -> Span | None:
    """Where the field at a place of an expression is declared: in a schema, or in the output of a
    workflow that was called."""
    expression = program.index.expression_at(unit, offset)
    if expression is None:
        return None
    for part in parts(expression.parsed.expr):
        if not isinstance(part, ast.Field):
            continue
        span = expression.span(part.name_start, part.name_start + len(part.name))
        if span.start <= offset <= span.end:
            path = _path(part)
            return _field(program, expression.place.owner, path) if path else None
    return None


def _path(expr: ast.Expr) -> list[str]:
    """`a.b.c` as its names; elements of lists do not count."""
    match expr:
        case ast.Name(name=name):
            return [name]
        case ast.Field(value=value, name=name):
            return [*path, name] if (path := _path(value)) else []
        case ast.Index(value=value):
            return _path(value)
        case _:
            return []


def _field(program: Program, workflow: str, path: list[str]) -> Span | None:
    if path[0] == "steps" and len(path) > 3:
        path = [path[1], *path[3:]]
    for step in _setters(program, Symbol("variable", path[0], workflow)):
        node = step.get("schema")
        if step.kind == "workflow" and isinstance(step.value, Scalar):
            callee = _node(program, "workflows", step.value.value)
            node = callee.get("output") if isinstance(callee, Mapping) else None
        key: Scalar | None = None
        for name in path[1:]:
            entry = node.entry(name) if isinstance(node, Mapping) else None
            key, node = (entry.key, entry.value) if entry is not None else (None, None)
        if key is not None:
            return key.span
    return None
