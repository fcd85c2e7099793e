"""`vegac new`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder; made if needed.")],
) -> int:
    """Start a project.

    Writes a small program, a test for it and a README. The program runs without an API key, on the
    embedded demonstration model.
    """
    from vegac.cli.starter import start

    return start(directory)
