"""Reading the values of options without pydantic.

Typer converts every value with pydantic, whose import takes longer than checking a program. The
options here are texts, paths, words out of a set, and flags, so little code does the same.
"""

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer

_PATHS = {"PATH", "FILE", "DIR"}
"""What the names of values say that are paths. An empty one would mean the current folder."""


class PlainValues:
    """What typer calls to convert the values of one parameter."""

    def __init__(self, annotation: Any) -> None:
        self._many = get_origin(annotation) is list
        self._type: Any = get_args(annotation)[0] if self._many else annotation

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The converted value. Raises typer's usage error where it does not fit."""
        if param.multiple or param.nargs == -1:
            return tuple(self._one(item, param, ctx) for item in value or ())
        return None if value is None else self._one(value, param, ctx)

    def _one(self, value: Any, param: Any, ctx: Any) -> Any:
        if not value and (self._type is Path or _PATHS & set((param.metavar or "").split("|"))):
            raise typer.BadParameter(
                "it is empty; is a variable of the shell unset?", ctx=ctx, param=param
            )
        if self._type is Path:
            return Path(value)
        if get_origin(self._type) is Literal and value not in get_args(self._type):
            allowed = ", ".join(map(str, get_args(self._type)))
            raise typer.BadParameter(f"'{value}' is not one of {allowed}", ctx=ctx, param=param)
        return value


def use_plain_values(command: Any) -> None:
    """Let a command (and those below it) convert its values this way."""
    all_parameters = command.get_params

    def get_params(ctx: Any) -> list[Any]:
        # Only here the option `--help` is among them.
        parameters = all_parameters(ctx)
        for parameter in parameters:
            descriptor = getattr(parameter, "type_descriptor", None)
            if descriptor is not None:
                parameter._runtime_param = PlainValues(descriptor.annotation)
        return parameters

    command.get_params = get_params
    for inner in getattr(command, "commands", {}).values():
        use_plain_values(inner)
