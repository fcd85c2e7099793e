"""Evaluating one expression: it becomes a small module in memory, like any program."""

from typing import Any

from msgspec import Struct

from vegac.ir import nodes as ir
from vegac.ir.build.expressions import ExpressionBuilder, Source
from vegac.ir.build.scope import FixedScope
from vegac.semantics.types import ANY, Type
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements, SourceFile
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.nodes import Chunk, Scalar

FILE = "expression"
RUN_VALUES = ("date", "time", "now", "random")


class Evaluation(Struct, eq=False):
    """The value of an expression, or why it has none: findings of the compiler."""

    value: Any
    diagnostics: list[Diagnostic]
    placements: Placements


def check_expression(text: str, variables: dict[str, Type]) -> tuple[ir.Expr, Evaluation]:
    """The typed form of an expression over `variables`, with what is wrong with it."""
    file = SourceFile(FILE, text)
    placements = Placements()
    unit = f"{FILE}#"
    placements.add(unit, file, 0)
    findings = Findings()
    scalar = Scalar(Chunk(unit, text), 0, len(text), text, "plain")
    parsed = parse_expression(text)
    for problem in parsed.problems:
        findings.report(
            problem.code,
            Span(unit, problem.start, problem.end),
            problem.message,
            hint=problem.hint,
        )
    names: dict[str, ir.Expr] = {
        name: ir.Variable(type_, Span(unit, 0, 0), name) for name, type_ in variables.items()
    }
    builder = ExpressionBuilder(FixedScope(findings, names, RUN_VALUES))
    built = builder.build(Source(scalar, 0, text), parsed.expr)
    return built, Evaluation(None, findings.items, placements)


def evaluate(text: str, variables: dict[str, Any] | None = None) -> Evaluation:
    """Evaluate an expression over JSON values; variables have type any.

    Raises `vega_runtime.errors.ExpressionError` when it fails while running.
    """
    variables = variables or {}
    built, evaluation = check_expression(text, dict.fromkeys(variables, ANY))
    if any(finding.severity == "error" for finding in evaluation.diagnostics):
        return evaluation
    import asyncio

    from vegac.emit.module import emit_module
    from vegac.loader import load

    program = _program(built, list(variables))
    module = emit_module(program, digest="", locate=_locator(evaluation.placements))
    workflow = load(module, "vega_expression").PROGRAM.workflows["evaluate"]
    evaluation.value = asyncio.run(_run(workflow, variables))
    return evaluation


async def _run(workflow: Any, variables: dict[str, Any]) -> Any:
    return await workflow(**variables)


def _program(built: ir.Expr, names: list[str]) -> ir.Program:
    span = built.span
    workflow = ir.Workflow(
        "evaluate",
        span,
        "",
        [ir.Input(name, ANY, "any", span) for name in names],
        [ir.Return(span, "evaluate", built)],
        built.type,
        dict.fromkeys(names, ANY),
        (),
        False,
        (),
    )
    return ir.Program(FILE, "", "", [], [], [workflow], {})


def _locator(placements: Placements) -> Any:
    def locate(span: Span) -> tuple[str, int, int]:
        position = placements.locate(span).position
        return FILE, position.line, position.column

    return locate
