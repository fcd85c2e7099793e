"""The arguments of `vegac run`, among which a workflow's inputs stand as options of their own."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from typer.core import TyperCommand, TyperOption

INPUTS = "vegac.inputs"
"""Where a context keeps the options that are inputs: a list of (name, text or None)."""


class Split(NamedTuple):
    own: list[str]
    inputs: list[tuple[str, str | None]]
    rest: list[str]


def split(arguments: Sequence[str], own: Mapping[str, bool]) -> Split:
    """Tell apart our own options, options that name inputs, and all else.

    `own` maps our options to whether they take a value. Any other `--name` is an input: its value
    follows `=` or is the next argument, unless that is an option too (then it is None).
    """
    found = Split([], [], [])
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            found.rest.extend(waiting)
            break
        name, equals, value = argument.partition("=")
        if name in own:
            found.own.append(argument)
            if own[name] and not equals and waiting:
                found.own.append(waiting.pop(0))
        elif argument.startswith("--"):
            text = value if equals else None
            if not equals and waiting and not waiting[0].startswith("--"):
                text = waiting.pop(0)
            found.inputs.append((name[2:], text))
        elif argument.startswith("-") and argument[:2] in own:
            # A short option with its value in the same argument, such as `-wreview`.
            found.own.append(argument)
        elif argument.startswith("-") and len(argument) > 1:
            # Unknown: typer says so.
            found.own.append(argument)
        else:
            found.rest.append(argument)
    return found


class RunCommand(TyperCommand):
    """A command whose unknown options are inputs of the workflow that it runs."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = {"--help": False}
        for parameter in self.params:
            if isinstance(parameter, TyperOption):
                for name in (*parameter.opts, *parameter.secondary_opts):
                    own[name] = not parameter.is_flag
        found = split(args, own)
        ctx.meta[INPUTS] = found.inputs
        if any(argument.startswith("-") for argument in found.rest):
            return super().parse_args(ctx, [*found.own, "--", *found.rest])
        # An option without its value stands last, so that nothing is taken for the value.
        return super().parse_args(ctx, [*found.rest, *found.own])
