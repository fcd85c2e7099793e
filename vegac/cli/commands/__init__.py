"""One module per command; each holds a typer `app`."""
