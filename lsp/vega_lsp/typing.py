"""The types that the compiler found, by place."""

from collections.abc import Iterator

from msgspec import Struct, field

from vegac.ir import nodes as ir
from vegac.ir.traverse import expressions, results, statements, static_expressions, walk
from vegac.semantics.types import Type
from vegac.workspace import Report


class Types(Struct, eq=False):
    """Typed expressions by the unit that they stand in, and the calls of filters among them."""

    units: dict[str, list[ir.Expr]] = field(default_factory=dict[str, list[ir.Expr]])
    variables: dict[tuple[str, str], Type] = field(default_factory=dict[tuple[str, str], Type])

    def at(self, unit: str, offset: int) -> ir.Expr | None:
        """The smallest expression around an offset."""
        best: ir.Expr | None = None
        for expr in self.units.get(unit, ()):
            span = expr.span
            if span.start <= offset <= span.end and (best is None or _size(expr) <= _size(best)):
                best = expr
        return best

    def exactly(self, unit: str, start: int, end: int) -> ir.Expr | None:
        """The outermost expression with just this span."""
        for expr in self.units.get(unit, ()):
            if expr.span.start == start and expr.span.end == end:
                return expr
        return None

    def ending_at(self, unit: str, end: int) -> ir.Expr | None:
        """The largest expression that ends at an offset."""
        found = [expr for expr in self.units.get(unit, ()) if expr.span.end == end]
        return max(found, key=_size, default=None)


def _size(expr: ir.Expr) -> int:
    return expr.span.end - expr.span.start


def collect_types(report: Report) -> Types:
    """The types of a checked program."""
    types = Types()
    program = report.program
    if program is None:
        return types
    for expr in _roots(program):
        for part in walk(expr):
            types.units.setdefault(part.span.unit, []).append(part)
    for workflow in program.workflows:
        for name, type_ in workflow.variables.items():
            types.variables[workflow.name, name] = type_
        for declared in workflow.inputs:
            types.variables.setdefault((workflow.name, declared.name), declared.type)
    return types


def _roots(program: ir.Program) -> Iterator[ir.Expr]:
    for workflow in program.workflows:
        for statement in statements(workflow.body):
            yield from expressions(statement)
            yield from results(statement)
            if isinstance(statement, ir.Send):
                yield statement.message
                for option in statement.options.values():
                    yield from static_expressions(option)
    for agent in program.agents:
        for value in agent.options.values():
            yield from static_expressions(value)
    for tool in program.tools:
        yield from static_expressions(tool.construct)
