"""Texts that are written like something else: like an expression, or like the name of a file."""

import re

from vegac.ir.build.scope import RUN_VALUES, Scope
from vegac.source.diagnostic import Edit, Fix
from vegac.source.findings import Findings
from vegac.syntax import expressions as ast
from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.expression_walk import walk
from vegac.syntax.nodes import Scalar

_OPERATOR = re.compile(r"\S +(?:[-+*/%|<>]|//|[=!<>]=) +\S")
_LONGEST = 200
"""Longer texts, in characters, are prose."""
_PROMPT_FILE = re.compile(r"[\w./~-]+\.(?:md|markdown|txt|prompt|j2|jinja2?)")
_GIVEN = (*RUN_VALUES, "result", "error", "item", "loop")
"""What is a name in an expression without being a variable."""


def check_bare_expression(scope: Scope, node: Scalar) -> None:
    """`bareword-is-variable`: a text that computes with variables alone, but without a hole."""
    value = node.value
    if (
        node.style != "plain"
        or node.tag
        or len(value) > _LONGEST
        or not _OPERATOR.search(value)
        or "<<" in value
        or "{{" in value
    ):
        return
    parsed = parse_expression(value)
    if parsed.problems or not isinstance(parsed.expr, ast.Binary | ast.Compare | ast.Filter):
        return
    names = {part.name for part in walk(parsed.expr) if isinstance(part, ast.Name)}
    variables = tuple(sorted(filter(scope.is_variable, names)))
    if not variables or names - {*variables, *_GIVEN}:
        return
    hole = f"<<{value}>>"
    plain = not re.search(r"[][{},:#'\"]", value)
    scope.findings.report(
        "bareword-is-variable",
        node.span,
        f"this is the text '{value}': without a hole nothing is computed",
        hint=f"write `{hole}`, or the text in quotes",
        fixes=(Fix("compute it", (Edit(node.span, hole),), "unsafe"),) if plain else (),
        suggestions=variables,
    )


def check_prompt(findings: Findings, node: Scalar) -> None:
    """`wrong-type`: a system prompt that is nothing but the name of a file."""
    if _PROMPT_FILE.fullmatch(node.value):
        written = f"{{file: {node.value}}}"
        findings.report(
            "wrong-type",
            node.span,
            "`system` is the prompt itself; here stands the name of a file",
            severity="warning",
            hint=f"write `system: {written}`",
            fixes=(Fix("read the file", (Edit(node.span, written),), "unsafe", yaml=True),),
        )
