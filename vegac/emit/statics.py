"""Static values: the options of agents, tools, settings and steps."""

from typing import TYPE_CHECKING, cast

from vegac.emit.code import (
    Atom,
    Code,
    DictDisplay,
    Keyword,
    Lambda,
    ListDisplay,
    Text,
    TupleDisplay,
    Unary,
    call,
    name,
)
from vegac.emit.literals import number, rows, string
from vegac.ir import nodes as ir

if TYPE_CHECKING:
    from vegac.emit.context import ModuleContext


def static(
    module: "ModuleContext", value: "ir.StaticValue | list[object]", hint: str = "value"
) -> Code:
    """The code of a static value. `hint` names the function that a computed part may need."""
    match value:
        case str():
            return long_text(value)
        case bool() | None:
            return name(repr(value))
        case int() | float():
            text = number(value)
            return Unary("-", Atom(text[1:])) if text.startswith("-") else Atom(text)
        case ir.EnvText(text=text):
            return call(module.imports.runtime("env_text"), long_text(text))
        case ir.Construct():
            return construct(module, value, hint)
        case ir.ToolReference(name=tool):
            return name(module.tools[tool])
        case ir.Computed():
            return computed(module, value, hint)
        case tuple():
            return TupleDisplay(tuple(static(module, item, hint) for item in value))
        case list():
            return ListDisplay(tuple(static(module, item, hint) for item in _items(value)))
        case dict():
            keys = tuple(Text(string(key), value=key) for key in value)
            entries = (static(module, item, f"{hint}_{key}") for key, item in value.items())
            return DictDisplay(keys, tuple(entries))


def _items(value: object) -> "list[ir.StaticValue]":
    """The items of a list, which stands in defaults and settings."""
    return cast("list[ir.StaticValue]", value)


def long_text(value: str) -> Code:
    """A string, cut into lines where it does not fit on one."""
    cut = tuple(string("".join(map(str, row))) for row in rows([value], {}))
    return Text(string(value), cut if len(cut) > 1 else (), value)


def construct(module: "ModuleContext", value: ir.Construct, hint: str = "value") -> Code:
    """A call of a constructor of the runtime; `forms.JSON` is no call."""
    function = module.imports.runtime(value.name)
    last = value.name.rpartition(".")[2]
    if last.isupper() and not value.arguments and not value.positional:
        return name(function)
    arguments: list[Code] = [static(module, item, hint) for item in value.positional]
    for key, item in value.arguments.items():
        arguments.append(Keyword(key, static(module, item, f"{hint}_{key}")))
    return call(function, *arguments)


def computed(module: "ModuleContext", value: ir.Computed, hint: str) -> Code:
    """A value that is computed when it is used: a lambda over a tool's arguments, or the name of a
    function of the run."""
    if value.parameter == "args":
        return Lambda("args", module.lone_expression(value.value))
    return name(module.run_function(hint, value.value))


def constructors(program: ir.Program) -> frozenset[str]:
    """The names of the runtime's constructors that a program's static values call."""
    found: set[str] = set()
    for agent in program.agents:
        _constructors(agent.options, found)
    for tool in program.tools:
        _constructors(tool.construct, found)
    _constructors(program.settings, found)
    return frozenset(found)


def _constructors(value: "ir.StaticValue | list[object]", found: set[str]) -> None:
    match value:
        case ir.Construct(name=constructor, arguments=arguments, positional=positional):
            found.add(constructor.partition(".")[0])
            _constructors(arguments, found)
            _constructors(positional, found)
        case dict():
            for item in value.values():
                _constructors(item, found)
        case tuple() | list():
            for item in _items(value):
                _constructors(item, found)
        case _:
            pass
