"""`vegac check`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(add_completion=False)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="Programs, tests, or folders to search for them; '-' is standard input.",
        ),
    ] = None,
    form: Annotated[
        Literal["text", "json", "sarif", "github"],
        typer.Option("--format", help="How to present the findings."),
    ] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail the check.")] = False,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODES", help="Show these diagnostics alone: 'unknown-agent,unused-*'."
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="CODES", help="Do not show these diagnostics."),
    ] = None,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Count the findings by their kind.")
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Apply the safe fixes.")] = False,
    unsafe_fixes: Annotated[
        bool,
        typer.Option("--unsafe-fixes", help="Apply fixes that may change the meaning, too."),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what fixes would change, and write nothing.")
    ] = False,
    types: Annotated[
        bool, typer.Option("--types", help="Print the types of variables and expressions, too.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Check again whenever a file changes.")
    ] = False,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Keep and use the outcomes of large checks.")
    ] = True,
    jobs: Annotated[
        str | None,
        typer.Option("-j", "--jobs", metavar="N", help="How many processes; by default as suits."),
    ] = None,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Say what each program holds and how long it took."),
    ] = False,
) -> int:
    """Check programs and report what is wrong.

    Without a PATH the current folder is searched, as git would: ignored files and virtual
    environments are skipped. The exit status is 1 where an error is shown.
    """
    from vegac.cli.checking import Check, run

    return run(
        Check(
            paths=tuple(paths or ()),
            form=form,
            strict=strict,
            select=tuple(select or ()),
            ignore=tuple(ignore or ()),
            statistics=statistics,
            verbose=verbose,
            fix=fix,
            unsafe_fixes=unsafe_fixes,
            diff=diff,
            types=types,
            watch=watch,
            cache=cache,
            jobs=jobs,
        )
    )
