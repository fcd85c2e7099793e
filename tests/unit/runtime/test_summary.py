"""Conversations that a summary keeps short."""

from typing import Any

from vega_runtime import Agent, Context, ModelError, Run, program, workflow
from vega_runtime.agent import Budget
from vega_runtime.conversation import EMPTY, Conversation, tokens_of
from vega_runtime.errors import BudgetExceeded
from vega_runtime.events import ModelCalled
from vega_runtime.models.base import Message, Request, ToolCall, ToolResult
from vega_runtime.summary import divided, transcript

SUMMARY = {"match": "Summarise our conversation", "reply": "they talked", "times": "always"}
ECHO = {"reply": "ok", "times": "always"}


def flow(agent: Agent, *messages: str) -> Any:
    @workflow(program("s.vega.yaml"), "w", agents=[agent])
    async def talks(run: Run) -> str:
        reply = ""
        for message in messages:
            reply = await run.send("w/a", agent, message)
        return reply

    return talks


def summarising(limit: int, **options: Any) -> Agent:
    return Agent("A", model="scripted", context=Context("summary", limit=limit, **options))


def texts(request: Request) -> list[str]:
    return [message.text for message in request.messages]


def test_below_the_limit_all_is_sent(play: Any) -> None:
    played = play(flow(summarising(1000), "one", "two", "three"), [SUMMARY, ECHO])
    assert texts(played.requests[-1]) == ["one", "ok", "two", "ok", "three"]


def test_older_turns_become_a_summary(play: Any) -> None:
    first, second, third = "first " * 20, "second " * 8, "third " * 4
    played = play(flow(summarising(40), first, second, third), [SUMMARY, ECHO])
    asked = [request for request in played.requests if "Summarise" in request.messages[-1].text]
    assert len(asked) == 1
    assert first.strip() in asked[0].messages[-1].text
    assert "summarise conversations" in asked[0].system
    assert asked[0].tools == ()
    latest = played.requests[-1].messages
    assert [m.role for m in latest] == ["user", "assistant", "user", "assistant", "user"]
    assert texts(played.requests[-1])[1:] == ["they talked", second, "ok", third]
    assert played.calls == ["A", "A", "A"]


def test_a_summary_is_made_of_the_one_before(play: Any) -> None:
    messages = [f"{word} " * 30 for word in ("one", "two", "three", "four")]
    played = play(flow(summarising(50), *messages), [SUMMARY, ECHO])
    asked = [request for request in played.requests if "Summarise" in request.messages[-1].text]
    assert len(asked) == 3
    assert "assistant: they talked" in asked[-1].messages[-1].text
    assert "one" not in asked[-1].messages[-1].text


def test_another_model_may_write_it(play: Any) -> None:
    agent = summarising(10, model="claude-haiku-4-5")
    played = play(flow(agent, "a long message " * 5, "next"), [SUMMARY, ECHO])
    models = [event.model for event in played.of(ModelCalled)]
    assert models == ["scripted", "claude-haiku-4-5", "scripted"]


def test_a_summary_is_paid_from_the_budgets(play: Any) -> None:
    agent = Agent(
        "A",
        model="claude-haiku-4-5",
        max_tokens=10,
        budget=Budget(0.001),
        context=Context("summary", limit=5),
    )
    script = [{"reply": "ok", "usage": {"input_tokens": 900, "output_tokens": 10}}, SUMMARY, ECHO]
    played = play(flow(agent, "a first message that is long", "next"), script)
    assert isinstance(played.error, BudgetExceeded)
    assert len(played.requests) == 1


def test_a_failed_summary_fails_the_send_and_leaves_no_trace(play: Any) -> None:
    agent = summarising(5)

    @workflow(program("s.vega.yaml"), "w", agents=[agent])
    async def talks(run: Run) -> str:
        await run.send("w/a", agent, "a first message that is long")
        try:
            await run.send("w/b", agent, "second")
        except ModelError:
            return await run.send("w/c", agent, "third")
        return "no error"

    failing = {"match": "Summarise", "error": "overloaded"}
    played = play(talks, [{"reply": "ok"}, failing, SUMMARY, ECHO])
    assert texts(played.requests[-1])[1:] == ["they talked", "third"]


def test_an_empty_summary_changes_nothing(play: Any) -> None:
    empty = {"match": "Summarise", "reply": "", "times": "always"}
    played = play(flow(summarising(5), "a first message that is long", "next"), [empty, ECHO])
    assert texts(played.requests[-1]) == ["a first message that is long", "ok", "next"]


def tool_talk() -> Conversation:
    talk = EMPTY.then(Message("user", "read it"))
    talk = talk.then(Message("assistant", "", (ToolCall("1", "read_file", {"path": "a.txt"}),)))
    talk = talk.then(Message("user", tool_results=(ToolResult("1", "x" * 200),)))
    return talk.then(Message("assistant", "done")).then(Message("user", "thanks"))


def test_calls_and_results_stay_together() -> None:
    for limit in range(1, 120):
        for context in (Context("summary", limit=limit), Context("hybrid", keep=limit % 7)):
            old, recent = divided(tool_talk(), context, limit)
            assert [*old, *recent] == list(tool_talk())
            for part in (old, recent):
                calls = {call.id for message in part for call in message.tool_calls}
                results = {r.call_id for message in part for r in message.tool_results}
                assert calls == results


def test_hybrid_keeps_the_last_messages(play: Any) -> None:
    agent = Agent("A", model="scripted", context=Context("hybrid", limit=20, keep=2))
    played = play(flow(agent, "one " * 20, "two " * 20, "three"), [SUMMARY, ECHO])
    assert texts(played.requests[-1])[1:] == ["they talked", "two " * 20, "ok", "three"]


def test_what_is_summarised_tells_of_tools() -> None:
    said = transcript(tool_talk())
    assert "assistant: [calls read_file with {'path': 'a.txt'}]" in said
    assert "result of the tool: xxx" in said
    assert "[...]" in transcript([Message("user", "y" * 100_000)])
    assert tokens_of(tool_talk()) > 50
