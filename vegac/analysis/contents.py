"""What a workflow consists of, gathered in one walk for all passes."""

from collections import defaultdict
from typing import TypeVar, cast

from vegac.ir import nodes as ir
from vegac.ir.build.workflow import Built
from vegac.ir.traverse import expressions, results, statements, walk
from vegac.syntax.document import Step
from vegac.syntax.document import walk as all_steps

S = TypeVar("S", bound=ir.Statement)
E = TypeVar("E", bound=ir.Expr)


class Contents:
    """The statements, expressions and written steps of one workflow, branches included.

    A pass asks for the kinds of nodes that it knows; most programs have few of each.
    """

    def __init__(self, built: Built) -> None:
        self.built = built
        self.workflow = built.workflow
        self.steps: list[Step] = list(all_steps(built.steps))
        self.statements = statements(built.workflow.body)
        self.expressions: list[tuple[ir.Expr, list[ir.Expr]]] = []
        """Each whole expression with its parts, itself the first."""
        self._statements: defaultdict[type, list[ir.Statement]] = defaultdict(list)
        self._parts: defaultdict[type, list[ir.Expr]] = defaultdict(list)
        for statement in self.statements:
            self._statements[type(statement)].append(statement)
            for expression in expressions(statement):
                self._add(expression)
            for expression in results(statement):
                self._add(expression)

    def _add(self, expression: ir.Expr) -> None:
        parts = walk(expression)
        self.expressions.append((expression, parts))
        for part in parts:
            self._parts[type(part)].append(part)

    def all(self, kind: type[S]) -> list[S]:
        """The statements of a kind, outer before inner."""
        return cast("list[S]", self._statements.get(kind, []))

    def parts(self, kind: type[E]) -> list[E]:
        """The parts of expressions of a kind."""
        return cast("list[E]", self._parts.get(kind, []))

    def conditions(self) -> list[ir.Expr]:
        """What `if` and `until` ask."""
        found = [choice.condition for choice in self.all(ir.If)]
        found += [loop.until for loop in self.all(ir.Repeat) if loop.until is not None]
        return found
