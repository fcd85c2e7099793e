"""`vegac schema`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def schema(
    tests: Annotated[
        bool, typer.Option("--tests", help="That of test files instead of programs.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write it.")
    ] = None,
) -> int:
    """Print the JSON Schema of programs.

    For editors that know JSON Schema and do not start the language server; see docs/editors.md.
    It knows keys and the form of values, not what names mean.
    """
    from vega_grammar.schema import json_text, schema_of_programs, schema_of_tests
    from vegac.cli.terminal import out, write_file

    text = json_text(schema_of_tests() if tests else schema_of_programs())
    if output is None:
        out(text)
    else:
        write_file(output, text)
    return 0
