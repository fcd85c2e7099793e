"""Every feature that is about a place answers inside an expression in each style of scalar, in the
main file and in an included one."""

from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from lsp_marked import edited, position
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")
STYLES = ("plain", "single", "double", "literal", "folded")
FILES = {"main.vega.yaml": "first", "parts/more.vega.yaml": "second"}
WHERE = [(name, style) for name in FILES for style in STYLES]


def expression(style: str, workflow: str) -> str:
    """An expression with marks on its variable, its filter and the filter's argument."""
    mark = f"{workflow}.{style}"
    return f"<<dr¦{mark}¦aft | trun¦{mark}.filter¦cate:(si¦{mark}.argument¦ze)>>"


def workflow(name: str) -> str:
    parts = {style: expression(style, name) for style in STYLES}
    return f"""\
  {name}:
    inputs:
      topic: {{type: string, description: What it is about}}
      size: {{type: integer, default: 20}}
    steps:
      - Coder writes: On <<topic>>
        save: draft
      - Coder reads plain text: Plain 😀 {parts["plain"]} end
      - Coder reads single quotes: 'Single 😀 {parts["single"]} it''s'
      - Coder reads double quotes: "Double \\u2192 {parts["double"]} \\"x\\""
      - Coder reads a literal: |
          Literal 😀
            {parts["literal"]}
      - Coder reads a folded text: >-
          Folded 😀
          {parts["folded"]}
          end
    output: <<draft>>
"""


AGENTS = """\
agents:
  Coder:
    model: claude-haiku-4-5
    system: You write.

workflows:
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(project: Any) -> Any:
    project.open("main.vega.yaml", "include: parts/*.vega.yaml\n\nworkflows:\n" + workflow("first"))
    project.open("parts/more.vega.yaml", AGENTS + workflow("second"))
    for name in FILES:
        assert await project.findings(name) == []
    return project


def mark(name: str, style: str) -> str:
    return f"{FILES[name]}.{style}"


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_hover(both: Any, name: str, style: str) -> None:
    assert "draft: string" in await both.hover(mark(name, style))
    assert "The first `n` characters" in await both.hover(f"{mark(name, style)}.filter")
    assert "size: integer" in await both.hover(f"{mark(name, style)}.argument")
    found = await both.ask(types.TEXT_DOCUMENT_HOVER, mark(name, style))
    assert both.text(name, found.range) == "draft"


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_definition(both: Any, name: str, style: str) -> None:
    text = both.texts[name]
    found = await both.targets(types.TEXT_DOCUMENT_DEFINITION, mark(name, style))
    assert found == [(name, text[: text.index("save: draft")].count("\n"), "draft")]
    found = await both.targets(types.TEXT_DOCUMENT_DEFINITION, f"{mark(name, style)}.argument")
    assert found == [(name, text[: text.index("size:")].count("\n"), "size")]


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_type_definition(both: Any, name: str, style: str) -> None:
    ask = types.TEXT_DOCUMENT_TYPE_DEFINITION
    [(file, _, text)] = await both.targets(ask, mark(name, style))
    assert (file, text) == ("parts/more.vega.yaml", "Coder")
    [(file, _, text)] = await both.targets(ask, f"{mark(name, style)}.argument")
    assert (file, text) == (name, "integer")


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_references(both: Any, name: str, style: str) -> None:
    found = await both.targets(
        types.TEXT_DOCUMENT_REFERENCES,
        mark(name, style),
        context=types.ReferenceContext(include_declaration=True),
    )
    assert len(found) == 2 + len(STYLES)
    assert {(file, text) for file, _, text in found} == {(name, "draft")}


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_highlight(both: Any, name: str, style: str) -> None:
    found = await both.ask(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, mark(name, style))
    assert [both.text(name, one.range) for one in found] == ["draft"] * (2 + len(STYLES))
    assert [one.kind.name for one in found].count("Write") == 1


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_rename(both: Any, name: str, style: str) -> None:
    prepared = await both.ask(types.TEXT_DOCUMENT_PREPARE_RENAME, mark(name, style))
    assert both.text(name, prepared.range) == prepared.placeholder == "draft"
    edit = await both.ask(types.TEXT_DOCUMENT_RENAME, mark(name, style), new_name="essay")
    assert both.applied(edit) == {name: both.texts[name].replace("draft", "essay")}


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_completion(both: Any, name: str, style: str) -> None:
    names = await both.offered(mark(name, style))
    assert names["draft"].detail == "string"
    assert "trim" not in names
    filters = await both.offered(f"{mark(name, style)}.filter")
    assert {"truncate", "upper", "split"} <= filters.keys()
    assert not {"round", "sum", "draft"} & filters.keys()
    assert "size" in await both.offered(f"{mark(name, style)}.argument")


@pytest.mark.parametrize(("name", "style"), WHERE)
@pytest.mark.parametrize(
    ("broken", "wanted", "unwanted"),
    [
        ("<<dr", "draft", "upper"),
        ("<<draft | tr", "trim", "draft"),
        ("<<topic == draft ", "and", "topic"),
        ("{{ draft | default(to", "topic", "upper"),
    ],
)
async def test_completion_in_a_broken_expression(
    both: Any, name: str, style: str, broken: str, wanted: str, unwanted: str
) -> None:
    whole = expression(style, FILES[name])
    text = both.files[name].text
    place = mark(name, style)
    start = both.files[name].places[place] - len("<<dr")
    end = text.index(">>", start) + 2
    both.replace(name, text[:start] + broken + text[end:])
    try:
        found = await both.about(
            types.TEXT_DOCUMENT_COMPLETION, name, position=position(text, start + len(broken))
        )
    finally:
        both.replace(name, text)
    offered = [item.label for item in found.items]
    assert wanted in offered, whole
    assert unwanted not in offered


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_signature_help(both: Any, name: str, style: str) -> None:
    found = await both.ask(types.TEXT_DOCUMENT_SIGNATURE_HELP, f"{mark(name, style)}.argument")
    assert found.signatures[0].label == "truncate:n"


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_linked_editing(both: Any, name: str, style: str) -> None:
    found = await both.ask(types.TEXT_DOCUMENT_LINKED_EDITING_RANGE, mark(name, style))
    assert [both.text(name, one) for one in found.ranges] == ["draft"] * (2 + len(STYLES))


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_selection_range(both: Any, name: str, style: str) -> None:
    _, place = both.where(mark(name, style))
    [found] = await both.about(types.TEXT_DOCUMENT_SELECTION_RANGE, name, positions=[place])
    texts: list[str] = []
    while found is not None:
        texts.append(both.text(name, found.range))
        found = found.parent
    assert texts[0] == "draft"
    assert texts[1] == "draft | truncate:(size)"
    assert texts[-1] == both.texts[name]
    assert all(inner in outer for inner, outer in pairwise(texts))


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_semantic_tokens(both: Any, name: str, style: str) -> None:
    _, place = both.where(mark(name, style))
    line = types.Range(types.Position(place.line, 0), types.Position(place.line + 1, 0))
    found = await both.about(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, name, range=line)
    kinds = both.capabilities.semantic_tokens_provider.legend.token_types
    shown: list[tuple[str, str]] = []
    row = column = 0
    for step in range(0, len(found.data), 5):
        rows, columns, length, kind, _ = found.data[step : step + 5]
        row, column = row + rows, columns if rows else column + columns
        start, end = types.Position(row, column), types.Position(row, column + length)
        shown.append((both.text(name, types.Range(start, end)), kinds[kind]))
    assert shown[-3:] == [("draft", "variable"), ("truncate", "method"), ("size", "variable")]


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_findings_and_fixes(both: Any, name: str, style: str) -> None:
    whole = both.files[name]
    start = whole.places[mark(name, style)] - 2
    wrong = whole.text[:start] + "drfat" + whole.text[start + 5 :]
    both.replace(name, wrong)
    try:
        [finding] = await both.findings(name)
        assert both.text(name, finding.range) == "drfat"
        assert finding.code == "undefined-variable"
        actions = await both.actions(name, finding.range)
        assert both.applied(actions["Write 'draft'"].edit) == {name: whole.text}
        assert both.applied(actions["Apply all safe fixes"].edit) == {name: whole.text}
        title = f"Add the input 'drfat' to the workflow '{FILES[name]}'"
        [text] = both.applied(actions[title].edit).values()
        assert text == wrong.replace("    steps:", "      drfat: string\n    steps:")
    finally:
        both.replace(name, whole.text)


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_delimiters(both: Any, name: str, style: str) -> None:
    found = await both.actions(name, both.line(mark(name, style)), ["refactor.rewrite"])
    [text] = both.applied(found["Write {{...}} in this text"].edit).values()
    start = both.files[name].places[mark(name, style)] - len("<<dr")
    assert text[start:].startswith("{{ draft | truncate:(size) }}")
    whole = both.texts[name]
    assert text.replace("{{ draft | truncate:(size) }}", "<<draft | truncate:(size)>>") == whole


@pytest.mark.parametrize(("name", "style"), WHERE)
async def test_formatting(both: Any, name: str, style: str) -> None:
    whole = both.files[name]
    start = whole.places[mark(name, style)] - len("<<dr")
    end = whole.text.index(">>", start) + 2
    typed = "<<  draft | truncate:(size) >>"
    both.replace(name, whole.text[:start] + typed + whole.text[end:])
    options = types.FormattingOptions(tab_size=2, insert_spaces=True)
    place = position(both.texts[name], start + len(typed))
    line = types.Range(types.Position(place.line, 0), types.Position(place.line, 0))
    try:
        answers = [
            await both.about(types.TEXT_DOCUMENT_FORMATTING, name, options=options),
            await both.about(
                types.TEXT_DOCUMENT_RANGE_FORMATTING, name, options=options, range=line
            ),
            await both.about(
                types.TEXT_DOCUMENT_ON_TYPE_FORMATTING,
                name,
                options=options,
                position=place,
                ch=">",
            ),
        ]
        results = [edited(both.texts[name], list(edits)) for edits in answers]
    finally:
        both.replace(name, whole.text)
    assert results == [whole.text] * 3
