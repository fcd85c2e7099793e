"""What `vegac eval` does."""

import sys
from typing import Any

from vega_runtime.errors import VegaError
from vega_runtime.parsing import strict_json
from vega_runtime.text import text
from vegac.cli.problem import Problem
from vegac.cli.results import shown
from vegac.cli.terminal import note, out
from vegac.evaluate import evaluate
from vegac.source.render.canvas import style_of
from vegac.source.render.text import render


def evaluate_and_print(expression: str, variables: list[str]) -> int:
    """Print the value as JSON, or the diagnostics; the exit status."""
    names = dict(map(_variable, variables))
    try:
        evaluation = evaluate(expression, names)
        if isinstance(evaluation.value, float):
            text(evaluation.value)  # JSON has no infinity
    except VegaError as error:
        kind = style_of(sys.stderr).paint("error", "error")
        note(f"{kind}: {error.type}: {error.message}")
        return 1
    if evaluation.diagnostics:
        style = style_of(sys.stderr)
        note(render(evaluation.diagnostics, evaluation.placements, style).rstrip("\n"))
        if any(found.severity == "error" for found in evaluation.diagnostics):
            return 1
    out(shown(evaluation.value, "json"))
    return 0


def _variable(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise Problem(f"--var {text!r} is not NAME=JSON, such as --var n=3")
    try:
        return name, strict_json(value)
    except ValueError:
        return name, value
