"""Completion of keys with snippets, of values, and of names with their types where they stand."""

from typing import Any

import pytest
import pytest_asyncio
from lsp_marked import Project
from lsprotocol import types
from pytest_lsp import LanguageClient

pytestmark = pytest.mark.asyncio(loop_scope="module")
SNIPPET = types.InsertTextFormat.Snippet

MAIN = """\
include: parts/team.vega.yaml
agents:
  ¦new agent¦
  Sorter:
    model: ¦model¦claude-haiku-4-5
    system: You sort.
    ¦agent key¦
    retry: {¦retry key¦}
tools:
  search:
    description: Search
    params: {query: string}
    implementation:
      type: ¦kind of tool¦http
      ¦http key¦
      url: https://example.com/<<¦parameter¦query>>
workflows:
  triage:
    inputs:
      ticket: {type: string, description: The text}
      tone: {type: string, enum: [dry, warm]}
      ¦new input¦
    steps:
      - ¦step¦
      - Sorter sorts it:
          send: Sort <<¦early¦ticket>>
          format: json
          schema: {kind: ¦type¦string, people: "list[string]"}
          ¦send key¦
          save: found
      - if: tone == ¦word¦'dry'
        then:
          - Sorter: <<¦then¦found.kind>>
            save: note
        ¦branch¦
      - for person in found.people:
          - Sorter: <<¦loop¦person>> <<found.¦field¦kind>> <<found | ¦map¦tojson>>
      - Sorter: <<person | default:x>> <<¦late¦ticket>>
      - workflow: ¦workflow¦notify
        with:
          ¦argument¦
          person: x
          loud: ¦boolean¦true
      - Sorter: <<ticket | truncate:¦filter argument¦5>> <<ticket ¦operator¦>>
    output: ¦output¦
"""
TEAM = """\
workflows:
  notify:
    inputs: {person: string, amount: number, loud: {type: boolean, default: false}}
    steps:
      - Sorter: <<person>> <<amount>> <<loud>>
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def broken(project: Any) -> Project:
    """A program in which much is missing."""
    project.open("parts/team.vega.yaml", TEAM)
    project.open("main.vega.yaml", MAIN)
    return project


@pytest.mark.parametrize(
    ("mark", "wanted", "unwanted"),
    [
        ("agent key", ["temperature", "tools", "extends"], ["model", "system", "steps"]),
        ("retry key", ["max_attempts", "backoff"], ["model"]),
        ("model", ["claude-haiku-4-5"], ["Sorter"]),
        ("kind of tool", ["http", "exec", "file_read"], ["GET"]),
        ("http key", ["method", "headers"], ["url", "type", "command"]),
        ("parameter", ["query", "env"], ["ticket", "date"]),
        ("send key", ["timeout", "retry", "on_timeout"], ["save", "format", "then", "model"]),
        ("branch", ["else", "elif"], ["then", "send"]),
        ("type", ["string", "list[string]"], ["Sorter"]),
        ("step", ["Sorter", "if", "for", "repeat", "workflow: notify"], ["then", "send", "search"]),
        ("early", ["ticket", "tone", "date"], ["found", "note", "person", "loop"]),
        ("then", ["ticket", "found", "result"], ["note", "person"]),
        ("loop", ["person", "found", "note", "loop"], ["Sorter"]),
        ("field", ["kind", "people"], ["ticket", "upper"]),
        ("map", ["tojson", "default", "length"], ["upper", "join", "round"]),
        ("late", ["person", "note", "loop"], []),
        ("workflow", ["notify", "triage"], ["Sorter"]),
        ("argument", ["amount"], ["person", "loud", "ticket"]),
        ("boolean", ["true", "false"], ["ticket"]),
        ("filter argument", [], ["ticket", "tone"]),
        ("operator", ["and", "or", "if", "not in", "|"], ["ticket", "upper"]),
        ("output", ["ticket", "found", "result"], ["Sorter"]),
    ],
)
async def test_what_is_offered(
    broken: Any, mark: str, wanted: list[str], unwanted: list[str]
) -> None:
    found = await broken.offered(mark)
    assert set(wanted) <= found.keys()
    assert not set(unwanted) & found.keys()


@pytest.mark.parametrize(
    ("mark", "label", "detail"),
    [
        ("early", "tone", "'dry' | 'warm'"),
        ("then", "found", "record{kind: string, people: list[string]}"),
        ("loop", "person", "string"),
        ("late", "note", "string, may be unset"),
        ("late", "person", "string, may be unset"),
        ("field", "people", "list[string]"),
        ("argument", "amount", "number"),
        ("http key", "method", "GET | POST | PUT | PATCH | DELETE"),
    ],
)
async def test_details_say_the_type_at_the_place(
    broken: Any, mark: str, label: str, detail: str
) -> None:
    found = await broken.offered(mark)
    assert found[label].detail == detail


@pytest.mark.parametrize(
    ("mark", "label", "text"),
    [
        ("step", "if", "if: ${1:condition}\n  then:\n    - $0"),
        (
            "step",
            "Sorter ...",
            "Sorter ${1:does something}:\n    send: $2\n    save: ${3:answer}$0",
        ),
        (
            "step",
            "workflow: notify",
            "workflow: notify\n  with:\n    person: $1\n    amount: $2\n  save: ${3:answer}$0",
        ),
        ("branch", "else", "else:\n  - $0"),
        ("send key", "continue_on_error", "continue_on_error: ${1|true,false|}$0"),
        ("agent key", "rate_limit", "rate_limit:\n  $0"),
        ("retry key", "max_attempts", "max_attempts: $0"),
        ("map", "default", "default:${1:v}"),
        ("new agent", "new agent", "${1:Name}:\n  model: $2\n  system: $0"),
        (
            "new input",
            "new input",
            "${1:name}: ${2|string,number,integer,boolean,any|}$0",
        ),
    ],
)
async def test_snippets(broken: Any, mark: str, label: str, text: str) -> None:
    found = (await broken.offered(mark))[label]
    assert found.insert_text_format == SNIPPET
    assert found.text_edit.new_text == text
    _, place = broken.where(mark)
    assert found.text_edit.range == types.Range(place, place)


async def test_words_of_a_choice_come_first_with_quotes(broken: Any) -> None:
    found = await broken.offered("word")
    first = sorted(found.values(), key=lambda item: item.sort_text or item.label)[:2]
    assert [item.text_edit.new_text for item in first] == ["'dry'", "'warm'"]


async def test_descriptions_come_when_they_are_asked_for(broken: Any) -> None:
    ask = broken.client.completion_item_resolve_async
    agent = (await broken.offered("step"))["Sorter"]
    assert agent.documentation is None
    assert "You sort." in (await ask(agent)).documentation.value
    workflow = (await broken.offered("workflow"))["notify"]
    assert "notify(person: string" in (await ask(workflow)).documentation.value
    variable = (await broken.offered("late"))["note"]
    text = (await ask(variable)).documentation.value
    assert "Saved by `Sorter` in line" in text
    assert "It has no value when the condition is false." in text
    filter_ = (await broken.offered("map"))["default"]
    assert "Example:" in (await ask(filter_)).documentation.value
    key = (await broken.offered("agent key"))["temperature"]
    assert "At least 0, at most 2." in (await ask(key)).documentation.value


async def test_a_key_that_stands_there_keeps_its_colon(project: Any) -> None:
    project.open("main.vega.yaml", "agents:\n  A:\n    tem¦key¦: 0.3\n    system: x\n")
    found = (await project.offered("key"))["temperature"]
    assert found.text_edit.new_text == "temperature"
    assert found.insert_text_format is None


async def test_an_editor_without_snippets_gets_plain_text(
    neovim: LanguageClient, folder: Any
) -> None:
    project = Project(neovim, folder, types.ServerCapabilities())
    project.open(
        "plain.vega.yaml",
        "agents:\n  A: {system: x}\nworkflows:\n  m:\n    steps:\n      - ¦step¦\n",
    )
    found = await project.offered("step")
    assert found["if"].insert_text_format is None
    assert found["if"].text_edit.new_text == "if: "
    assert not [item for item in found.values() if "$" in item.text_edit.new_text]
    assert "The condition." in found["if"].documentation.value
    assert "agent A" in found["A"].documentation.value


HEAD = """\
agents:
  A: {model: claude-haiku-4-5, system: x}
  B: {extends: A}
workflows:
  m:
    inputs: {t: string}
    steps:
"""


@pytest.mark.parametrize(
    ("steps", "wanted", "unwanted"),
    [
        ('      - A: "say <<t | default:\\"x\\" | ¦here¦>>"\n', "upper", "t"),
        ("      - A: 'say <<t | default:''x'' | ¦here¦>>'\n", "upper", "t"),
        ("      - if: t\n        then: [{¦here¦}]\n", "B", "then"),
        ("      - if: t\n        then: [{A: x, ¦here¦}]\n", "save", "B"),
        ("      - parallel:\n          agent: ¦here¦\n", "B", "t"),
        ("      - A: x\n        retry:\n          ¦here¦\n", "max_attempts", "save"),
        ("      - set: {l: [{a: 1, b: x}]}\n      - A: <<l | map:¦here¦>>\n", "b", "l"),
        ("      - for x in [{a: 1}]:\n          - A: <<x.¦here¦>>\n", "a", "x"),
        ("      - A: <<t if t == 'x' ¦here¦>>\n", "else", "t"),
        ("      - A: <<[t, ¦here¦\n", "t", "and"),
        ("      - A: <<{a: ¦here¦}>>\n", "t", "and"),
        ("      - A: |\n          text <<¦here¦\n\n      - B: x\n", "t", "A"),
        ("      - A: x\n    ¦here¦\n", "output", "save"),
    ],
)
async def test_odd_places(project: Any, steps: str, wanted: str, unwanted: str) -> None:
    project.open("main.vega.yaml", HEAD + steps)
    found = await project.offered("here")
    assert wanted in found
    assert unwanted not in found
