"""Tools from YAML files and definitions, without a compiled program."""

import json
from pathlib import Path
from typing import Any

import pytest

from vega_runtime.errors import ConfigError, ToolError
from vega_runtime.tools import Args, HttpTool, Param, Sandbox, ToolContext, ToolDef, Tools

GREETING = """
name: greet
description: Writes a greeting
params:
  who: {type: string, required: true, description: Whom}
  style: {enum: [plain, loud], default: plain}
  times: integer
implementation: {type: exec, command: [printf, "%s|", "Hello <<who>>", <<style>>, "{{ times }}"]}
"""

SEVERAL = """
x-shared: kept and ignored
read_note:
  description: Reads a note
  params: [name]
  implementation: {type: file_read, path: notes/<<name>>.md}
  allowed_paths: [notes/**]
write_note:
  description: Writes a note
  params: {name: {required: true}, text: {required: true}}
  implementation: {type: file_write, path: "notes/<<name>>.md", content: "# <<text>>", mkdir: true}
  confirm: true
where:
  description: A variable
  implementation: {type: exec, command: 'printf %s "$PLACE"', env: {PLACE: "${PLACE:-here}"}}
dump:
  description: JSON of a value
  params: {obj: {type: any, required: true}}
  implementation: {type: builtin, function: json:dumps}
search:
  description: Searches
  params: {q: string, n: {type: integer, default: 3}}
  implementation:
    type: http
    method: POST
    url: "${BASE}/find/<<q>>"
    headers: {Authorization: "Bearer ${TOKEN}"}
    query: {n: <<n>>}
    body: {nested: [<<q>>, {n: <<n>>}], text: "n is <<n>>"}
    timeout: 5s
    retry: {attempts: 2, backoff: 250ms}
  allowed_hosts: [example.com]
"""


@pytest.fixture
def context(tmp_path: Path) -> ToolContext:
    return ToolContext(sandbox=Sandbox(tmp_path / "box"), env={"PATH": "/usr/bin:/bin"})


def file(folder: Path, text: str, name: str = "tools.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


async def test_a_file_of_one_tool(tmp_path: Path, context: ToolContext) -> None:
    tools = Tools()
    (greet,) = tools.load_file(file(tmp_path, GREETING))
    assert greet.schema.parameters == {
        "type": "object",
        "properties": {
            "who": {"type": "string", "description": "Whom"},
            "style": {"type": "string", "enum": ["plain", "loud"], "default": "plain"},
            "times": {"type": "integer"},
        },
        "required": ["who"],
        "additionalProperties": False,
    }
    result = await tools.execute("greet", {"who": "$(id); ü", "times": 2}, context)
    assert result.content == "Hello $(id); ü|plain|2|"
    bad = await tools.execute("greet", {"who": "x", "style": "odd"}, context)
    assert bad.is_error
    assert "'style'" in bad.content


async def test_a_file_of_several_tools(tmp_path: Path, context: ToolContext) -> None:
    tools = Tools()
    names = [tool.name for tool in tools.load_file(str(file(tmp_path, SEVERAL)))]
    assert names == ["read_note", "write_note", "where", "dump", "search"] == list(tools)
    assert tools["write_note"].confirm
    context.files().write("notes/a.md", b"a note")
    assert (await tools.execute("read_note", {"name": "a"}, context)).content == "a note"
    escaping = await tools.execute("read_note", {"name": "../../x"}, context)
    assert "sandbox refuses" in escaping.content
    assert (await tools.execute("where", {}, context)).content == "here"
    dumped = await tools.execute("dump", {"obj": {"a": [1]}}, context)
    assert json.loads(dumped.content) == {"a": [1]}
    search = tools["search"]
    assert isinstance(search, HttpTool)
    assert search.timeout == 5.0
    assert {one.template for one in search.env_texts()} == {"${BASE}/find/", "Bearer ${TOKEN}"}


async def test_a_folder_of_files(tmp_path: Path) -> None:
    file(tmp_path, GREETING, "tools/b.yaml")
    file(tmp_path, SEVERAL, "tools/more/a.yaml")
    file(tmp_path, "no tool", "tools/readme.md")
    tools = Tools("read_file")
    assert tools.load_directory(tmp_path / "tools")[0].name == "greet"
    assert set(tools) == {
        *("read_file", "greet", "read_note", "write_note", "where", "dump", "search")
    }
    only = Tools()
    only.load_directory(tmp_path / "tools", "*.yaml")
    assert list(only) == ["greet"]
    file(tmp_path, GREETING, "tools/z.yaml")
    twice = Tools()
    with pytest.raises(ConfigError, match=r"b\.yaml and .*z\.yaml both hold 'greet'"):
        twice.load_directory(tmp_path / "tools")
    assert len(twice) == 0
    with pytest.raises(ConfigError, match="there is no folder"):
        twice.load_directory(tmp_path / "nowhere")


def one(**changes: Any) -> str:
    tool: dict[str, Any] = {
        "name": "t",
        "description": "d",
        "params": {"q": "string"},
        "implementation": {"type": "exec", "command": ["true"]},
        **changes,
    }
    return json.dumps({key: value for key, value in tool.items() if value is not None})


def run(*words: str, **more: Any) -> dict[str, Any]:
    return {"type": "exec", "command": list(words), **more}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no tools"),
        ("[1]", "holds no tools"),
        ("a: [", "cannot read the tools"),
        ("a: 1", "tool 'a' is a map"),
        ("two words: {description: d}", "names hold letters"),
        (one(name=None), "needs a text as `name`"),
        (one(description=None), "needs a text as `description`"),
        (one(descripton="x"), "no key 'descripton'; did you mean 'description'?"),
        (one(implementation=None) + "\n", "is a map"),
        (one(implementation={"type": "htpp", "url": "x"}), "did you mean 'http'?"),
        (one(implementation={"command": ["x"]}), "needs a text as `type`"),
        (one(implementation={"type": "http"}), "needs `url`"),
        (one(implementation={"type": "http", "url": "http://<<q>>/"}), "which host"),
        (one(implementation={"type": "http", "url": "<<q>>"}), "which host"),
        (one(implementation={"type": "http", "url": "http://a<<q>>/"}), "which host"),
        (one(implementation={"type": "http", "url": "http://a/", "method": "GETT"}), "one of GET"),
        (one(implementation={"type": "file_read", "path": "<<w>>"}), "no parameter 'w'"),
        (one(implementation=run("a", "<<q | upper>>")), "more than the name of a parameter"),
        (one(implementation={"type": "exec", "command": "grep <<q>>"}), "a list of words"),
        (one(implementation=run("a", timeout="soon")), "`timeout`"),
        (one(implementation=run("a"), confirm="yes"), "true or false"),
        (one(params={"q": {"typ": "string"}}), "no key 'typ'; did you mean 'type'?"),
        (one(params={"q": "strin"}), "unknown type 'strin'"),
        (one(params={"a b": "string"}), "cannot name a parameter"),
        (one(params=3), "`params` is a map"),
        (
            one(implementation={"type": "exec", "command": "ls"}, allowed_commands=["ls"]),
            "needs a list of words",
        ),
    ],
)
def test_mistakes_are_told_with_the_file(tmp_path: Path, text: str, message: str) -> None:
    path = file(tmp_path, text)
    tools = Tools()
    with pytest.raises(ConfigError) as caught:
        tools.load_file(path)
    assert message in caught.value.message
    assert "tools.yaml" in caught.value.message
    assert len(tools) == 0


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    for name in ("binary.yaml", "nothing.yaml", "."):
        with pytest.raises(ConfigError, match="cannot read the tools"):
            Tools().load_file(tmp_path / name)


async def test_a_definition_with_a_function() -> None:
    def add(args: Args, context: ToolContext) -> int:
        return args["a"] + args["b"] + len(context.env)

    async def fail(args: Args, context: ToolContext) -> str:
        if args["a"]:
            raise ToolError("told")
        raise KeyError("surprise")

    params = {"a": Param("integer", required=True), "b": Param("integer", default=2)}
    tools = Tools(
        ToolDef("add", add, description="Add", params=params),
        ToolDef("fail", fail, description="Fail", params=params, capabilities=("net",)),
    )
    context = ToolContext(env={"X": "1"})
    assert (await tools.execute("add", {"a": 1}, context)).content == "4"
    assert (await tools.execute("add", {"a": "1"}, context)).is_error
    assert (await tools.execute("fail", {"a": 1}, context)).content == "told"
    assert (await tools.execute("fail", {"a": 0}, context)).content == "KeyError: 'surprise'"
    assert [schema.name for schema in tools.schema()] == ["add", "fail"]
