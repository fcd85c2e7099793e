import inspect
from importlib import import_module

import pytest

from vegac.cli.app import ALIASES, COMMANDS, load


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_and_the_command_say_the_same(name: str) -> None:
    command = load(name)
    assert command.name == name
    assert inspect.cleandoc(command.help or "").partition("\n")[0] == COMMANDS[name]
    assert f"`vegac {name}`" in (import_module(f"vegac.cli.commands.{name}").__doc__ or "")


def test_aliases_stand_for_commands() -> None:
    assert set(ALIASES.values()) <= set(COMMANDS)
