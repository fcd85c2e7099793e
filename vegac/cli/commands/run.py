"""`vegac run`."""

from typing import Annotated

import typer

from vegac.cli.arguments import INPUTS, RunCommand

app = typer.Typer(add_completion=False)


@app.command(
    cls=RunCommand,
    options_metavar="[OPTIONS] [--INPUT VALUE]...",
    epilog="Inputs of the workflow are options too: --task 'sort a list'. '--input' takes an input "
    "whose name is also an option above.",
)
def run(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="The program; by default the one of this folder."),
    ] = None,
    workflow: Annotated[
        str | None,
        typer.Argument(metavar="WORKFLOW", help="Its workflow, where it has several."),
    ] = None,
    workflow_option: Annotated[
        str | None, typer.Option("--workflow", "-w", metavar="WORKFLOW", help="The same.")
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="X",
            help="NAME=VALUE, a JSON object, a .json or .yaml file, or the text of the only input.",
        ),
    ] = None,
    input_files: Annotated[
        list[str] | None,
        typer.Option("--inputs", metavar="FILE", help="A JSON or YAML file of inputs; -: stdin."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="Use this model for every agent.")
    ] = None,
    output: Annotated[
        str, typer.Option(metavar="text|json|yaml|FILE", help="How or where to give the result.")
    ] = "text",
    stream: Annotated[
        bool | None,
        typer.Option("--stream/--no-stream", help="Show replies while they are written."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and say what would run.")
    ] = False,
    record: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what the models say to a file.")
    ] = None,
    replay: Annotated[
        str | None, typer.Option(metavar="FILE", help="Take the replies from a recording.")
    ] = None,
    trace: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the spans of the run to a file.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="$X", help="The most that the run may cost.")
    ] = None,
    timeout: Annotated[
        str | None, typer.Option(metavar="TIME", help="The most that it may take, such as 5m.")
    ] = None,
    answers: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="X", help="The answer to a question, in order."),
    ] = None,
    debug: Annotated[  # noqa: ARG001 (acted on in `vegac.cli.entry`)
        bool, typer.Option("--debug", help="Show a traceback when something goes wrong inside.")
    ] = False,
) -> int:
    """Run a workflow.

    Progress goes to standard error, the result to standard output. With one workflow its name may
    be left out.
    """
    from vegac.cli.execution import Wanted, execute

    own = [name for parameter in context.command.params for name in parameter.opts]
    return execute(
        Wanted(
            file=file,
            workflow=workflow,
            workflow_option=workflow_option,
            options=tuple(context.meta[INPUTS]),
            inputs=tuple(inputs or ()),
            input_files=tuple(input_files or ()),
            own_options=tuple(name for name in own if name.startswith("--")),
            model=model,
            output=output,
            stream=stream,
            dry_run=dry_run,
            record=record,
            replay=replay,
            trace=trace,
            budget=budget,
            timeout=timeout,
            answers=tuple(answers or ()),
        )
    )
