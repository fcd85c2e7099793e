"""`vegac build`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(add_completion=False)


@app.command()
def build(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Programs, or folders to search for them."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="DIR", help="Where to write; -: standard output."),
    ] = None,
    emit: Annotated[
        Literal["python", "ir"], typer.Option(help="What to write: modules, or their typed form.")
    ] = "python",
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if something would change.")
    ] = False,
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write all that is needed to run without the compiler."),
    ] = None,
) -> int:
    """Compile programs to Python modules.

    Each program becomes one module: 'review.vega.yaml' is 'review_vega.py', in the folder 'out'
    unless said otherwise. Modules can be imported, and need the package 'vega_runtime' alone.
    """
    from vegac.cli.building import build as run

    return run(paths or [], output, emit, check, bundle)
