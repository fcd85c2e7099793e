"""Python functions as tools: their schemas, their arguments, their results."""

import asyncio
import enum
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega_runtime.errors import ConfigError, ToolError
from vega_runtime.models.base import ToolCall, ToolResult
from vega_runtime.tools import BuiltinTool, FunctionTool, Param, Sandbox, ToolContext, resolve
from vega_runtime.tools.signature import read_docstring


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    """A place.

    Attributes:
        x: how far right
    """

    x: float
    y: float = 0.0
    tags: list[str] = field(default_factory=list)


@dataclass
class Tree:
    name: str
    children: list["Tree"] = field(default_factory=list)


class Options(TypedDict):
    size: int
    loud: NotRequired[bool]


def call_sync(function: Any, /, **arguments: Any) -> ToolResult:
    return asyncio.run(call(function, **arguments))


async def call(function: Any, /, **arguments: Any) -> ToolResult:
    run = ToolContext(env={})
    tool = function if isinstance(function, BuiltinTool) else FunctionTool(function, name="f")
    return await resolve([tool], run).call(ToolCall("1", tool.name, arguments), run)


def everything(
    text: str,
    count: int,
    ratio: float = 0.5,
    flag: bool = False,
    colour: Colour = Colour.RED,
    mode: Literal["fast", "slow", 3] = "fast",
    maybe: str | None = None,
    either: int | str = 1,
    many: list[int] | None = None,
    pair: tuple[int, str] = (1, "a"),
    rest: tuple[int, ...] = (),
    unique: set[str] | None = None,
    table: dict[str, list[int]] | None = None,
    point: Point | None = None,
    options: Options | None = None,
    path: Path = Path(),
    day: date | None = None,
    noted: Annotated[int, "How noted"] = 0,
    sequence: Sequence[float] = (),
    mapping: Mapping[str, Any] | None = None,
    anything: Any = None,
) -> str:
    """Take everything.

    It says back what it got.

    Args:
        text: what to say,
            over two lines
        count (int): how often
        ratio: how much

    Returns:
        What it got.
    """
    return repr((text, count, colour, many, pair, rest, unique, table, point, options, path, day))


def test_the_schema_of_a_function() -> None:
    tool = FunctionTool(everything)
    assert tool.name == "everything"
    assert tool.description == "Take everything.\n\nIt says back what it got."
    schema = tool.parameters
    properties = schema["properties"]
    assert schema["required"] == ["text", "count"]
    assert schema["additionalProperties"] is False
    assert properties["text"] == {"type": "string", "description": "what to say, over two lines"}
    assert properties["count"] == {"type": "integer", "description": "how often"}
    assert properties["ratio"] == {"type": "number", "description": "how much", "default": 0.5}
    assert properties["flag"] == {"type": "boolean", "default": False}
    assert properties["colour"] == {"type": "string", "enum": ["red", "blue"], "default": "red"}
    assert properties["mode"] == {"enum": ["fast", "slow", 3], "default": "fast"}
    assert properties["maybe"] == {"type": ["string", "null"]}
    assert properties["either"] == {"type": ["integer", "string"], "default": 1}
    assert properties["many"] == {
        "anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]
    }
    assert properties["pair"]["prefixItems"] == [{"type": "integer"}, {"type": "string"}]
    assert properties["rest"]["items"] == {"type": "integer"}
    assert properties["noted"] == {"type": "integer", "description": "How noted", "default": 0}
    assert properties["day"]["anyOf"][0] == {"type": "string", "format": "date"}
    assert schema["$defs"]["Point"] == {
        "type": "object",
        "description": "A place.",
        "properties": {
            "x": {"type": "number", "description": "how far right"},
            "y": {"type": "number", "default": 0.0},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["x"],
        "additionalProperties": False,
    }
    assert schema["$defs"]["Options"]["required"] == ["size"]


async def test_arguments_become_python_values() -> None:
    result = await call(
        everything,
        text="a",
        count=2,
        colour="blue",
        many=[1, 2],
        pair=[3, "c"],
        rest=[1, 2, 3],
        unique=["x", "x"],
        table={"a": [1]},
        point={"x": 1, "tags": ["t"]},
        options={"size": 1},
        path="a/b",
        day="2026-01-02",
    )
    assert result.content == repr(
        (
            "a",
            2,
            Colour.BLUE,
            [1, 2],
            (3, "c"),
            (1, 2, 3),
            {"x"},
            {"a": [1]},
            Point(1.0, 0.0, ["t"]),
            {"size": 1},
            Path("a/b"),
            date(2026, 1, 2),
        )
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "'text' is required"),
        ({"text": 1, "count": 1}, "'text' must be a string"),
        ({"text": "a", "count": "1"}, "'count' must be an integer"),
        ({"text": "a", "count": 1, "colour": "green"}, "'colour' must be one of"),
        ({"text": "a", "count": 1, "mode": "medium"}, "'mode' must be one of"),
        ({"text": "a", "count": 1, "either": []}, "'either' must be an integer or a string"),
        ({"text": "a", "count": 1, "many": ["x"]}, "'many[0]' must be an integer"),
        ({"text": "a", "count": 1, "pair": [1]}, "'pair' needs at least 2 items"),
        ({"text": "a", "count": 1, "point": {}}, "'point.x' is required (how far right)"),
        ({"text": "a", "count": 1, "point": {"x": 1, "z": 1}}, "there is no 'point.z'"),
        ({"text": "a", "count": 1, "options": {"size": "x"}}, "'options.size' must be an integer"),
        ({"text": "a", "count": 1, "day": "tomorrow"}, "tomorrow"),
        ({"text": "a", "count": 1, "other": 1}, "there is no 'other'"),
    ],
)
async def test_bad_arguments_are_told(arguments: dict[str, Any], told: str) -> None:
    result = await call(everything, **arguments)
    assert result.is_error
    assert told in result.content


async def test_a_type_that_holds_itself() -> None:
    def depth(tree: Tree) -> int:
        return 1 + max((depth(child) for child in tree.children), default=0)

    tree = {"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}]}
    assert (await call(depth, tree=tree)).content == "3"
    tree["children"] = [{"nam": "b"}]
    result = await call(depth, tree=tree)
    assert "tree.children[0]" in result.content


NEW_TYPES = """
from typing import ReadOnly, TypedDict

type Ids = list[int]
type Pair[A, B] = tuple[B, A]
type Nested = int | list[Nested]
type Chain[T] = list[T | Chain[T]]
type Lost = Elsewhere

class Fixed(TypedDict):
    size: ReadOnly[int]

def f(ids: Ids, pair: Pair[int, str], nested: Nested, chain: Chain[str], fixed: Fixed) -> str:
    return repr((ids, pair, nested, chain, fixed))

def g(lost: Lost) -> str:
    return ""
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the statement `type` is new in 3.12")
async def test_aliases_of_the_statement_type() -> None:
    module: dict[str, Any] = {}
    source = NEW_TYPES
    if sys.version_info < (3, 13):
        source = source.replace("ReadOnly, ", "").replace("ReadOnly[int]", "int")
    exec(source, module)
    schema = FunctionTool(module["f"]).parameters
    assert schema["properties"]["ids"] == {"$ref": "#/$defs/Ids"}
    definitions = schema["$defs"]
    assert definitions["Ids"] == {"type": "array", "items": {"type": "integer"}}
    assert definitions["Nested"]["anyOf"][1]["items"] == {"$ref": "#/$defs/Nested"}
    given = {
        "ids": [1],
        "pair": ["a", 2],
        "nested": [1, [2, []]],
        "chain": ["a", ["b"]],
        "fixed": {"size": 1},
    }
    result = await call(module["f"], **given)
    assert result.content == repr(([1], ("a", 2), [1, [2, []]], ["a", ["b"]], {"size": 1}))
    for name, bad, told in (
        ("ids", ["a"], "'ids[0]' must be an integer"),
        ("pair", [1, "a"], "'pair[0]' must be a string"),
        ("nested", [[[""]]], "'nested"),
        ("chain", [[1]], "'chain"),
        ("fixed", {"size": ""}, "'fixed.size' must be an integer"),
    ):
        result = await call(module["f"], **{**given, name: bad})
        assert result.is_error
        assert told in result.content
    with pytest.raises(TypeError, match="Elsewhere"):
        FunctionTool(module["g"])


async def test_null_for_a_parameter_with_a_default() -> None:
    def f(a: int = 5, b: int | None = 6) -> list[int | None]:
        return [a, b]

    assert (await call(f, a=None)).content == "[5,6]"
    assert (await call(f, b=None)).content == "[5,null]"


async def test_more_arguments_by_name() -> None:
    def f(**others: int) -> int:
        return sum(others.values())

    assert (await call(f, a=1, b=2)).content == "3"
    assert (await call(f, a="x")).is_error


@pytest.mark.parametrize(
    ("result", "content"),
    [
        ("text", "text"),
        (None, ""),
        (3.0, "3.0"),
        (True, "true"),
        (["ä", 1], '["ä",1]'),
        (Point(1.5), '{"x":1.5,"y":0.0,"tags":[]}'),
        ([Colour.RED], '["red"]'),
        ({"a": {1: 2}}, '{"a":{"1":2}}'),
    ],
)
async def test_results_become_text(result: Any, content: str) -> None:
    def f() -> Any:
        return result

    assert (await call(f)).content == content


async def test_a_plain_function_does_not_hold_up_the_loop() -> None:
    entered, leave = threading.Event(), threading.Event()

    def block() -> str:
        entered.set()
        leave.wait(20)
        return "left"

    task = asyncio.create_task(call(block))
    await asyncio.to_thread(entered.wait, 20)
    leave.set()
    assert (await task).content == "left"


async def test_async_functions_and_objects() -> None:
    async def f(n: int) -> int:
        await asyncio.sleep(0)
        return n + 1

    class Adder:
        def __init__(self, n: int) -> None:
            self.n = n

        def __call__(self, m: int) -> int:
            """Add to it."""
            return self.n + m

        async def method(self, m: int) -> int:
            return self.n * m

    assert (await call(f, n=1)).content == "2"
    assert (await call(Adder(2), m=3)).content == "5"
    assert (await call(Adder(2).method, m=3)).content == "6"


async def test_an_exception_is_a_tool_error() -> None:
    def f() -> None:
        raise ValueError("no such thing")

    def g() -> None:
        raise ToolError("in plain words")

    assert await call(f) == ToolResult("1", "ValueError: no such thing", is_error=True)
    assert await call(g) == ToolResult("1", "in plain words", is_error=True)


async def test_a_function_may_take_the_context(tmp_path: Path) -> None:
    def f(name: str, context: ToolContext) -> str:
        context.files().write(name, b"x")
        return context.idempotency_key or ""

    run = ToolContext(sandbox=Sandbox(tmp_path), env={}, idempotency_key="k1")
    tools = resolve([f], run)
    assert list(tools.schemas()[0].parameters["properties"]) == ["name"]
    result = await tools.call(ToolCall("1", "f", {"name": "a.txt"}), run)
    assert result.content == "k1"
    assert run.files().read("a.txt")[0] == b"x"


def test_functions_that_no_model_could_call() -> None:
    def positional(a: int, /) -> None: ...

    def variable(*a: int) -> None: ...

    for function in (positional, variable):
        with pytest.raises(TypeError):
            FunctionTool(function)
        with pytest.raises(ConfigError, match="cannot be a tool"):
            resolve([function], ToolContext(env={}))


@pytest.mark.parametrize(
    ("text", "description", "about"),
    [
        ("", "", {}),
        ("One line.", "One line.", {}),
        ("A.\n\nArgs:\n    x: an x\n    y (int, optional): a y", "A.", {"x": "an x", "y": "a y"}),
        ("A.\n\nArgs:\n  x: one\n    two\n\nRaises:\n  E: never", "A.", {"x": "one two"}),
        (
            "A.\n\n:param x: an x\n:param int y: a y\n    more\n:returns: z",
            "A.",
            {"x": "an x", "y": "a y more"},
        ),
        ("A: b.\nNote that c: d", "A: b.\nNote that c: d", {}),
    ],
)
def test_docstrings(text: str, description: str, about: dict[str, str]) -> None:
    assert read_docstring(text) == (description, about)


@given(st.text(max_size=200))
def test_any_docstring_can_be_read(text: str) -> None:
    description, about = read_docstring(text)
    assert isinstance(description, str)
    assert all(name and text.count(name) for name in about)


MODULE = '''
"""Tools of a program."""
from dataclasses import dataclass

@dataclass
class Item:
    name: str

def shout(text: str, times: int = 1) -> str:
    """Shout a text.

    Args:
        text: what to shout
    """
    return text.upper() * times

async def later(item: Item) -> str:
    """Async."""
    return item.name

class Box:
    @staticmethod
    def inside(a: int) -> int:
        """Inside a class."""
        return a + 1

not_callable = 3

def bad(*args): ...
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ToolContext:
    name = f"own_tools_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / f"{name}_broken.py").write_text("1 / 0")
    monkeypatch.setattr(sys, "path", list(sys.path))
    return ToolContext(env={"MODULE": name}, root=tmp_path)


async def test_a_function_of_a_module(project: ToolContext) -> None:
    module = project.env["MODULE"]
    shout = BuiltinTool("shout", function=f"{module}:shout")
    later = BuiltinTool("later", description="Own words", function=f"{module}:later")
    inside = BuiltinTool("inside", function=f"{module}:Box.inside")
    tools = resolve([shout, later, inside], project)
    schemas = {schema.name: schema for schema in tools.schemas()}
    assert schemas["shout"].description == "Shout a text."
    assert schemas["shout"].parameters["properties"]["text"]["description"] == "what to shout"
    assert schemas["later"].description == "Own words"

    async def content(name: str, /, **arguments: Any) -> str:
        return (await tools.call(ToolCall("1", name, arguments), project)).content

    assert await content("shout", text="a", times=2) == "AA"
    assert await content("later", item={"name": "n"}) == "n"
    assert await content("inside", a=1) == "2"
    assert "'text' is required" in await content("shout")


async def test_params_of_the_program_win(project: ToolContext) -> None:
    tool = BuiltinTool(
        "shout",
        function=f"{project.env['MODULE']}:shout",
        params={"text": Param(required=True, enum=("a", "b")), "times": Param("integer")},
    )
    tools = resolve([tool], project)
    assert tools.schemas()[0].parameters["properties"]["text"]["enum"] == ["a", "b"]
    result = await tools.call(ToolCall("1", "shout", {"text": "a"}), project)
    assert result.content == "A"
    assert (await tools.call(ToolCall("1", "shout", {"text": "c"}), project)).is_error


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("no_such_module_here:f", "no module named 'no_such_module_here'"),
        ("{module}:missing", "there is no 'missing'"),
        ("{module}:Box.missing", "there is no 'missing'"),
        ("{module}:not_callable", "not callable"),
        ("{module}:bad", "cannot be a tool"),
        ("{module}_broken:f", "ZeroDivisionError"),
        ("{module}", "package.module:callable"),
        (":f", "package.module:callable"),
        ("", "package.module:callable"),
        ("..x:f", "cannot be imported"),
    ],
)
def test_a_function_that_is_not_there(project: ToolContext, function: str, told: str) -> None:
    tool = BuiltinTool("t", function=function.replace("{module}", project.env["MODULE"]))
    with pytest.raises(ConfigError) as caught:
        resolve([tool], project)
    assert told in caught.value.message


def test_dates_in_results_are_text() -> None:
    def f() -> datetime:
        return datetime(2026, 1, 2, 3, 4)

    assert call_sync(f).content.startswith("2026-01-02")
