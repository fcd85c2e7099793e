"""`vegac doctor`."""

import typer

app = typer.Typer(add_completion=False)


@app.command()
def doctor() -> int:
    """Look for what could keep programs from running here.

    Nothing is called over the network. The exit status is 1 where something is broken.
    """
    from vegac.cli.health import examine

    return examine()
