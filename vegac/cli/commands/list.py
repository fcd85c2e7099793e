"""`vegac list`."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command("list")
def list_(
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="The program; by default the one of this folder."),
    ] = None,
) -> int:
    """List the agents, workflows and tools of a program.

    Those of included files are listed too.
    """
    from vegac.cli.describing import contents, opened
    from vegac.cli.terminal import out

    program = opened(file)
    out(contents(program))
    return 0
