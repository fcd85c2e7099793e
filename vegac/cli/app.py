"""The table of commands. Each is a module of its own that is imported when it is called."""

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from vegac.cli.plain_values import use_plain_values

COMMANDS: dict[str, str] = {
    "check": "Check programs and report what is wrong.",
    "build": "Compile programs to Python modules.",
    "run": "Run a workflow.",
    "test": "Run the tests of programs.",
    "fmt": "Put the layout of programs in order.",
    "list": "List the agents, workflows and tools of a program.",
    "show": "Show one agent, workflow or tool of a program.",
    "graph": "Draw the steps of a workflow.",
    "eval": "Evaluate an expression.",
    "explain": "Explain a diagnostic.",
    "new": "Start a project.",
    "models": "List known models and prices, or fetch the embedded one.",
    "doctor": "Look for what could keep programs from running here.",
    "lsp": "Serve editors with the language server protocol.",
    "playground": "Serve a page in which programs can be tried.",
    "schema": "Print the JSON Schema of programs.",
    "version": "Print the version.",
}
"""Command names with the first line of their help; the module is `vegac.cli.commands.NAME`."""

ALIASES = {"validate": "check"}


UsageError: Any = typer.BadParameter.__base__
"""What typer raises for wrong options and arguments; it exports no name for it."""


class Commands(TyperGroup):
    """Commands that are loaded when they are called; until then a name and a line of help."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, summary in COMMANDS.items():
            self.commands[name] = TyperCommand(name, help=summary)
        for alias, name in ALIASES.items():
            self.commands[alias] = TyperCommand(alias, help=f"See '{name}'.", hidden=True)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, stub, rest = super().resolve_command(ctx, args)
        return name, stub and load(name or ""), rest


def load(name: str) -> Any:
    """The command of that name, its module imported."""
    name = ALIASES.get(name, name)
    command = get_command(import_module(f"vegac.cli.commands.{name}").app)
    command.name = name
    # Typer keeps line ends inside paragraphs, at whatever width they were written.
    paragraphs = (command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    use_plain_values(command)
    return command


def command() -> Any:
    """The whole command line."""
    app = typer.Typer(
        cls=Commands,
        help="Check, compile and run teams of AI agents written in YAML.",
        epilog="Exit status: 0 fine, 1 findings or a failed run, 2 wrong usage or no such file.",
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    group = get_command(app)
    use_plain_values(group)
    return group


def _version(wanted: bool) -> None:
    if wanted:
        import_module("vegac.cli.commands.version").version()
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", is_eager=True, callback=_version
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show a traceback when something goes wrong inside.")
    ] = False,
) -> None:
    """The options are acted on elsewhere: `debug` in `vegac.cli.entry`."""


def explain_usage(error: Any) -> tuple[str, str]:
    """A wrong use of options or arguments as a message and what to do."""
    message = error.format_message().rstrip(".")
    if error.ctx is None:
        return message, ""
    path = error.ctx.command_path
    return message, f"{error.ctx.get_usage()}\nSee '{path} --help'."
