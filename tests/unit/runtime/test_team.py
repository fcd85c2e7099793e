"""Agents that hand tasks to their team."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from vega_runtime import Agent, ConfigError, Delegation, Run, program, workflow
from vega_runtime.agent import Budget, Retry
from vega_runtime.errors import BudgetExceeded, MaxIterationsExceeded, UnmatchedCall
from vega_runtime.events import StepStarted, ToolEnded
from vega_runtime.models.base import Request

ECHO = {"reply": "echo", "times": "always"}


def delegate(*tasks: tuple[str, str]) -> dict[str, Any]:
    return {
        "tool_calls": [
            {"name": "delegate", "arguments": {"agent": agent, "message": message}}
            for agent, message in tasks
        ]
    }


def calls(*named: tuple[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {"tool_calls": [{"name": name, "arguments": args} for name, args in named]}


def agent(name: str, team: Sequence[str] = (), **options: Any) -> Agent:
    return Agent(name, model="scripted", system=f"You are {name}.", team=tuple(team), **options)


def flow(*agents: Agent, sends: Sequence[tuple[str, str]] = (("Lead", "go"),), **kw: Any) -> Any:
    by_name = {one.name: one for one in agents}

    @workflow(program("t.vega.yaml"), "w", agents=agents)
    async def works(run: Run) -> str:
        reply = ""
        for name, message in sends:
            reply = await run.send(f"w/{name}", by_name[name], message, **kw)
        return reply

    return works


def requests_of(played: Any, name: str) -> list[Request]:
    return [request for request in played.requests if request.agent == name]


def texts(request: Request) -> list[str]:
    return [message.text for message in request.messages]


def results(request: Request) -> list[str]:
    return [result.content for result in request.messages[-1].tool_results]


def test_a_lead_hands_on_a_task_and_gets_the_reply(play: Any) -> None:
    script = [
        {"agent": "Lead", "reply": delegate(("Writer", "a haiku"))},
        {"agent": "Writer", "reply": "old pond"},
        {"agent": "Lead", "reply": "done"},
    ]
    played = play(flow(agent("Lead", ["Writer"]), agent("Writer")), script)
    assert played.output == "done"
    assert played.calls == ["Lead", "Writer"]
    assert played.sent("Writer") == ["a haiku"]
    assert results(played.requests[-1]) == ["old pond"]
    tool = played.requests[0].tools[0]
    assert tool.name == "delegate"
    assert tool.parameters["properties"]["agent"]["enum"] == ["Writer"]
    assert "Writer: You are Writer." in tool.description
    keys = [event.key for event in played.of(StepStarted)]
    assert keys == ["w/Lead", "w/Lead/Writer[0]"]


def test_tasks_belong_to_the_one_conversation_with_a_member(play: Any) -> None:
    script = [
        {"agent": "Lead", "reply": delegate(("Writer", "two"))},
        {"agent": "Lead", "reply": delegate(("Writer", "three"))},
        ECHO,
    ]
    sends = [("Writer", "one"), ("Lead", "go"), ("Writer", "four")]
    script.insert(0, {"agent": "Writer", "reply": "1"})
    played = play(flow(agent("Lead", ["Writer"]), agent("Writer"), sends=sends), script)
    assert texts(requests_of(played, "Writer")[-1]) == [
        "one", "1", "two", "two", "three", "three", "four",
    ]  # fmt: skip


def test_nobody_is_asked_who_waits_for_the_task(play: Any) -> None:
    a, b = agent("A", ["B"]), agent("B", ["A", "C"])
    script = [
        {"agent": "A", "reply": delegate(("B", "part"))},
        {"agent": "B", "reply": delegate(("A", "back to you"))},
        {"agent": "B", "reply": "then alone"},
        ECHO,
    ]
    played = play(flow(a, b, agent("C"), sends=[("A", "go")]), script)
    assert played.error is None
    schema = requests_of(played, "B")[0].tools[0].parameters
    assert schema["properties"]["agent"]["enum"] == ["C"]
    assert "'agent'" in results(requests_of(played, "B")[1])[0]
    assert played.calls == ["A", "B"]


def test_tasks_of_one_reply_run_at_once(play: Any) -> None:
    script = [
        {"agent": "Lead", "reply": delegate(("X", "x"), ("Y", "y"), ("X", "x2"))},
        {"agent": "X", "match": "x2", "reply": "X2", "delay": 1},
        {"agent": "X", "reply": "X1", "delay": 5},
        {"agent": "Y", "reply": "Y1", "delay": 5},
        {"agent": "Lead", "reply": "done"},
    ]
    played = play(flow(agent("Lead", ["X", "Y"]), agent("X"), agent("Y")), script)
    assert played.seconds == 6
    assert results(played.requests[-1]) == ["X1", "Y1", "X2"]
    assert texts(requests_of(played, "X")[-1]) == ["x", "X1", "x2"]


def test_tasks_that_could_reach_one_agent_wait_for_each_other(play: Any) -> None:
    """B may ask C and C may ask B: at once, each would wait for the other for ever."""
    agents = [agent("Lead", ["B", "C"]), agent("B", ["C"]), agent("C", ["B"])]
    script = [
        {"agent": "Lead", "reply": delegate(("B", "b"), ("C", "c"))},
        {"agent": "B", "match": "b", "reply": delegate(("C", "from b"))},
        {"agent": "C", "match": "from b", "reply": "C for B"},
        {"agent": "B", "match": "C for B", "reply": "B done"},
        {"agent": "C", "match": "c", "reply": delegate(("B", "from c"))},
        {"agent": "B", "match": "from c", "reply": "B for C"},
        {"agent": "C", "match": "B for C", "reply": "C done"},
        {"agent": "Lead", "reply": "all done"},
    ]
    played = play(flow(*agents), script)
    assert played.output == "all done"
    assert results(requests_of(played, "Lead")[-1]) == ["B done", "C done"]


def test_a_failed_task_is_told_to_the_lead(play: Any) -> None:
    script = [
        {"agent": "Lead", "reply": delegate(("Writer", "x"))},
        {"agent": "Writer", "error": "overloaded"},
        {"agent": "Lead", "reply": "I do it myself"},
    ]
    played = play(flow(agent("Lead", ["Writer"]), agent("Writer")), script)
    assert played.output == "I do it myself"
    assert played.of(ToolEnded)[0].error


def test_a_failed_message_leaves_no_trace_with_the_team(play: Any) -> None:
    lead = agent("Lead", ["Writer"])
    script = [
        {"agent": "Lead", "reply": delegate(("Writer", "first"))},
        {"agent": "Writer", "reply": "one"},
        {"agent": "Lead", "error": "overloaded"},
        {"agent": "Lead", "reply": delegate(("Writer", "again"))},
        {"agent": "Writer", "reply": "two"},
        {"agent": "Lead", "reply": "done"},
    ]
    made = flow(lead, agent("Writer"), retry=Retry(max_attempts=2))
    played = play(made, script)
    assert played.output == "done"
    assert texts(requests_of(played, "Writer")[-1]) == ["again"]


def test_tasks_are_paid_by_the_lead(play: Any) -> None:
    lead = Agent("Lead", model="claude-haiku-4-5", team=("W",), max_tokens=10, budget=Budget(0.001))
    script = [
        {"agent": "Lead", "reply": {**delegate(("W", "x")), "usage": {"input_tokens": 900}}},
        {"agent": "W", "reply": "never", "times": "always"},
        {"agent": "Lead", "reply": "never"},
    ]
    worker = Agent("W", model="claude-haiku-4-5", max_tokens=300)
    played = play(flow(lead, worker), script)
    assert isinstance(played.error, BudgetExceeded)
    assert requests_of(played, "W") == []


def test_the_budget_of_the_step_ends_the_step(play: Any) -> None:
    lead = Agent("Lead", model="claude-haiku-4-5", team=("W", "V"), max_tokens=10)
    usage = {"input_tokens": 900}
    script = [
        {"agent": "Lead", "reply": {**delegate(("W", "x"), ("V", "y")), "usage": usage}},
        {"agent": "Lead", "reply": "never"},
    ]
    others = [Agent(name, model="claude-haiku-4-5", max_tokens=300) for name in ("W", "V")]
    played = play(flow(lead, *others, budget=0.001), script)
    assert isinstance(played.error, BudgetExceeded)
    assert played.error.site == "w/Lead"


def test_a_member_sees_what_delegation_says(play: Any) -> None:
    rules = Delegation(context_window=2, include_roles=("user",))
    lead = agent("Lead", ["W"], delegation=rules)
    script = [
        {"agent": "Lead", "reply": "first reply"},
        {"agent": "Lead", "reply": "second reply"},
        {"agent": "Lead", "reply": delegate(("W", "the task"))},
        ECHO,
    ]
    sends = [("Lead", "one"), ("Lead", "two"), ("Lead", "three")]
    played = play(flow(lead, agent("W"), sends=sends), script)
    said = texts(requests_of(played, "W")[0])[0]
    assert "user: two\n\nuser: three\n\nYour task:\n\nthe task" in said
    assert "one" not in said
    assert "reply" not in said
    assert played.sent("W") == ["the task"]


def test_without_delegation_nothing_goes_along(play: Any) -> None:
    script = [{"agent": "Lead", "reply": delegate(("W", "the task"))}, ECHO]
    played = play(flow(agent("Lead", ["W"]), agent("W")), script)
    assert texts(requests_of(played, "W")[0]) == ["the task"]


def test_a_team_shares_its_blackboard(play: Any) -> None:
    lead = agent("Lead", ["W"], delegation=Delegation(context_window=0, blackboard=True))
    script = [
        {"agent": "Lead", "reply": calls(("bb_write", {"key": "plan", "value": {"n": [1]}}))},
        {"agent": "Lead", "reply": delegate(("W", "look"))},
        {"agent": "W", "reply": calls(("bb_list", {}), ("bb_read", {"key": "plan"}))},
        {"agent": "W", "reply": calls(("bb_read", {"key": "nothing"}))},
        {"agent": "W", "reply": "seen"},
        {"agent": "Lead", "reply": "done"},
    ]
    played = play(flow(lead, agent("W", tools=())), script)
    of_w = requests_of(played, "W")
    assert [tool.name for tool in of_w[0].tools] == ["bb_read", "bb_write", "bb_list"]
    assert results(of_w[1]) == ["plan", '{"n":[1]}']
    assert "it has: plan" in results(of_w[2])[0]
    assert requests_of(played, "Lead")[0].tools[0].name == "delegate"


def test_a_member_alone_has_no_blackboard(play: Any) -> None:
    lead = agent("Lead", ["W"], delegation=Delegation(blackboard=True))
    played = play(flow(lead, agent("W"), sends=[("W", "hi")]), [ECHO])
    assert list(played.requests[0].tools) == []


def test_a_message_with_tools_of_its_own_is_limited_to_them(play: Any) -> None:
    played = play(flow(agent("Lead", ["W"]), agent("W"), tools=("read_file",)), [ECHO])
    assert [tool.name for tool in played.requests[0].tools] == ["read_file"]


def test_tasks_are_bounded(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from vega_runtime import team

    monkeypatch.setattr(team, "MAX_TASKS", 3)
    script = [
        {"agent": "Lead", "reply": delegate(("W", "x")), "times": "always"},
        {"agent": "W", "reply": "y", "times": "always"},
    ]
    lead = agent("Lead", ["W"], max_iterations=5)
    played = play(flow(lead, agent("W")), script)
    assert isinstance(played.error, MaxIterationsExceeded)
    assert len(requests_of(played, "W")) == 3


def test_chains_are_bounded(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from vega_runtime import team

    monkeypatch.setattr(team, "MAX_DEPTH", 2)
    agents = [agent("Lead", ["B"]), agent("B", ["C"]), agent("C", ["D"]), agent("D")]
    script = [
        {"agent": "Lead", "reply": delegate(("B", "x"))},
        {"agent": "B", "reply": delegate(("C", "y"))},
        ECHO,
    ]
    played = play(flow(*agents), script)
    assert [tool.name for tool in requests_of(played, "B")[0].tools] == ["delegate"]
    assert list(requests_of(played, "C")[0].tools) == []


def test_an_unmatched_call_of_a_member_fails_the_test(play: Any) -> None:
    script = [{"agent": "Lead", "reply": delegate(("W", "x"), ("V", "y"))}]
    played = play(flow(agent("Lead", ["W", "V"]), agent("W"), agent("V")), script)
    assert isinstance(played.error, UnmatchedCall)


def test_a_member_must_be_known(play: Any) -> None:
    played = play(flow(agent("Lead", ["Nobody"])), [ECHO])
    assert isinstance(played.error, ConfigError)
    assert "Nobody" in str(played.error)


def test_members_are_checked_before_the_first_call(play: Any) -> None:
    from vega_runtime import env_text

    needy = Agent("W", model=env_text("${NEEDED}"))
    lead = Agent("Lead", model="scripted", team=(needy,))
    played = play(flow(lead), [ECHO])
    assert "NEEDED" in str(played.error)
    assert played.requests == []


def test_members_may_be_given_as_agents(play: Any) -> None:
    lead = Agent("Lead", model="scripted", team=(agent("W"),))
    script = [{"agent": "Lead", "reply": delegate(("W", "x"))}, ECHO]
    played = play(flow(lead), script)
    assert played.calls == ["Lead", "W"]
