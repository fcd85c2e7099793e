"""What an editor shows around a program: outlines, lenses, links, calls, and the Python of it."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
import pytest_asyncio
from lsp_marked import Project
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")
WHOLE = types.Range(types.Position(0, 0), types.Position(999, 0))
MAIN = """\
include: parts/*.vega.yaml
# Two lines
# of remarks.
agents:
  Coder:
    model: claude-haiku-4-5
    system: {file: ¦file¦prompts/coder.md}
    knowledge: [prompts/style.md]
tools:
  fetch:
    description: Fetch a page
    params:
      page: {type: string, description: Its name, required: true}
      depth: {type: integer, default: 1}
    implementation: {type: http, url: "https://example.com/<<page>>"}
workflows:
  ¦main¦main:
    description: The main one
    inputs:
      topic: {type: string, description: What it is about}
      tone: {type: string, enum: [dry, warm], default: dry}
    steps:
      - set: {limit: 5, ¦constant¦words: [a, b]}
      - Coder writes: On <<topic>> <<limit>> <<¦words¦words>>
        format: json
        schema: {title: string, parts: "list[string]"}
        save: draft
      - workflow: ¦called¦second
        with: {¦passed¦text: <<draft.¦field¦title>>}
        save: answer
      - for part in draft.parts:
          - Coder: >-
              <<part>> <<¦either¦answer>>
    output: {title: <<draft.title>>, answer: <<answer>>}
tests:
  works:
    model: [{agent: Coder, reply: "{}", times: always}]
"""
SECOND = """\
workflows:
  second:
    inputs: {text: string}
    steps:
      - workflow: third
        with: {text: <<text>>}
    output: {length: <<text | length>>}
  third:
    inputs: {text: string}
    steps:
      - Coder: <<text>>
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(project: Any) -> Project:
    for name in ("coder.md", "style.md"):
        (project.root / "prompts").mkdir(exist_ok=True)
        (project.root / "prompts" / name).write_text("You write.\n")
    project.open("parts/second.vega.yaml", SECOND)
    project.open("main.vega.yaml", MAIN)
    return project


async def test_outline(whole: Any) -> None:
    found = await whole.about(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, "main.vega.yaml")
    names = {symbol.name: [child.name for child in symbol.children or ()] for symbol in found}
    assert names["agents"] == ["Coder"]
    assert names["workflows"] == ["main"]
    assert names["tests"] == ["works"]
    for symbol in found:
        for child in symbol.children or ():
            assert symbol.range.start.line <= child.range.start.line
            assert child.range.end.line <= symbol.range.end.line


async def test_symbols_of_the_workspace(whole: Any) -> None:
    found = await whole.send(types.WORKSPACE_SYMBOL, query="thrd")
    assert [(symbol.name, whole.name(symbol.location.uri)) for symbol in found] == [
        ("third", "parts/second.vega.yaml")
    ]


async def test_lenses(whole: Any) -> None:
    found = await whole.about(types.TEXT_DOCUMENT_CODE_LENS, "main.vega.yaml")
    shown = [
        (lens.command.title, lens.command.command, list(lens.command.arguments)) for lens in found
    ]
    uri = whole.uri("main.vega.yaml")
    assert shown == [
        ("Run", "vega.run", [uri, "main"]),
        ("Show Python", "vega.showPython", [uri, "main"]),
        ("Test", "vega.test", [uri, "works"]),
    ]


def read(uri: str) -> str:
    return Path(url2pathname(urlsplit(uri).path)).read_text()


async def test_the_python_of_a_workflow_is_shown(whole: Any) -> None:
    uri = whole.uri("main.vega.yaml")
    answer = await whole.send(
        types.WORKSPACE_EXECUTE_COMMAND, command="vega.showPython", arguments=[uri, "main"]
    )
    assert answer is not None, [message.message for message in whole.client.messages]
    shown = whole.client.shown_documents[-1]
    lines = read(shown.uri).splitlines()
    assert lines[shown.selection.start.line].startswith("async def main(")
    assert answer["text"].splitlines() == lines
    assert not list(whole.root.glob("**/*.py"))


async def test_a_broken_program_has_no_python(whole: Any) -> None:
    text = whole.texts["main.vega.yaml"]
    whole.replace("main.vega.yaml", text.replace("<<topic>>", "<<topik>>"))
    uri = whole.uri("main.vega.yaml")
    answer = await whole.send(
        types.WORKSPACE_EXECUTE_COMMAND, command="vega.showPython", arguments=[uri, "main"]
    )
    whole.replace("main.vega.yaml", text)
    assert answer is None
    assert (
        whole.client.messages[-1].message == "main.vega.yaml has errors: there is no Python to show"
    )


@pytest.mark.parametrize(("command", "words"), [("vega.run", "run"), ("vega.test", "test")])
async def test_what_runs_in_a_terminal_is_told(whole: Any, command: str, words: str) -> None:
    uri = whole.uri("main.vega.yaml")
    await whole.send(types.WORKSPACE_EXECUTE_COMMAND, command=command, arguments=[uri, "main"])
    path = whole.root / "main.vega.yaml"
    assert f"vegac {words} {path}" in whole.client.messages[-1].message


async def test_links(whole: Any) -> None:
    found = await whole.about(types.TEXT_DOCUMENT_DOCUMENT_LINK, "main.vega.yaml")
    links = {whole.text("main.vega.yaml", link.range): link.target for link in found}
    folder = whole.root.as_uri()
    assert links["prompts/coder.md"] == f"{folder}/prompts/coder.md"
    assert links["prompts/style.md"] == f"{folder}/prompts/style.md"


async def test_calls(whole: Any) -> None:
    [item] = await whole.ask(types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY, "called")
    assert item.name == "second"
    incoming = await whole.send(types.CALL_HIERARCHY_INCOMING_CALLS, item=item)
    assert [call.from_.name for call in incoming] == ["main"]
    outgoing = await whole.send(types.CALL_HIERARCHY_OUTGOING_CALLS, item=item)
    assert [call.to.name for call in outgoing] == ["third"]


async def test_folding(whole: Any) -> None:
    found = await whole.about(types.TEXT_DOCUMENT_FOLDING_RANGE, "main.vega.yaml")
    text = whole.texts["main.vega.yaml"].splitlines()
    first = {text[fold.start_line].strip(): text[fold.end_line].strip() for fold in found}
    assert first["# Two lines"] == "# of remarks."
    assert first["main:"].startswith("output:")
    assert first["- Coder: >-"] == "<<part>> <<answer>>"


async def test_types_beside_names(whole: Any) -> None:
    found = await whole.about(types.TEXT_DOCUMENT_INLAY_HINT, "main.vega.yaml", range=WHOLE)
    labels = [hint.label for hint in found]
    assert ": record{title: string, parts: list[string]}" in labels
    assert ": record{length: integer}" in labels


async def test_signature_of_a_workflow_that_is_called(whole: Any) -> None:
    found = await whole.ask(types.TEXT_DOCUMENT_SIGNATURE_HELP, "passed")
    assert found.signatures[0].label == "second(text: string) -> record{length: integer}"


@pytest.mark.parametrize(
    ("mark", "texts"),
    [
        ("constant", ['words: list[string] = ["a", "b"]', "Set in line 23."]),
        ("field", ["draft.title: string"]),
        ("either", ["record{length: integer}", "Saved by `workflow: second` in line 30."]),
        (
            "main",
            ["workflow main(\n  topic: string,\n  tone:", "- `topic`: What it is about", "Coder"],
        ),
        ("passed", ["text: string", "An input of `second`."]),
    ],
)
async def test_hover(whole: Any, mark: str, texts: list[str]) -> None:
    found = await whole.hover(mark)
    for text in texts:
        assert text in found


async def test_fields_lead_to_the_schema(whole: Any) -> None:
    for ask in (types.TEXT_DOCUMENT_DEFINITION, types.TEXT_DOCUMENT_TYPE_DEFINITION):
        assert await whole.targets(ask, "field") == [("main.vega.yaml", 25, "title")]


async def test_the_type_of_a_result_is_the_output_of_what_was_called(whole: Any) -> None:
    found = await whole.targets(types.TEXT_DOCUMENT_TYPE_DEFINITION, "either")
    assert found == [("parts/second.vega.yaml", 6, "output")]
