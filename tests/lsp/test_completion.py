"""Completion offers what fits, also in texts that do not parse."""

from typing import Any

import pytest
from lsp_client import at
from lsp_program import MAIN, PART

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def offered(editor: Any, old: str, new: str, name: str = "main.vega.yaml") -> list[str]:
    """What is offered at `^` after `old` has become `new` in a file."""
    text = MAIN if name == "main.vega.yaml" else PART
    marked = text.replace(old, new, 1)
    plain = marked.replace("^", "")
    editor.replace(name, plain)
    try:
        found = await editor.ask("completion", name, at(plain, marked))
    finally:
        editor.replace(name, text)
    return [item.label for item in found.items]


@pytest.mark.parametrize(
    ("old", "new", "wanted", "unwanted"),
    [
        # Expressions: whole, open, in every style.
        ("<<topic>>.", "<<^>>.", ["topic", "draft", "rounds", "date"], ["Coder", "loop", "notes"]),
        ("<<topic>>.", "<<to^", ["topic"], ["upper"]),
        ("<<topic>>.", "<<topic | ^", ["upper", "default"], ["join", "round"]),
        ("<<rounds + 1>>", "<<rounds + 1 | ^", ["round", "abs"], ["upper"]),
        ("<<topic>>.", "<<steps.^>>.", ["draft.output"], ["checked.output", "topic"]),
        ("<<loop.index>>", "<<loop.^>>", ["index", "count"], ["topic"]),
        ("<<topic>>.", "{{ tone + dr^", ["draft"], ["Coder"]),
        ('if: "draft == checked', 'if: "draft == ch^', ["checked"], ["Coder"]),
        ("for line in draft |", "for line in dr^ |", ["draft"], ["then"]),
        # Keys of the place.
        ("  default_model", "  bud^\n  default_model", ["budget", "strict"], ["default_model"]),
        ("        save: draft", "        save: draft\n        ^", ["format", "retry"], ["save"]),
        ("          save: checked", "          ^", ["save", "timeout"], ["send", "then"]),
        ("        else:", "        el^", ["else", "elif"], ["then", "send"]),
        ("      - if:", "      - ^\n      - if:", ["Coder", "Reviewer", "repeat", "workflow"], []),
        ('"times": 2}', "^}", ["times"], ["text"]),
        ("    description: W", "    tim^: 5s\n    description: W", ["timeout"], ["inputs"]),
        # Values.
        ("workflow: second", "workflow: ^", ["main", "second"], ["Coder"]),
        ("claude-haiku-4-5", "claude^", ["claude-haiku-4-5"], ["Coder"]),
        ("rounds: integer", "rounds: ^", ["integer", "string", "boolean"], []),
        ("save: checked", "format: ^", ["json", "number"], ["checked"]),
        ("save: checked", "continue_on_error: ^", ["true", "false"], []),
        ("include: parts/agents.vega.yaml", "include: parts/^", ["parts/agents.vega.yaml"], []),
        # Plain text is left alone.
        ("description: Write a text", "description: Write ^ text", [], ["Coder", "steps"]),
    ],
)
async def test_offers(
    program: Any, old: str, new: str, wanted: list[str], unwanted: list[str]
) -> None:
    found = await offered(program, old, new)
    assert set(wanted) <= set(found)
    assert not set(unwanted) & set(found)


@pytest.mark.parametrize(
    ("old", "new", "wanted", "unwanted"),
    [
        ("extends: Coder", "extends: ^", ["Coder", "Reviewer"], ["second"]),
        ("[fetch_page,", "[^,", ["fetch_page", "run_command"], ["Coder"]),
        ("temperature: 0.3", "^", ["max_tokens", "model"], ["system", "tools"]),
        ("type: http", "type: ^", ["http", "exec"], []),
        ("url: https", "^: https", ["method", "headers"], ["type", "command"]),
        ("<<page>>", "<<^>>", ["page", "env"], ["topic"]),
        ("<<text |", "<<te^ |", ["text", "times"], ["topic"]),
        ("<<date>>", "<<^>>", ["date", "env"], ["text"]),
    ],
)
async def test_offers_in_an_included_file(
    program: Any, old: str, new: str, wanted: list[str], unwanted: list[str]
) -> None:
    found = await offered(program, old, new, "parts/agents.vega.yaml")
    assert set(wanted) <= set(found)
    assert not set(unwanted) & set(found)


async def test_a_variable_shows_its_type_and_replaces_the_word(program: Any) -> None:
    marked = MAIN.replace("<<topic>>.", "<<to^", 1)
    plain = marked.replace("^", "")
    program.replace("main.vega.yaml", plain)
    place = at(plain, marked)
    found = await program.ask("completion", "main.vega.yaml", place)
    program.replace("main.vega.yaml", MAIN)
    item = next(item for item in found.items if item.label == "topic")
    assert item.detail == "string"
    assert item.text_edit.new_text == "topic"
    assert item.text_edit.range.end == place
    assert item.text_edit.range.start.character == place.character - 2
