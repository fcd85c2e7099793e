"""`vegac models`."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.callback(invoke_without_command=True)
def models(context: typer.Context) -> int:
    """List known models and prices, or fetch the embedded one."""
    if context.invoked_subcommand is None:
        from vegac.cli.catalogue import table
        from vegac.cli.terminal import out

        out(table())
    return 0


@app.command()
def pull(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The embedded model to fetch.")
    ] = "smollm2",
) -> int:
    """Fetch an embedded model, so that later runs need no network."""
    from vegac.cli.catalogue import pull as fetch

    return fetch(name)
