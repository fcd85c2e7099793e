"""Hover and navigation know what stands under the pointer, in every style of scalar."""

from typing import Any

import pytest
from lsp_client import at, text_of
from lsp_program import MAIN, PART
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")
FILES = {"main.vega.yaml": MAIN, "parts/agents.vega.yaml": PART}


async def hover(editor: Any, name: str, marked: str) -> str:
    found = await editor.ask("hover", name, at(FILES[name], marked))
    return "" if found is None else found.contents.value


async def test_the_program_is_sound(program: Any) -> None:
    assert await program.findings("main.vega.yaml", 1) == []
    assert await program.findings("parts/agents.vega.yaml", 1) == []


@pytest.mark.parametrize(
    ("name", "marked", "expected"),
    [
        ("main.vega.yaml", "<<to^pic>>.", "topic: string"),
        ("main.vega.yaml", "<<to^pic>>.", "What it is about"),
        ("main.vega.yaml", "in <<to^ne>>", "'dry' | 'warm'"),
        ("main.vega.yaml", "'<<dr^aft>>'", "draft: string"),
        ("main.vega.yaml", '"<<rounds ^+ 1>>"', "rounds + 1: integer"),
        ("main.vega.yaml", "<<draft | tr^im>>", "without the space around it"),
        ("main.vega.yaml", "<<loop.in^dex>>", "loop.index: integer"),
        ("main.vega.yaml", "<<lo^op.index>>", "Where the loop"),
        ("main.vega.yaml", "- Co^der writes", "You write, today is"),
        ("main.vega.yaml", "- Co^der writes", "claude-haiku-4-5"),
        ("main.vega.yaml", "workflow: sec^ond", "second(text: string, times: integer) -> string"),
        ("main.vega.yaml", "  sa^ve: draft", "The variable that gets the reply"),
        ("main.vega.yaml", "default_^model", "The model of agents that name none"),
        ("main.vega.yaml", "claude-^haiku", "longest reply"),
        ("main.vega.yaml", "with: {te^xt:", "An input of `second`"),
        ("parts/agents.vega.yaml", "<<te^xt | truncate", "text: string"),
        ("parts/agents.vega.yaml", "<<text | trun^cate:(times)>>", "The first `n` characters"),
        ("parts/agents.vega.yaml", "<<env.TE^AM", "env.TEAM"),
        ("parts/agents.vega.yaml", "tools: [fet^ch_page", "Fetch a page"),
        ("parts/agents.vega.yaml", "read_^file]", "tool read_file(path: string"),
        ("parts/agents.vega.yaml", "type: ht^tp", "`http` needs `url`"),
        ("parts/agents.vega.yaml", "/<<pa^ge>>", "A parameter of the tool `fetch_page`"),
    ],
)
async def test_hover(program: Any, name: str, marked: str, expected: str) -> None:
    assert expected in await hover(program, name, marked)


async def test_hover_says_nothing_of_plain_text(program: Any) -> None:
    assert await hover(program, "main.vega.yaml", "description: Wri^te") == ""


@pytest.mark.parametrize(
    ("name", "marked", "where", "expected"),
    [
        ("main.vega.yaml", "- Co^der checks", "parts/agents.vega.yaml", "  ^Coder:"),
        ("main.vega.yaml", "workflow: sec^ond", "parts/agents.vega.yaml", "  ^second:"),
        ("main.vega.yaml", "with: {te^xt:", "parts/agents.vega.yaml", "inputs: {^text"),
        ("main.vega.yaml", "{agent: Co^der", "parts/agents.vega.yaml", "  ^Coder:"),
        ("main.vega.yaml", "<<to^pic>>.", "main.vega.yaml", "      ^topic: {type"),
        ("main.vega.yaml", "steps.che^cked.output", "main.vega.yaml", "save: ^checked"),
        ("main.vega.yaml", "<<li^ne>>", "main.vega.yaml", "for ^line in"),
        ("main.vega.yaml", '"dr^aft == checked', "main.vega.yaml", "save: ^draft"),
        ("parts/agents.vega.yaml", "extends: Co^der", "parts/agents.vega.yaml", "  ^Coder:"),
        (
            "parts/agents.vega.yaml",
            "<<te^xt | truncate",
            "parts/agents.vega.yaml",
            "inputs: {^text",
        ),
        ("parts/agents.vega.yaml", "output: ans^wer", "parts/agents.vega.yaml", "save: ^answer"),
        ("main.vega.yaml", "parts/ag^ents.vega.yaml", "parts/agents.vega.yaml", "^agents:"),
    ],
)
async def test_definition(program: Any, name: str, marked: str, where: str, expected: str) -> None:
    found = await program.ask("definition", name, at(FILES[name], marked))
    assert [location.uri for location in found] == [program.uri(where)]
    assert found[0].range.start == at(FILES[where], expected)


async def test_references_reach_into_all_files(program: Any) -> None:
    place = at(PART, "  Co^der:")
    found = await program.ask(
        "references",
        "parts/agents.vega.yaml",
        place,
        context=types.ReferenceContext(include_declaration=True),
    )
    shown = sorted((location.uri, location.range.start.line) for location in found)
    main, part = program.uri("main.vega.yaml"), program.uri("parts/agents.vega.yaml")
    assert shown == sorted([(part, 1), (part, 6), (main, 11), (main, 13), (main, 37), (main, 39)])
    for location in found:
        text = MAIN if location.uri == main else PART
        assert text_of(text, location.range) == "Coder"
    without = await program.ask(
        "references",
        "parts/agents.vega.yaml",
        place,
        context=types.ReferenceContext(include_declaration=False),
    )
    assert len(without) == len(found) - 1


async def test_highlights_tell_reads_from_writes(program: Any) -> None:
    found = await program.ask("document_highlight", "main.vega.yaml", at(MAIN, "save: dr^aft"))
    kinds = [(text_of(MAIN, item.range), item.kind.name) for item in found]
    assert kinds[0] == ("draft", "Write")
    assert kinds[1:] == [("draft", "Read")] * 5


def renamed(edit: types.WorkspaceEdit, uri: str, text: str) -> str:
    """A text after the edits of a renaming."""
    lines = text.splitlines(keepends=True)
    for change in sorted(
        (edit.changes or {}).get(uri, []),
        key=lambda item: (item.range.start.line, item.range.start.character),
        reverse=True,
    ):
        line = lines[change.range.start.line].encode("utf-16-le")
        start, end = change.range.start.character * 2, change.range.end.character * 2
        new = line[:start] + change.new_text.encode("utf-16-le") + line[end:]
        lines[change.range.start.line] = new.decode("utf-16-le")
    return "".join(lines)


@pytest.mark.parametrize(
    ("name", "marked", "new"),
    [
        ("main.vega.yaml", "- Co^der checks", "Author"),
        ("main.vega.yaml", "<<to^pic>>.", "subject"),
        ("main.vega.yaml", "'<<dr^aft>>'", "first"),
        ("main.vega.yaml", "steps.che^cked.output", "second_try"),
        ("main.vega.yaml", "<<li^ne>>", "row"),
        ("main.vega.yaml", '"count^"', "number"),
        ("parts/agents.vega.yaml", "  sec^ond:", "other"),
        ("parts/agents.vega.yaml", "<<te^xt | truncate", "words"),
        ("parts/agents.vega.yaml", "  fetch^_page:", "load"),
        ("parts/agents.vega.yaml", "/<<pa^ge>>", "path"),
    ],
)
async def test_rename_keeps_the_program_sound(
    program: Any, name: str, marked: str, new: str
) -> None:
    place = at(FILES[name], marked)
    prepared = await program.ask("prepare_rename", name, place)
    old = prepared.placeholder
    edit = await program.ask("rename", name, place, new_name=new)
    for file, text in FILES.items():
        after = renamed(edit, program.uri(file), text)
        assert after.count(new) - text.count(new) == len(
            (edit.changes or {}).get(program.uri(file), [])
        )
        program.replace(file, after)
    try:
        for file in FILES:
            assert await program.pull(file) == []
    finally:
        for file, text in FILES.items():
            program.replace(file, text)
    assert old != new


@pytest.mark.parametrize(
    ("marked", "new", "why"),
    [
        ("<<to^pic>>.", "draft", "there is another variable named 'draft'"),
        ("<<to^pic>>.", "not", "is a word of the language"),
        ("<<to^pic>>.", "two words", "cannot name a variable"),
        ("<<to^pic>>.", "loop", "has a meaning of its own"),
        ("- Co^der checks", "Reviewer", "there is another agent named 'Reviewer'"),
        ("- Co^der checks", "if", "begins a step of its own"),
        ("- Co^der checks", "null", "cannot be a name"),
    ],
)
async def test_rename_refuses_what_would_clash(
    program: Any, marked: str, new: str, why: str
) -> None:
    with pytest.raises(Exception, match=why):
        await program.ask("rename", "main.vega.yaml", at(MAIN, marked), new_name=new)


async def test_nothing_to_rename_in_text(program: Any) -> None:
    place = at(MAIN, "description: Wri^te")
    assert await program.ask("prepare_rename", "main.vega.yaml", place) is None
    place = at(MAIN, "<<lo^op.index>>")
    assert await program.ask("prepare_rename", "main.vega.yaml", place) is None


async def test_outline(program: Any) -> None:
    found = await program.client.text_document_document_symbol_async(
        types.DocumentSymbolParams(program.document("main.vega.yaml"))
    )
    names = [symbol.name for symbol in found]
    assert names == ["include", "settings", "workflows", "tests"]
    workflow = found[2].children[0]
    assert workflow.name == "main"
    assert [child.name for child in workflow.children] == [
        "topic", "tone", "rounds", "Coder writes the code", "Coder checks it", "if",
        "for line in draft | split:x",
    ]  # fmt: skip
    assert [child.name for child in workflow.children[5].children] == ["set", "workflow"]


async def test_names_are_found_in_all_programs(program: Any) -> None:
    ask = program.client.workspace_symbol_async
    found = await ask(types.WorkspaceSymbolParams("cdr"))
    assert [symbol.name for symbol in found] == ["Coder"]
    assert found[0].location.uri == program.uri("parts/agents.vega.yaml")
    everything = await ask(types.WorkspaceSymbolParams(""))
    assert {symbol.name for symbol in everything} == {
        "Coder", "Reviewer", "fetch_page", "main", "second",
    }  # fmt: skip
