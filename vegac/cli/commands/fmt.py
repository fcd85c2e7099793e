"""`vegac fmt`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(add_completion=False)


@app.command()
def fmt(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="Files, or folders to search for programs and tests; '-' is standard input.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; name the files that would change.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show what would change.")
    ] = False,
    delimiters: Annotated[
        Literal["angle", "brace"] | None,
        typer.Option(help="Write every hole as <<...>> (angle) or {{ ... }} (brace)."),
    ] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="As '-': format standard input to standard output.")
    ] = False,
) -> int:
    """Put the layout of programs in order.

    Indentation, blank lines and the spaces in holes and collections; comments, the order of keys
    and all texts stay, and so does the meaning. What does not parse is left as it is. Without a
    PATH the current folder is searched. The exit status is 1 where --check or --diff finds
    something to change.
    """
    from vegac.cli.formatting import Format, run

    return run(
        Format(
            paths=tuple(paths or ()),
            check=check,
            diff=diff,
            delimiters=delimiters,
            stdin=stdin,
        )
    )
