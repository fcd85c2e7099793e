"""Fixes, layout, colours and the other things that an editor asks for."""

from typing import Any

import pytest
from lsp_client import at, text_of
from lsp_program import MAIN, PART
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")
WHOLE = types.Range(types.Position(0, 0), types.Position(999, 0))


async def actions(editor: Any, name: str, only: list[str] | None = None) -> list[types.CodeAction]:
    return list(
        await editor.client.text_document_code_action_async(
            types.CodeActionParams(
                editor.document(name), WHOLE, types.CodeActionContext([], only=only)
            )
        )
        or ()
    )


async def test_a_misspelt_name_in_a_folded_text_is_fixed(program: Any) -> None:
    text = PART.replace("<<text |", "<<txt |")
    program.replace("parts/agents.vega.yaml", text)
    found = await actions(program, "parts/agents.vega.yaml")
    program.replace("parts/agents.vega.yaml", PART)
    fix = next(action for action in found if action.title == "Write 'text'")
    [edit] = fix.edit.changes[program.uri("parts/agents.vega.yaml")]
    assert (text_of(text, edit.range), edit.new_text) == ("txt", "text")
    assert fix.is_preferred
    every = next(action for action in found if action.title == "Apply all safe fixes")
    assert edit in every.edit.changes[program.uri("parts/agents.vega.yaml")]


async def test_a_finding_can_be_ignored_where_a_comment_may_stand(program: Any) -> None:
    text = PART.replace("temperature: 0.3", "temperatur: 0.3")
    program.replace("parts/agents.vega.yaml", text)
    found = await actions(program, "parts/agents.vega.yaml", ["quickfix"])
    [comment] = [action for action in found if action.title.startswith("Ignore")]
    [edit] = comment.edit.changes[program.uri("parts/agents.vega.yaml")]
    assert edit.new_text == "  # vegac: ignore[unknown-key]"
    program.replace("parts/agents.vega.yaml", text.replace("0.3", f"0.3{edit.new_text}"))
    assert await program.pull("parts/agents.vega.yaml") == []
    program.replace("parts/agents.vega.yaml", PART)


async def test_all_fixes_by_command(program: Any) -> None:
    program.replace("parts/agents.vega.yaml", PART.replace("<<text |", "<<txt |"))
    uri = program.uri("parts/agents.vega.yaml")
    await program.client.workspace_execute_command_async(
        types.ExecuteCommandParams("vega.fixAll", [uri])
    )
    program.replace("parts/agents.vega.yaml", PART)
    await program.pull("parts/agents.vega.yaml")
    assert [edit.new_text for edit in program.applied[-1].changes[uri]] == ["text"]


async def test_formatting(program: Any) -> None:
    text = MAIN.replace("<<topic>>.", "<< topic >>.").replace(
        "rounds: integer", "rounds:   integer"
    )
    program.replace("main.vega.yaml", text)
    options = types.FormattingOptions(tab_size=2, insert_spaces=True)
    found = await program.client.text_document_formatting_async(
        types.DocumentFormattingParams(program.document("main.vega.yaml"), options)
    )
    lines = text.splitlines(keepends=True)
    for edit in sorted(found, key=lambda item: item.range.start.line, reverse=True):
        assert edit.range.start.character == edit.range.end.character == 0
        lines[edit.range.start.line : edit.range.end.line] = [edit.new_text]
    after = "".join(lines)
    assert "<<topic>>." in after
    assert "rounds: integer" in after
    some = await program.client.text_document_range_formatting_async(
        types.DocumentRangeFormattingParams(
            program.document("main.vega.yaml"),
            types.Range(types.Position(0, 0), at(text, "rounds:   integer^")),
            options,
        )
    )
    program.replace("main.vega.yaml", MAIN)
    assert 0 < len(some) < len(found)


async def test_folding_and_selection(program: Any) -> None:
    name = "main.vega.yaml"
    folds = await program.client.text_document_folding_range_async(
        types.FoldingRangeParams(program.document(name))
    )
    starts = {fold.start_line: fold.end_line for fold in folds}
    assert starts[3] == MAIN[: MAIN.index("tests:")].count("\n") - 1
    place = at(MAIN, "<<dr^aft | trim")
    [found] = await program.client.text_document_selection_range_async(
        types.SelectionRangeParams(program.document(name), [place])
    )
    sizes: list[tuple[int, int]] = []
    first = text_of(MAIN, found.range)
    while found is not None:
        sizes.append((found.range.start.line, found.range.end.line))
        found = found.parent
    assert first == "draft"
    assert sizes[-1][0] == 0
    assert len(sizes) >= 6


async def test_links(program: Any) -> None:
    found = await program.client.text_document_document_link_async(
        types.DocumentLinkParams(program.document("main.vega.yaml"))
    )
    assert [link.target for link in found] == [program.uri("parts/agents.vega.yaml")]
    assert text_of(MAIN, found[0].range) == "parts/agents.vega.yaml"


def spelt(data: list[int], text: str, names: list[str]) -> list[tuple[str, str]]:
    """Semantic tokens as what they colour."""
    found: list[tuple[str, str]] = []
    line = column = 0
    for step in range(0, len(data), 5):
        lines, columns, length, kind, _ = data[step : step + 5]
        line, column = line + lines, columns if lines else column + columns
        place = types.Range(types.Position(line, column), types.Position(line, column + length))
        found.append((text_of(text, place), names[kind]))
    return found


async def test_colours(program: Any) -> None:
    names = list(program.result.capabilities.semantic_tokens_provider.legend.token_types)
    document = program.document("parts/agents.vega.yaml")
    found = await program.client.text_document_semantic_tokens_full_async(
        types.SemanticTokensParams(document)
    )
    shown = spelt(list(found.data), PART, names)
    assert shown[0] == ("Coder", "class")
    place = shown.index(("truncate", "method"))
    assert shown[place - 1 : place + 2] == [
        ("text", "variable"), ("truncate", "method"), ("times", "variable"),
    ]  # fmt: skip
    part = await program.client.text_document_semantic_tokens_range_async(
        types.SemanticTokensRangeParams(
            document, types.Range(types.Position(0, 0), types.Position(2, 0))
        )
    )
    assert spelt(list(part.data), PART, names) == [("Coder", "class")]
    after = PART.replace("temperature: 0.3\n", "temperature: 0.3\n\n")
    program.replace("parts/agents.vega.yaml", after)
    change = await program.client.text_document_semantic_tokens_full_delta_async(
        types.SemanticTokensDeltaParams(document, found.result_id)
    )
    data = list(found.data)
    for edit in change.edits:
        data[edit.start : edit.start + edit.delete_count] = list(edit.data or ())
    program.replace("parts/agents.vega.yaml", PART)
    assert spelt(data, after, names) == shown


@pytest.mark.parametrize(
    ("old", "new", "label", "active"),
    [
        ("<<topic>>.", "<<topic | replace:a:^", "replace:a:b", 1),
        ("<<topic>>.", "<<topic | truncate(^", "truncate:n", 0),
        ('"times": 2}', "^}", "second(text: string, times: integer) -> string", None),
    ],
)
async def test_signatures(program: Any, old: str, new: str, label: str, active: int | None) -> None:
    marked = MAIN.replace(old, new, 1)
    plain = marked.replace("^", "")
    program.replace("main.vega.yaml", plain)
    found = await program.ask("signature_help", "main.vega.yaml", at(plain, marked))
    program.replace("main.vega.yaml", MAIN)
    assert found.signatures[0].label.startswith(label.split(":")[0])
    assert found.active_parameter == active


async def test_inferred_types_stand_beside_names(program: Any) -> None:
    found = await program.client.text_document_inlay_hint_async(
        types.InlayHintParams(program.document("main.vega.yaml"), WHOLE)
    )
    shown = {(hint.position.line, hint.label) for hint in found}
    line = MAIN[: MAIN.index("save: draft")].count("\n")
    assert (line, ": string") in shown
    assert any(label.startswith(": integer") for _, label in shown)
    assert any(label == ": list[string]" for _, label in shown)


async def test_lenses_run_workflows_and_tests(program: Any) -> None:
    found = await program.client.text_document_code_lens_async(
        types.CodeLensParams(program.document("main.vega.yaml"))
    )
    shown = [(lens.command.title, lens.command.arguments[1]) for lens in found]
    assert shown == [("Run", "main"), ("Show Python", "main"), ("Test", "works")]


async def test_calls_of_workflows(program: Any) -> None:
    place = at(PART, "  sec^ond:")
    [item] = await program.ask("prepare_call_hierarchy", "parts/agents.vega.yaml", place)
    [call] = await program.client.call_hierarchy_incoming_calls_async(
        types.CallHierarchyIncomingCallsParams(item)
    )
    assert call.from_.name == "main"
    assert [text_of(MAIN, found) for found in call.from_ranges] == ["second"]
    [back] = await program.client.call_hierarchy_outgoing_calls_async(
        types.CallHierarchyOutgoingCallsParams(call.from_)
    )
    assert back.to.name == "second"


async def test_linked_editing(program: Any) -> None:
    found = await program.ask("linked_editing_range", "main.vega.yaml", at(MAIN, "<<li^ne>>"))
    assert [text_of(MAIN, item) for item in found.ranges] == ["line", "line"]
    place = at(PART, "<<te^xt | truncate")
    assert await program.ask("linked_editing_range", "parts/agents.vega.yaml", place) is None
