"""The types that the compiler found, by place."""

from collections.abc import Iterator

from msgspec import Struct, field

from vega_lsp.index import Shared
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


class WorkflowTypes(Struct, eq=False):
    """The types of one workflow."""

    workflow: ir.Workflow
    units: dict[str, list[ir.Expr]]
    variables: dict[tuple[str, str], Type]


Known = dict[str, WorkflowTypes]
"""The types of a program's workflows as they were last, by name."""


def collect_types(report: Report, known: Known | None = None) -> Types:
    """The types of a checked program. Nothing is collected again of workflows that are known;
    `known` then holds those of this program."""
    types = Types()
    program = report.program
    if program is None:
        return types
    now: Known = {}
    shared = Shared()
    for workflow in program.workflows:
        found = known.get(workflow.name) if known is not None else None
        if found is None or found.workflow is not workflow:
            found = _of_workflow(workflow)
        now[workflow.name] = found
        shared.join(types.units, found.units)
        types.variables.update(found.variables)
    shared.join(types.units, _by_unit(_of_definitions(program)))
    if known is not None:
        known.clear()
        known.update(now)
    return types


def _of_workflow(workflow: ir.Workflow) -> WorkflowTypes:
    variables = {(workflow.name, name): type_ for name, type_ in workflow.variables.items()}
    for declared in workflow.inputs:
        variables.setdefault((workflow.name, declared.name), declared.type)
    return WorkflowTypes(workflow, _by_unit(_of_statements(workflow)), variables)


def _by_unit(roots: Iterator[ir.Expr]) -> dict[str, list[ir.Expr]]:
    found: dict[str, list[ir.Expr]] = {}
    for expr in roots:
        for part in walk(expr):
            found.setdefault(part.span.unit, []).append(part)
    return found


def _of_statements(workflow: ir.Workflow) -> Iterator[ir.Expr]:
    for statement in statements(workflow.body):
        yield from expressions(statement)
        yield from results(statement)


def _of_definitions(program: ir.Program) -> Iterator[ir.Expr]:
    for agent in program.agents:
        for value in agent.options.values():
            yield from static_expressions(value)
    for tool in program.tools:
        yield from static_expressions(tool.construct)
