"""`vegac explain`."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def explain(
    code: Annotated[
        str | None,
        typer.Argument(metavar="CODE", help="A diagnostic such as unknown-agent; none: list all."),
    ] = None,
) -> int:
    """Explain a diagnostic.

    Without a CODE all of them are listed.
    """
    from vegac.cli.explaining import catalogue, page
    from vegac.cli.terminal import out

    out(catalogue() if code is None else page(code))
    return 0
