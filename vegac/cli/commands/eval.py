"""`vegac eval`."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


# An expression may begin with the sign of a number.
@app.command("eval", context_settings={"ignore_unknown_options": True})
def evaluate(
    expression: Annotated[str, typer.Argument(metavar="EXPR", help="Such as: n * 2 | round")],
    variables: Annotated[
        list[str] | None,
        typer.Option(
            "--var", metavar="NAME=JSON", help="A variable; text that is no JSON is text."
        ),
    ] = None,
) -> int:
    """Evaluate an expression.

    Prints the value as JSON, or what is wrong with the expression.
    """
    from vegac.cli.evaluating import evaluate_and_print

    return evaluate_and_print(expression, variables or [])
