"""`vegac lsp`."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def lsp(
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Talk over standard input and output (the default).")
    ] = False,
    tcp: Annotated[
        str | None,
        typer.Option("--tcp", metavar="HOST:PORT", help="Serve one client on a TCP port."),
    ] = None,
    ws: Annotated[
        str | None,
        typer.Option("--ws", metavar="HOST:PORT", help="Serve WebSockets until interrupted."),
    ] = None,
    log_level: Annotated[
        str, typer.Option("--log-level", metavar="LEVEL", help="What is logged, on standard error.")
    ] = "warning",
) -> int:
    """Serve editors with the language server protocol.

    Editors start this themselves; see docs/editors.md.
    """
    from vegac.cli.serving import serve

    return serve(stdio=stdio, tcp=tcp, ws=ws, log_level=log_level)
