"""`vegac show`."""

from typing import Annotated, Literal

import typer

app = typer.Typer(add_completion=False)


@app.command()
def show(
    kind: Annotated[
        Literal["agent", "workflow", "tool"],
        typer.Argument(metavar="agent|workflow|tool", help="What it is."),
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name in the program.")],
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="The program; by default the one of this folder."),
    ] = None,
    file_option: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="The same.")
    ] = None,
) -> int:
    """Show one agent, workflow or tool of a program.

    An agent is shown with everything that it inherits.
    """
    from vegac.cli.describing import described, opened
    from vegac.cli.terminal import out

    program = opened(file if file_option is None else file_option)
    out(described(program, kind, name))
    return 0
