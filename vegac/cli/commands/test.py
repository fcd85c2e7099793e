"""`vegac test`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(add_completion=False)


@app.command(
    "test",
    epilog="Exit status: 0 all passed, 1 some failed, 2 wrong usage or a file that cannot be "
    "read, 5 nothing was collected.",
)
def run_tests(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Tests, programs, or folders to search for them."),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            "-k", metavar="TEXT", help="Only tests with this in their name or their file's."
        ),
    ] = None,
    form: Annotated[
        Literal["text", "junit", "json"],
        typer.Option("--format", help="How to present the results."),
    ] = "text",
    update: Annotated[
        bool,
        typer.Option("--update", help="Rewrite expected values that differ, where they stand."),
    ] = False,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", "-x", help="Stop at the first failure.")
    ] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="List the tests without running them.")
    ] = False,
    jobs: Annotated[
        str | None,
        typer.Option(
            "-j", "--jobs", metavar="N", help="How many processes run tests; by default as suits."
        ),
    ] = None,
) -> int:
    """Run the tests of programs.

    Tests stand in files named '*.vega.test.yaml' and under 'tests:' in programs. No model is
    called unless a test says 'live: true', and time is virtual: waiting takes none. Without a PATH
    the current folder is searched.
    """
    from vegac.cli.testing import Testing, run

    return run(
        Testing(
            paths=tuple(paths or ()),
            part=part,
            form=form,
            update=update,
            fail_fast=fail_fast,
            listing=listing,
            jobs=jobs,
        )
    )
