"""Functions as tools: partial ones, nameless ones, NumPy's docstrings, and unusual results."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest

from vega_runtime.errors import ConfigError
from vega_runtime.tools import FunctionTool, Sandbox, ToolContext, Tools, resolve
from vega_runtime.tools.signature import read_docstring


def add(a: int, b: int = 1) -> int:
    """Add two numbers.

    Parameters
    ----------
    a : int
        The first one,
        as it is.
    b, c : int, optional
        The second one.

    Returns
    -------
    int
        Their sum.
    """
    return a + b


def test_the_docstrings_of_numpy() -> None:
    tool = FunctionTool(add)
    assert tool.description == "Add two numbers."
    properties = tool.parameters["properties"]
    assert properties["a"]["description"] == "The first one, as it is."
    assert properties["b"] == {"type": "integer", "default": 1, "description": "The second one."}


def test_other_headings_belong_to_the_description() -> None:
    described, about = read_docstring("Sum.\n\nUse\n---\nRarely.")
    assert described == "Sum.\n\nUse\n---\nRarely."
    assert about == {}


async def test_a_partial_function_is_the_function_it_is_made_of() -> None:
    tools = Tools(functools.partial(functools.partial(add, b=10)))
    assert list(tools) == ["add"]
    assert tools["add"].description == "Add two numbers."
    assert tools["add"].parameters["properties"]["a"]["type"] == "integer"
    assert (await tools.execute("add", {"a": 1})).content == "11"
    assert (await tools.execute("add", {"a": "x"})).is_error


say: Callable[[str], str] = lambda text: text  # noqa: E731 - it has no name


@pytest.mark.parametrize("nameless", [say, functools.partial(say)])
async def test_a_function_without_a_name_needs_one(nameless: Any) -> None:
    with pytest.raises(TypeError, match="models take no tool called '<lambda>': give it a name"):
        Tools(nameless)
    tools = Tools()
    tools.register(name="echo", description="Say it again")(nameless)
    assert (await tools.execute("echo", {"text": "hello"})).content == "hello"


def test_an_agent_with_a_nameless_tool_says_so() -> None:
    with pytest.raises(ConfigError, match="cannot be a tool: models take no tool called"):
        resolve([lambda: 1], ToolContext(env={}, sandbox=Sandbox(".")))


@pytest.mark.parametrize("name", ["größe", "two words", "", "a" * 129, "a.b"])
def test_names_that_no_provider_takes(name: str) -> None:
    if name:
        with pytest.raises(TypeError, match="letters, digits"):
            FunctionTool(add, name=name)
    else:
        assert FunctionTool(add, name=name).name == "add"


def test_a_class_without_a_signature_is_refused() -> None:
    with pytest.raises(TypeError, match="no signature"):
        Tools(int)


def test_an_unknown_built_in_tool_is_told_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no built-in tool 'read_fil'.*read_file, write_file"):
        Tools("read_fil")


class Colour(Enum):
    RED = "red"


@dataclass
class Pen:
    width: int
    colour: Colour = Colour.RED
    label: str = "pen"
    cap: str | None = None


def test_defaults_of_fields_are_in_the_schema() -> None:
    def draw(pen: Pen) -> str:
        """Draw."""
        return repr(pen)

    pen = FunctionTool(draw).parameters["$defs"]["Pen"]
    assert pen["required"] == ["width"]
    assert pen["properties"]["label"] == {"type": "string", "default": "pen"}
    assert pen["properties"]["colour"] == {"type": "string", "enum": ["red"], "default": "red"}
    assert "default" not in pen["properties"]["cap"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"plain", "plain"),
        (b"\xff\x00", "/wA="),
        ({"data": b"\xff"}, '{"data":"/w=="}'),
        (None, ""),
        ({"ü": [1, None, True]}, '{"ü":[1,null,true]}'),
    ],
)
async def test_results_are_texts(value: Any, shown: str) -> None:
    def give() -> Any:
        """Give it."""
        return value

    assert (await Tools(give).execute("give", {})).content == shown
