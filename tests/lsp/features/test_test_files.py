"""Files of tests: their mistakes, completion, and the names that they share with programs."""

import re
from typing import Any

import pytest
import pytest_asyncio
from lsp_marked import Project
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")
PROGRAM = """\
agents:
  ¦declared¦Coder: {model: claude-haiku-4-5, system: You write.}
workflows:
  main:
    inputs: {task: string, tone: {type: string, enum: [dry, warm], default: dry}}
    steps:
      - Coder: <<task>> <<tone>>
"""
TESTS = """\
tests:
  one:
    workflow: ¦workflow¦main
    inputs:
      task: x
      ¦input¦
    model:
      - {agent: ¦agent¦Coder, ¦reply key¦}
    ¦test key¦
    expect:
      ¦expect key¦
      calls: [¦calls¦Coder]
      sent: {¦sent¦Coder: [{contains: x}]}
  two:
    program: |
      agents:
        Other: {model: claude-haiku-4-5, system: x}
      workflows:
        w:
          steps:
            - Other: hi
    model: [{reply: x}]
    expect: {output: x}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tested(project: Any) -> Project:
    project.open("main.vega.yaml", PROGRAM)
    project.open("main.vega.test.yaml", TESTS)
    return project


async def test_sound_tests_have_no_findings(tested: Any) -> None:
    text = re.sub(r"^ *¦[a-z ]+¦\n", "", TESTS, flags=re.MULTILINE)
    tested.open("main.vega.test.yaml", text.replace(", ¦reply key¦", ", reply: y"))
    found = await tested.findings("main.vega.test.yaml")
    tested.open("main.vega.test.yaml", TESTS)
    assert found == []


@pytest.mark.parametrize(
    ("old", "new", "kind", "marked"),
    [
        ("workflow: main", "workflow: mani", "unknown-workflow", "mani"),
        ("agent: Coder", "agent: Codr", "unknown-agent", "Codr"),
        ("calls: [Coder]", "calls: [Coda]", "unknown-agent", "Coda"),
        ("    expect:\n      \n", "    expct:\n      \n", "unknown-key", "expct"),
        ("- Other: hi", "- Other: <<hi>>", "implicit-input", ""),
        ("- Other: hi", "- Otter: hi", "unknown-agent", "Otter"),
    ],
)
async def test_mistakes_are_found(tested: Any, old: str, new: str, kind: str, marked: str) -> None:
    text = tested.files["main.vega.test.yaml"].text
    assert old in text
    tested.replace("main.vega.test.yaml", text.replace(old, new))
    found = await tested.findings("main.vega.test.yaml")
    places = [tested.text("main.vega.test.yaml", one.range) for one in found if one.code == kind]
    tested.replace("main.vega.test.yaml", text)
    assert places == ([marked] if marked else [])


@pytest.mark.parametrize(
    ("mark", "wanted", "unwanted"),
    [
        ("workflow", ["main"], ["Coder"]),
        ("agent", ["Coder"], ["main"]),
        ("calls", ["Coder"], ["main"]),
        ("input", ["tone"], ["task"]),
        ("test key", ["answers", "env", "diagnostics"], ["workflow", "system", "steps"]),
        ("expect key", ["output", "error", "cost"], ["calls", "model"]),
        ("reply key", ["reply", "match", "times"], ["agent"]),
    ],
)
async def test_completion(tested: Any, mark: str, wanted: list[str], unwanted: list[str]) -> None:
    found = await tested.offered(mark)
    assert set(wanted) <= found.keys()
    assert not set(unwanted) & found.keys()


async def test_names_lead_to_the_program(tested: Any) -> None:
    for mark in ("agent", "calls", "sent"):
        found = await tested.targets(types.TEXT_DOCUMENT_DEFINITION, mark)
        assert found == [("main.vega.yaml", 1, "Coder")]
    assert "You write." in await tested.hover("agent")


async def test_renaming_an_agent_changes_its_tests(tested: Any) -> None:
    for mark in ("declared", "calls"):
        edit = await tested.ask(types.TEXT_DOCUMENT_RENAME, mark, new_name="Author")
        assert tested.applied(edit) == {
            name: tested.texts[name].replace("Coder", "Author")
            for name in ("main.vega.yaml", "main.vega.test.yaml")
        }


async def test_outline(tested: Any) -> None:
    [found] = await tested.about(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, "main.vega.test.yaml")
    assert [child.name for child in found.children] == ["one", "two"]
