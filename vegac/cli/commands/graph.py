"""`vegac graph`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(add_completion=False)


@app.command()
def graph(
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="The program; by default the one of this folder."),
    ] = None,
    workflow: Annotated[
        str | None,
        typer.Argument(metavar="WORKFLOW", help="The workflow, where there are several."),
    ] = None,
    form: Annotated[
        Literal["mermaid", "svg", "dot"],
        typer.Option("--format", help="A picture, or a text that Mermaid or Graphviz draws."),
    ] = "mermaid",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write it.")
    ] = None,
) -> int:
    """Draw the steps of a workflow.

    Boxes are steps, frames are loops, branches and what may fail.
    """
    from vegac.cli.drawing import drawing
    from vegac.cli.terminal import out, write_file

    text = drawing(file, workflow, form)
    if output is None:
        out(text)
    else:
        write_file(output, text)
    return 0
