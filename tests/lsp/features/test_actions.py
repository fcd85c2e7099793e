"""Code actions: what is missing is created, steps become workflows, and the program stays sound."""

from typing import Any

import pytest
import pytest_asyncio
from lsp_marked import Project
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")
PROGRAM = """\
agents:
  Coder:
    model: claude-haiku-4-5
    system: You write.
    tools: [read_file, ¦tool¦serch]
workflows:
  main:
    inputs: {topic: string}
    steps:
      - ¦agent¦Tester tries it: Test <<topic>> with <<¦input¦colour>>
      - workflow: ¦workflow¦publish
      - ¦call¦workflow: second
        save: answer
      - workflow: second
        with: {text: a, ¦unknown¦loud: true}
    output: <<answer>>
  second:
    inputs:
      text: string
    steps:
      - Coder: <<text>>
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lacking(project: Any) -> Project:
    project.open("main.vega.yaml", PROGRAM)
    return project


async def after(project: Any, mark: str, title: str) -> str:
    """The program after the action with this title at a mark."""
    actions = await project.actions("main.vega.yaml", project.line(mark))
    assert title in actions
    return project.applied(actions[title].edit)["main.vega.yaml"]


@pytest.mark.parametrize(
    ("mark", "title", "old", "new"),
    [
        (
            "agent",
            "Create the agent 'Tester'",
            "serch]\n",
            "serch]\n  Tester:\n    model: claude-haiku-4-5\n"
            "    system: You are a helpful assistant.\n",
        ),
        (
            "workflow",
            "Create the workflow 'publish'",
            "      - Coder: <<text>>\n",
            "      - Coder: <<text>>\n  publish:\n    inputs: {task: string}\n    steps:\n"
            '      - Coder: "<<task>>"\n',
        ),
        (
            "input",
            "Add the input 'colour' to the workflow 'main'",
            "{topic: string}",
            "{topic: string, colour: string}",
        ),
        (
            "unknown",
            "Add the input 'loud' to the workflow 'second'",
            "      text: string\n",
            "      text: string\n      loud: string\n",
        ),
        (
            "call",
            "Pass the input 'text'",
            "second\n        save",
            'second\n        with:\n          text: ""\n        save',
        ),
    ],
)
async def test_what_is_missing_is_created(
    lacking: Any, mark: str, title: str, old: str, new: str
) -> None:
    text = lacking.texts["main.vega.yaml"]
    assert await after(lacking, mark, title) == text.replace(old, new, 1)


async def test_what_is_created_cures_the_finding(lacking: Any) -> None:
    text = await after(lacking, "agent", "Create the agent 'Tester'")
    before = lacking.texts["main.vega.yaml"]
    lacking.replace("main.vega.yaml", text)
    codes = {finding.code for finding in await lacking.findings("main.vega.yaml")}
    lacking.replace("main.vega.yaml", before)
    assert "unknown-agent" not in codes
    assert "unknown-workflow" in codes


async def test_a_tool_is_created_in_a_new_section(lacking: Any) -> None:
    text = await after(lacking, "tool", "Create the tool 'serch'")
    assert text.startswith(lacking.texts["main.vega.yaml"])
    assert "\ntools:\n  serch:\n    description: What this tool does\n" in text


async def test_only_the_kinds_that_are_asked_for(lacking: Any) -> None:
    place = lacking.line("agent")
    quick = await lacking.actions("main.vega.yaml", place, ["quickfix"])
    assert {action.kind for action in quick.values()} == {types.CodeActionKind.QuickFix}
    assert all(action.diagnostics for action in quick.values())
    assert await lacking.actions("main.vega.yaml", place, ["source.organizeImports"]) == {}


# --- extracting steps -----------------------------------------------------------------------------

STEPS = """\
agents:
  Coder:
    model: claude-haiku-4-5
    system: You write.

workflows:
  main:
    inputs: {topic: string, size: integer}
    steps:
      - Coder plans: Plan <<topic>>
        save: plan
      - ¦first¦Coder writes: |
          Write on
            <<topic>> by
          <<¦hole¦plan>>

          with <<size>> words
        save: draft
      # A remark that moves along.
      - Coder checks: Check <<draft>>
        save: final¦last¦
      - for n in [1, 2]:
          - ¦loop¦Coder: <<loop.index>> of <<n>>
      - if: size > 3
        then:
          - ¦return¦return: <<final>>
    output: <<final>>
"""
EXTRACTED = """\
    steps:
      - Coder plans: Plan <<topic>>
        save: plan
      - workflow: main-part
        with:
          plan: <<plan>>
          size: <<size>>
          topic: <<topic>>
        save: final
      - for n in [1, 2]:
"""
PART = """\
  main-part:
    inputs:
      plan: string
      size: integer
      topic: string
    steps:
      - Coder writes: |
          Write on
            <<topic>> by
          <<plan>>

          with <<size>> words
        save: draft
      # A remark that moves along.
      - Coder checks: Check <<draft>>
        save: final
    output: <<final>>
"""


@pytest.fixture(scope="module")
def stepped(project: Any) -> Project:
    project.open("main.vega.yaml", STEPS)
    return project


async def test_steps_become_a_workflow(stepped: Any) -> None:
    (_, first), (_, last) = stepped.where("first"), stepped.where("last")
    found = await stepped.actions("main.vega.yaml", types.Range(first, last), ["refactor.extract"])
    [(title, action)] = found.items()
    assert title == "Extract the steps into a workflow 'main-part'"
    before = stepped.texts["main.vega.yaml"]
    text = stepped.applied(action.edit)["main.vega.yaml"]
    assert EXTRACTED in text
    assert text.endswith(PART)
    stepped.replace("main.vega.yaml", text)
    findings = await stepped.findings("main.vega.yaml")
    stepped.replace("main.vega.yaml", before)
    assert [finding for finding in findings if finding.severity.name == "Error"] == []


@pytest.mark.parametrize("mark", ["loop", "return"])
async def test_steps_that_mean_something_else_alone_stay(stepped: Any, mark: str) -> None:
    found = await stepped.actions("main.vega.yaml", stepped.line(mark), ["refactor.extract"])
    assert found == {}


async def test_delimiters_of_the_whole_file(
    stepped: Any, applied: list[types.WorkspaceEdit]
) -> None:
    found = await stepped.actions("main.vega.yaml", stepped.line("hole"), ["refactor.rewrite"])
    assert "Write {{...}} in the whole file" in found
    uri = stepped.uri("main.vega.yaml")
    await stepped.send(
        types.WORKSPACE_EXECUTE_COMMAND, command="vega.convert", arguments=[uri, "brace"]
    )
    await stepped.findings("main.vega.yaml")  # the edit was sent before this is answered
    [text] = stepped.applied(applied[-1]).values()
    assert "<<" not in text
    assert text.count("{{") == stepped.texts["main.vega.yaml"].count("<<")


async def test_an_action_in_an_included_file_reaches_the_file_that_it_concerns(
    project: Any,
) -> None:
    project.open("main.vega.yaml", "include: parts/flow.vega.yaml\nagents:\n  A: {system: x}\n")
    project.open(
        "parts/flow.vega.yaml",
        "workflows:\n  flow:\n    steps:\n"
        "      - ¦here¦Tester does it: >-\n          Go\n          on\n",
    )
    actions = await project.actions("parts/flow.vega.yaml", project.line("here"))
    changed = project.applied(actions["Create the agent 'Tester'"].edit)
    assert list(changed) == ["main.vega.yaml"]
    assert "\n  Tester:\n" in changed["main.vega.yaml"]
    project.open("parts/flow.vega.yaml", "")
