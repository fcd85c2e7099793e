"""Teams, skills, summaries and traces, from a program's text to a provider's API."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command_line import Result, vegac, write
from tests.e2e.mock_anthropic import MockAnthropic, message
from tests.e2e.mock_http import Reply

TEAM = """
agents:
  Lead:
    model: claude-haiku-4-5
    system: You lead.
    team: [Writer]
    delegation: {context_window: 1}
    skills: {directories: [skills]}
  Writer: {model: claude-haiku-4-5, system: You write.}
workflows:
  poem:
    inputs: {topic: string}
    steps:
      - Lead: A poem about <<topic>>.
"""
SKILL = "---\ntriggers: [{keywords: [poem]}]\n---\nPoems have two lines.\n"


@pytest.fixture
def api() -> Iterator[MockAnthropic]:
    with MockAnthropic(key="test-key") as mock:
        yield mock


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "skills").mkdir()
    (tmp_path / "skills" / "poems.md").write_text(SKILL)
    return tmp_path


def run(folder: Path, api: MockAnthropic, *arguments: str, **env: str) -> Result:
    keys = {"ANTHROPIC_API_KEY": "test-key", "ANTHROPIC_BASE_URL": api.url}
    return vegac(folder, "run", *arguments, **keys, **env)


def delegate(task: str) -> Any:
    return message(tools=[("delegate", {"agent": "Writer", "message": task})])


def text_of(content: Any) -> str:
    return content if isinstance(content, str) else content[-1]["text"]


def test_a_team_with_a_skill_and_a_trace(project: Path, api: MockAnthropic) -> None:
    pytest.importorskip("opentelemetry.sdk")
    write(project, poem__vega__yaml=TEAM)
    for reply in (delegate("two lines"), message("It rains."), message("Done: It rains.")):
        api.add(Reply(reply))
    result = run(project, api, "--topic", "rain", "--trace", "out/trace.jsonl")
    assert (result.status, result.out) == (0, "Done: It rains.\n"), result.err
    first, second, third = api.bodies
    assert "Poems have two lines." in json.dumps(first["system"])
    assert [tool["name"] for tool in first["tools"]] == ["delegate"]
    assert "Poems" not in json.dumps(second["system"])
    task = text_of(second["messages"][-1]["content"])
    assert task.endswith("user: A poem about rain.\n\nYour task:\n\ntwo lines")
    call, answer = third["messages"][-2:]
    used = next(block for block in call["content"] if block["type"] == "tool_use")
    told = answer["content"][0]
    assert (told["type"], told["tool_use_id"]) == ("tool_result", used["id"])
    assert "It rains." in json.dumps(told["content"])
    assert "started poem/Lead (Lead)" in result.err
    assert "(Writer)" in result.err
    lines = (project / "out" / "trace.jsonl").read_text().splitlines()
    names = [json.loads(line)["name"] for line in lines]
    assert sorted(names) == [
        "chat claude-haiku-4-5",
        "chat claude-haiku-4-5",
        "chat claude-haiku-4-5",
        "execute_tool delegate",
        "invoke_agent Lead",
        "invoke_agent Writer",
        "invoke_workflow poem",
        "run poem",
    ]
    assert "rains" not in "".join(lines)


def test_a_team_is_recorded_and_replayed(project: Path, api: MockAnthropic) -> None:
    write(project, poem__vega__yaml=TEAM)
    for reply in (delegate("two lines"), message("It rains."), message("Done.")):
        api.add(Reply(reply))
    first = run(project, api, "--topic", "rain", "--record", "r.jsonl")
    assert (first.status, first.out) == (0, "Done.\n"), first.err
    asked = len(api.received)
    again = run(project, api, "--topic", "rain", "--replay", "r.jsonl")
    assert (again.status, again.out) == (0, "Done.\n"), again.err
    assert len(api.received) == asked


def test_a_summary_takes_the_place_of_older_turns(tmp_path: Path, api: MockAnthropic) -> None:
    program = """
    agents:
      A: {model: claude-haiku-4-5, system: s, context: {strategy: summary, limit: 20}}
    workflows:
      w:
        steps:
          - A: The first message is long enough to be over the limit with the second one.
          - A: And this is the second one.
    """
    write(tmp_path, a__vega__yaml=program)
    for reply in (message("one"), message("They met."), message("two")):
        api.add(Reply(reply))
    result = run(tmp_path, api)
    assert (result.status, result.out) == (0, "two\n"), result.err
    asked, last = api.bodies[1:]
    assert "user: The first message" in text_of(asked["messages"][0]["content"])
    assert [one["role"] for one in last["messages"]] == ["user", "assistant", "user"]
    assert [text_of(one["content"]) for one in last["messages"]][1:] == [
        "They met.",
        "And this is the second one.",
    ]


def test_spans_on_the_console(project: Path, api: MockAnthropic) -> None:
    pytest.importorskip("opentelemetry.sdk")
    write(project, poem__vega__yaml=f"settings: {{tracing: {{exporter: console}}}}\n{TEAM}")
    api.add(Reply(message("It rains.")))
    result = run(project, api, "--topic", "rain")
    assert (result.status, result.out) == (0, "It rains.\n"), result.err
    assert "trace chat claude-haiku-4-5 " in result.err
    assert "vega.source.line=" in result.err


def test_a_skill_that_is_wrong_is_shown_in_its_file(project: Path, api: MockAnthropic) -> None:
    write(project, poem__vega__yaml=TEAM)
    (project / "skills" / "poems.md").write_text(SKILL.replace("keywords: [poem]", "pattern: '('"))
    result = run(project, api, "--topic", "rain")
    assert result.status == 1
    assert "error[bad-skill]" in result.err
    assert "skills/poems.md:2:22" in result.err
    assert api.received == []
    as_json = vegac(project, "check", "--format", "json")
    assert json.loads(as_json.out)
    assert as_json.status == 1


def test_the_doctor_knows_whether_runs_can_be_traced(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.sdk")
    assert "traces and figures: OpenTelemetry 1." in vegac(tmp_path, "doctor").out
