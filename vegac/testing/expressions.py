"""Evaluating the expressions of tests: those of one test become one module in memory."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from vegac.evaluate import RUN_VALUES
from vegac.ir import nodes as ir
from vegac.ir.build.expressions import ExpressionBuilder, Source
from vegac.ir.build.scope import FixedScope
from vegac.semantics.types import ANY
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.nodes import Scalar


class Question(Struct, eq=False):
    """An expression and the values of its variables."""

    expr: Scalar
    vars: dict[str, Any]


class Answer(Struct, eq=False):
    """The value of an expression, or the error that it ended with, or what is wrong with it:
    `findings` of severity error."""

    value: Any = None
    error: Exception | None = None
    findings: tuple[Diagnostic, ...] = ()

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]

    @property
    def refused(self) -> bool:
        """Whether the expression has errors, so that it was not evaluated."""
        return any(finding.severity == "error" for finding in self.findings)


def check(expr: Scalar, names: Iterable[str]) -> tuple[ir.Expr, list[Diagnostic]]:
    """The typed form of an expression over variables of type any, and the findings about it."""
    findings = Findings()
    source = Source(expr, 0, expr.value)
    parsed = parse_expression(expr.value)
    for problem in parsed.problems:
        span = source.span(problem.start, problem.end)
        findings.report(problem.code, span, problem.message, hint=problem.hint)
    start = source.span(0, 0)
    known: dict[str, ir.Expr] = {name: ir.Variable(ANY, start, name) for name in names}
    builder = ExpressionBuilder(FixedScope(findings, known, RUN_VALUES))
    return builder.build(source, parsed.expr), findings.items


def problems_of(expr: Scalar, names: Iterable[str]) -> list[Diagnostic]:
    """The errors in an expression."""
    return [finding for finding in check(expr, names)[1] if finding.severity == "error"]


def evaluate_all(questions: Sequence[Question], placements: Placements) -> list[Answer]:
    """The answers, in order."""
    answers: list[Answer] = []
    workflows: list[ir.Workflow] = []
    ready: list[tuple[Answer, str, dict[str, Any]]] = []
    for question in questions:
        built, findings = check(question.expr, question.vars)
        answer = Answer(findings=tuple(findings))
        answers.append(answer)
        if not answer.refused:
            name = f"expression_{len(workflows)}"
            workflows.append(_workflow(name, built, list(question.vars)))
            ready.append((answer, name, question.vars))
    if workflows:
        _run(workflows, ready, placements)
    return answers


def _workflow(name: str, built: ir.Expr, names: list[str]) -> ir.Workflow:
    span = built.span
    return ir.Workflow(
        name,
        span,
        "",
        [ir.Input(variable, ANY, "any", span) for variable in names],
        [ir.Return(span, name, built)],
        built.type,
        dict.fromkeys(names, ANY),
        (),
        False,
        (),
    )


def _run(
    workflows: list[ir.Workflow],
    ready: list[tuple[Answer, str, dict[str, Any]]],
    placements: Placements,
) -> None:
    from vega_runtime.options import RunOptions
    from vegac.emit.module import emit_module
    from vegac.loader import load
    from vegac.testing.clock import now, run_test

    def locate(span: Span) -> tuple[str, int, int]:
        location = placements.locate(span)
        position = location.position
        return location.file.path, position.line, position.column

    program = ir.Program("expressions", "", "", [], [], workflows, {})
    module = emit_module(program, digest="", locate=locate)
    loaded = load(module, "vega_test_expressions").PROGRAM.workflows
    options = RunOptions(wall_clock=now)

    async def answer_all() -> None:
        for answer, name, variables in ready:
            try:
                answer.value = await loaded[name].execute(variables, options)
            except Exception as error:
                answer.error = error

    run_test(answer_all())
