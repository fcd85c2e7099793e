"""`vegac playground`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def playground(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A program to begin with; it is never written to."),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="The port; 0: any that is free.", max=65535)
    ] = 0,
    browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> int:
    """Serve a page in which programs can be tried.

    It shows the findings, the Python and the steps of what is typed. It is for this computer
    alone, and its address holds a secret that is new every time.
    """
    from vegac.cli.playground import run
    from vegac.cli.terminal import note, out

    def announce(address: str) -> None:
        import sys
        import webbrowser

        out(address)
        sys.stdout.flush()
        note("the page is served until you press Ctrl-C")
        if browser:
            webbrowser.open(address)

    run(file, port, announce)
    return 0
