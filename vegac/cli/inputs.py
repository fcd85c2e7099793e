"""Where the inputs of a run come from: options, `--input`, `--inputs` and standard input."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from msgspec import Struct

from vegac.cli.problem import Problem
from vegac.cli.terminal import read_text
from vegac.source.suggest import did_you_mean

if TYPE_CHECKING:
    from vega_runtime.inputs import Input

_DATA_FILES = (".json", ".yaml", ".yml")


class Given(Struct):
    """What the command line says about inputs, not yet matched with what the workflow declares."""

    options: Sequence[tuple[str, str | None]] = ()
    inputs: Sequence[str] = ()
    files: Sequence[str] = ()


class Gatherer:
    """Collects the inputs of one workflow. `usage` closes messages about wrong ones."""

    def __init__(
        self, declared: Mapping[str, "Input"], usage: str, own_options: Iterable[str] = ()
    ) -> None:
        self._declared = declared
        self._usage = usage
        self._own = list(own_options)
        self._texts: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        required = [name for name, spec in declared.items() if spec.required]
        names = required if len(required) == 1 else list(declared)
        self._sole = names[0] if len(names) == 1 else None

    def gather(self, given: Given, stdin: TextIO) -> dict[str, Any]:
        """All inputs, read as their types want it; the runtime still validates them.

        Options win over `--input`, and that over `--inputs`. Raises Problem.
        """
        from vega_runtime.inputs import raw_inputs, unknown_input

        for name in given.files:
            self._data(stdin.read() if name == "-" else read_text(Path(name)), name)
        for text in given.inputs:
            self._input(text)
        for name, value in given.options:
            self._option(name, value)
        self._from(stdin)
        unknown = [name for name in self._values if name not in self._declared]
        if unknown and not self._declared:
            # With declared inputs the runtime tells, together with all else that is wrong.
            raise self._problem(unknown_input(unknown[0], self._declared))
        return self._values | raw_inputs(self._declared, self._texts)

    def _problem(self, message: str) -> Problem:
        return Problem(message, hint=self._usage)

    def _text(self, name: str, text: str) -> None:
        self._values.pop(name, None)
        self._texts[name] = text

    def _value(self, name: str, value: Any) -> None:
        self._texts.pop(name, None)
        self._values[name] = value

    def _option(self, written: str, value: str | None) -> None:
        name = self._name(written)
        if name is None and value is None and written.startswith("no-"):
            name = self._name(written[3:])
            if name is not None and self._declared[name].type == "boolean":
                self._value(name, False)
                return
            name = None
        if name is None and written == "task" and self._sole:
            name = self._sole
        if name is None:
            known = [*self._own, *(f"--{name}" for name in self._declared)]
            near = did_you_mean(f"--{written}", known)
            raise self._problem(f"unknown option '--{written}'" + (f"; {near}" if near else ""))
        if value is not None:
            self._text(name, value)
        elif self._declared[name].type == "boolean":
            self._value(name, True)
        else:
            raise self._problem(f"the option '--{written}' needs a value")

    def _name(self, written: str) -> str | None:
        for name in (written, written.replace("-", "_")):
            if name in self._declared:
                return name
        return None

    def _input(self, text: str) -> None:
        name, equals, value = text.partition("=")
        declared = self._name(name.strip()) if equals else None
        if declared is not None:
            self._text(declared, value)
            return
        data = _object(text)
        if data is not None:
            self._map(data)
        elif text.lower().endswith(_DATA_FILES) and Path(text).is_file():
            self._data(read_text(Path(text)), text)
        elif self._sole:
            self._text(self._sole, text)
        else:
            raise self._problem(self._no_sole(f"--input {text!r} does not say which input it is"))

    def _data(self, text: str, name: str) -> None:
        """Inputs out of a file; `name` is its name, `-` for standard input."""
        from vega_runtime.errors import ExpressionError
        from vega_runtime.parsing import strict_json

        try:
            if name.lower().endswith((".yaml", ".yml")):
                # By the rules of programs: a date is a text there, `yes` is no boolean.
                from vega_runtime.yaml_data import load

                data: Any = load(text, _named(name))
            else:
                data = strict_json(text)
        except ExpressionError as error:
            raise self._problem(error.message) from error
        except ValueError as error:
            raise self._problem(f"{_named(name)} is not JSON: {error}") from error
        if isinstance(data, dict):
            self._map(cast("dict[str, Any]", data))
        elif self._sole:
            self._value(self._sole, data)
        else:
            raise self._problem(self._no_sole(f"{_named(name)} holds no map of inputs"))

    def _map(self, data: dict[str, Any]) -> None:
        sole = self._sole
        takes_maps = ("object", "any", "map")
        if (
            sole
            and not any(name in self._declared for name in data)
            and self._declared[sole].type.partition("[")[0] in takes_maps
        ):
            self._value(sole, data)
            return
        for name, value in data.items():
            self._value(self._name(name) or name, value)

    def _from(self, stdin: TextIO) -> None:
        """Take standard input for the single input, where that is still missing."""
        sole = self._sole
        missing = sole and sole not in self._texts and sole not in self._values
        if not sole or not missing or not self._declared[sole].required or stdin.isatty():
            return
        text = stdin.read()
        if text:
            self._text(sole, text.removesuffix("\n"))

    def _no_sole(self, message: str) -> str:
        if not self._declared:
            return f"{message}: the workflow takes no inputs"
        return f"{message}; write NAME=VALUE, NAME being one of {', '.join(self._declared)}"


def _object(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    from vega_runtime.parsing import strict_json

    try:
        data = strict_json(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", data) if isinstance(data, dict) else None


def _named(name: str) -> str:
    return "standard input" if name == "-" else f"'{name}'"
