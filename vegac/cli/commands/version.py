"""`vegac version`."""

import typer

app = typer.Typer(add_completion=False)


@app.command()
def version() -> None:
    """Print the version."""
    from vegac import __version__
    from vegac.cli.terminal import out

    out(f"vegac {__version__}")
