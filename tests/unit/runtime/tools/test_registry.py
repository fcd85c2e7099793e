"""From an agent's list of tools to calls: names, arguments, failures, approval."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from vega_grammar import tools as grammar
from vega_runtime.env import env_text
from vega_runtime.errors import ConfigError
from vega_runtime.models.base import ToolCall, ToolResult
from vega_runtime.tools import (
    ALIASES,
    BUILTIN_TOOLS,
    MISSING,
    BuiltinTool,
    ExecTool,
    FileReadTool,
    FileWriteTool,
    HttpTool,
    Joined,
    Param,
    Sandbox,
    ToolContext,
    Tools,
    ToolSet,
    builtin_tool,
    log_calls,
    rate_limit,
    resolve,
    time_limit,
)
from vega_runtime.virtual_time import run_virtual


@pytest.fixture
def run(tmp_path: Path) -> ToolContext:
    return ToolContext(sandbox=Sandbox(tmp_path), env={"PATH": "/usr/bin:/bin"}, root=tmp_path)


async def call(tools: ToolSet, run: ToolContext, name: str, /, **arguments: Any) -> ToolResult:
    return await tools.call(ToolCall("id-1", name, arguments), run)


def test_importing_is_light() -> None:
    code = (
        "import asyncio, dataclasses, sys; import vega_runtime.tools; from vega_runtime.tools"
        " import resolve, ToolContext, Sandbox, HttpTool, ExecTool; "
        "print(sorted({'httpx', 'smtplib', 'anyio', 'email.message'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert shown.stdout.strip() == "[]"


def test_the_checker_knows_the_same_built_in_tools() -> None:
    """The compiler must not import the runtime, nor the runtime the compiler's tables."""
    assert grammar.ALIASES == ALIASES
    assert set(grammar.BUILTIN_TOOLS) == {*BUILTIN_TOOLS, *ALIASES}
    for name, described in grammar.BUILTIN_TOOLS.items():
        tool = BUILTIN_TOOLS[ALIASES.get(name, name)]
        assert described.doc == tool.description
        assert described.capabilities == tool.capabilities
        assert list(described.params) == list(tool.params)
        for key, param in described.params.items():
            own = tool.params[key]
            default = None if own.default is MISSING else own.default
            expected = (own.type, own.description, own.required, default)
            assert (param.type, param.doc, param.required, param.default) == expected


@pytest.mark.parametrize("name", [*BUILTIN_TOOLS, *ALIASES])
def test_every_built_in_tool_has_a_schema(name: str, run: ToolContext) -> None:
    (schema,) = resolve([name], run).schemas()
    assert schema.name == name
    assert schema.description
    assert schema.parameters["type"] == "object"
    assert builtin_tool(name).capabilities


def test_unknown_names_are_all_reported(run: ToolContext) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(["read_file", "raed_file", "nothing"], run)
    assert "'raed_file'" in caught.value.message
    assert "'nothing'" in caught.value.message
    assert "read_file" in caught.value.message


async def test_an_own_tool_hides_a_built_in_one(run: ToolContext) -> None:
    own = FileReadTool("read_file", description="own", params={}, path="always.txt")
    run.files().write("always.txt", b"mine")
    for order in (["read_file", own], [own, "read_file"]):
        tools = resolve(order, run)
        assert [schema.description for schema in tools.schemas()] == ["own"]
        assert (await call(tools, run, "read_file")).content == "mine"


async def test_an_alias_is_the_same_tool(run: ToolContext) -> None:
    for listed, called in (("exec", "run_command"), ("run_command", "exec"), ("exec", "exec")):
        result = await call(resolve([listed], run), run, called, command="echo hi")
        assert result.content == "hi"


async def test_a_call_of_an_unknown_tool_lists_the_tools(run: ToolContext) -> None:
    result = await call(resolve(["read_file", "list_files"], run), run, "write_file")
    assert result == ToolResult(
        "id-1", "there is no tool 'write_file' (tools: read_file, list_files)", is_error=True
    )


def test_patterns_take_tools_of_servers(run: ToolContext) -> None:
    def search() -> str:
        return ""

    def fetch() -> str:
        return ""

    servers = Tools()
    servers.register(name="web__search")(search)
    servers.register(name="web__fetch")(fetch)
    servers.register(name="db__fetch")(fetch)
    tools = resolve(["web__*", "read_file"], run, servers)
    assert [tool.name for tool in tools] == ["web__search", "web__fetch", "read_file"]
    assert [tool.name for tool in resolve(["db__fetch"], run, servers)] == ["db__fetch"]


SEARCH = FileReadTool(
    "search",
    description="d",
    params={
        "query": Param(required=True, description="Words to look for"),
        "limit": Param("integer", default=10),
        "kind": Param(enum=("a", "b")),
        "tags": Param("list[string]"),
        "scores": Param("map[number]"),
        "deep": Param("list[map[integer]]"),
        "flag": Param("boolean"),
        "free": Param("any"),
        "thing": Param("object"),
    },
    path="x",
)


def test_the_schema_of_params() -> None:
    schema = SEARCH.parameters
    assert schema["required"] == ["query"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["query"] == {"type": "string", "description": "Words to look for"}
    assert schema["properties"]["limit"] == {"type": "integer", "default": 10}
    assert schema["properties"]["kind"] == {"type": "string", "enum": ["a", "b"]}
    assert schema["properties"]["deep"] == {
        "type": "array",
        "items": {"type": "object", "additionalProperties": {"type": "integer"}},
    }
    assert schema["properties"]["free"] == {}


def test_defaults_are_filled_in() -> None:
    assert SEARCH.check({"query": "x", "limit": None, "flag": False}) == {
        "query": "x",
        "limit": 10,
        "kind": None,
        "tags": None,
        "scores": None,
        "deep": None,
        "flag": False,
        "free": None,
        "thing": None,
    }
    assert SEARCH.check({"query": "x", "limit": 3.0})["limit"] == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "'query' is required (Words to look for)"),
        ({"query": None}, "'query' must be a string, not null"),
        ({"query": 3}, "'query' must be a string, not 3"),
        ({"query": "x", "limit": "3"}, "'limit' must be an integer"),
        ({"query": "x", "limit": 3.5}, "'limit' must be an integer, not 3.5"),
        ({"query": "x", "limit": True}, "'limit' must be an integer, not true"),
        ({"query": "x", "kind": "c"}, '\'kind\' must be one of "a", "b"'),
        ({"query": "x", "tags": "a"}, "'tags' must be a list"),
        ({"query": "x", "tags": ["a", 1]}, "'tags[1]' must be a string"),
        ({"query": "x", "scores": {"a": "b"}}, "'scores.a' must be a number"),
        ({"query": "x", "scores": {"a": float("nan")}}, "'scores.a' must be a number"),
        ({"query": "x", "deep": [{}, {"a": {}}]}, "'deep[1].a' must be an integer"),
        ({"query": "x", "flag": 1}, "'flag' must be true or false"),
        ({"query": "x", "thing": []}, "'thing' must be a map"),
        ({"query": "x", "qurey": "y"}, "there is no 'qurey' (known: query, limit"),
    ],
)
async def test_bad_arguments_are_told_by_name(
    arguments: dict[str, Any], told: str, run: ToolContext
) -> None:
    result = await call(resolve([SEARCH], run), run, "search", **arguments)
    assert result.is_error
    assert told in result.content


async def test_all_problems_are_told_at_once(run: ToolContext) -> None:
    result = await call(resolve([SEARCH], run), run, "search", limit="x", kind=1)
    assert all(f"'{name}'" in result.content for name in ("query", "limit", "kind"))


class Person:
    """Who is asked for approval."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.questions: list[tuple[str, Sequence[str]]] = []

    async def ask(self, question: str, choices: Sequence[str]) -> str:
        self.questions.append((question, choices))
        return self.answer


@pytest.mark.parametrize(("answer", "written"), [("yes", True), ("Y", True), ("no", False)])
async def test_a_person_approves_each_call(tmp_path: Path, answer: str, written: bool) -> None:
    person = Person(answer)
    run = ToolContext(sandbox=Sandbox(tmp_path), ask=person.ask)
    tools = resolve([builtin_tool("write_file", confirm=True)], run)
    result = await call(tools, run, "write_file", path="a.txt", content="x")
    assert result.is_error is not written
    assert sandbox_has(run, "a.txt") is written
    ((question, choices),) = person.questions
    assert "write_file" in question
    assert "a.txt" in question
    assert choices == ("yes", "no")


def sandbox_has(run: ToolContext, path: str) -> bool:
    return path in run.files().list(recursive=True)[0]


async def test_without_anybody_to_ask_a_call_is_refused(run: ToolContext) -> None:
    tools = resolve([builtin_tool("write_file", confirm=True)], run)
    result = await call(tools, run, "write_file", path="a.txt", content="x")
    assert result.is_error
    assert "nobody to ask" in result.content
    assert not sandbox_has(run, "a.txt")


async def test_nobody_is_asked_about_bad_arguments(tmp_path: Path) -> None:
    person = Person("yes")
    run = ToolContext(sandbox=Sandbox(tmp_path), ask=person.ask)
    await call(resolve([builtin_tool("write_file", confirm=True)], run), run, "write_file")
    assert person.questions == []


async def test_file_tools(run: ToolContext) -> None:
    read = FileReadTool(
        "get",
        description="",
        params={"name": Param(required=True)},
        path=lambda a: f"docs/{a['name']}.md",
        encoding="base64",
        allowed_paths=("docs/*.md",),
    )
    write = FileWriteTool(
        "put",
        description="",
        params={"name": Param(required=True), "n": Param("integer")},
        path=lambda a: f"docs/{a['name']}.md",
        content=Joined("n=", lambda a: a["n"], "\n"),
        mode="append",
        mkdir=True,
    )
    tools = resolve([read, write], run)
    await call(tools, run, "put", name="a", n=1)
    assert (await call(tools, run, "put", name="a", n=2)).content == "added 4 bytes to docs/a.md"
    assert (await call(tools, run, "get", name="a")).content == "bj0xCm49Mgo="
    for name in ("../docs/sub/a", "x/../../a", "../../a", "a\0"):
        assert (await call(tools, run, "get", name=name)).is_error


async def test_reading_text(run: ToolContext) -> None:
    tools = resolve(["read_file"], run)
    run.files().write("a.txt", "\ufeffone\ntwo\nthree\nfour".encode())
    run.files().write("b.bin", b"\xff\xfe\x00")
    assert (await call(tools, run, "read_file", path="a.txt")).content == "one\ntwo\nthree\nfour"
    result = await call(tools, run, "read_file", path="a.txt", offset=2, limit=2)
    assert result.content == "two\nthree\n"
    result = await call(tools, run, "read_file", path="b.bin")
    assert result.is_error
    assert "not UTF-8" in result.content
    run.files().write("big.txt", "ä".encode() * 600_000)
    assert "1200000 bytes" in (await call(tools, run, "read_file", path="big.txt")).content


class Store:
    """A memory of a few values."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    async def store(self, key: str, value: Any) -> None:
        self.values[key] = value

    async def search(self, query: str, limit: int) -> Sequence[Mapping[str, Any]]:
        found = [{"key": k, "value": v} for k, v in self.values.items() if query in f"{k} {v}"]
        return found[:limit]


async def test_memory_tools(run: ToolContext) -> None:
    store = Store()
    with_memory = ToolContext(memory=store)
    tools = resolve(["memory_store", "memory_search"], run)
    assert (await call(tools, run, "memory_store", key="a", value=1)).is_error
    await call(tools, with_memory, "memory_store", key="colour", value={"best": "blue"})
    assert store.values == {"colour": {"best": "blue"}}
    result = await call(tools, with_memory, "memory_search", query="blue")
    assert result.content == '[{"key":"colour","value":{"best":"blue"}}]'
    result = await call(tools, with_memory, "memory_search", query="red")
    assert (result.content, result.is_error) == ("nothing was found", False)
    assert (await call(tools, with_memory, "memory_search", query="x", limit=0)).is_error


async def test_what_is_missing_is_a_tool_error() -> None:
    run = ToolContext(env={})
    result = await call(resolve(["read_file"], run), run, "read_file", path="a")
    assert result.is_error
    assert "no sandbox" in result.content
    tool = HttpTool("t", description="", params={}, url=env_text("https://${HOST}/"))
    result = await call(resolve([tool], run), run, "t")
    assert result.is_error
    assert "HOST" in result.content


def test_what_a_tool_reads_of_the_environment_is_known() -> None:
    tool = HttpTool(
        "t",
        description="",
        params={},
        url=Joined(env_text("https://${HOST}/"), lambda a: "x"),
        headers={"Authorization": env_text("Bearer ${TOKEN}")},
        body={"a": [env_text("${DEEP}")]},
    )
    command = ExecTool(
        "c",
        description="",
        params={},
        command=("echo", env_text("${WORD}")),
        env={"A": env_text("${VALUE}")},
    )
    texts = [*tool.env_texts(), *command.env_texts()]
    missing = {name for text in texts for name in text.missing({})}
    assert missing == {"HOST", "TOKEN", "DEEP", "WORD", "VALUE"}


@pytest.mark.parametrize(
    ("tool", "told"),
    [
        (
            FileReadTool("t", description="", params={}, path="x", allowed_hosts=("a",)),
            "allowed_hosts has no effect",
        ),
        (
            HttpTool("t", description="", params={}, url="http://x", allowed_paths=("a",)),
            "allowed_paths has no effect",
        ),
        (BuiltinTool("t", function="json:dumps", allowed_commands=("a",)), "allowed_commands"),
        (builtin_tool("run_command", allowed_paths=("*.py",)), "folders such as"),
    ],
)
def test_a_limit_that_would_not_hold_is_refused(tool: Any, told: str, run: ToolContext) -> None:
    with pytest.raises(ConfigError, match=told):
        resolve([tool], run)


async def test_a_registry_of_functions(caplog: pytest.LogCaptureFixture) -> None:
    tools = Tools("read_file")

    @tools.register
    def add(a: int, b: int = 2) -> int:
        """Add two numbers."""
        return a + b

    @tools.register(name="slow", description="Takes its time")
    async def wait() -> str:
        await asyncio.Event().wait()
        return "never"

    assert list(tools) == ["read_file", "add", "slow"]
    assert [schema.name for schema in tools.filter("a*", "s*").schema()] == ["add", "slow"]
    assert (await tools.execute("add", {"a": 1})).content == "3"
    assert (await tools.execute("add", {"a": "x"})).is_error
    assert (await tools.execute("sub", {})).is_error
    tools.use(log_calls())
    tools.use(time_limit(0.05))
    with caplog.at_level(logging.INFO, "vega.tools"):
        result = await tools.filter("slow").execute("slow", {})
    assert result.is_error
    assert "stopped after 0.05 s" in result.content
    assert "tool slow failed" in caplog.text


async def test_own_middleware_stands_around_calls() -> None:
    seen: list[str] = []

    def outer(name: str) -> Any:
        async def around(call: ToolCall, _: ToolContext, inner: Any) -> ToolResult:
            seen.append(f"{name} {call.name}")
            return await inner()

        return around

    async def broken(*_: Any) -> ToolResult:
        raise RuntimeError("broken middleware")

    tools = Tools()
    tools.register(name="hello")(lambda: "hi")
    tools.use(outer("first"))
    tools.use(outer("second"))
    assert (await tools.execute("hello", {})).content == "hi"
    assert seen == ["first hello", "second hello"]
    tools.use(broken)
    result = await tools.execute("hello", {})
    assert result.is_error
    assert "broken middleware" in result.content


def test_a_rate_limit_makes_calls_wait() -> None:
    times: list[float] = []

    async def tick() -> None:
        times.append(asyncio.get_running_loop().time())

    async def play() -> None:
        tools = Tools(tick)
        tools.use(rate_limit(2, per=60))
        await asyncio.gather(*(tools.execute("tick", {}) for _ in range(5)))

    run_virtual(play())
    assert times == [0, 0, 60, 60, 120]
