"""The scripted model of tests."""

from typing import Any

import pytest

from vega_runtime import ConfigError, ModelError, UnmatchedCall
from vega_runtime.models.base import Message, Model, Request, TextDelta, ToolResult, Usage
from vega_runtime.models.scripted import ScriptedModel


def request(message: str | Message, agent: str = "A") -> Request:
    if isinstance(message, str):
        message = Message("user", message)
    return Request("m", [message], agent=agent)


async def said(model: ScriptedModel, *messages: str, agent: str = "A") -> list[str]:
    return [(await model.generate(request(message, agent))).text for message in messages]


def test_it_is_a_model() -> None:
    assert isinstance(ScriptedModel(), Model)


async def test_the_first_entry_that_fits_and_is_not_used_up_answers() -> None:
    model = ScriptedModel(
        [
            {"agent": "B", "reply": "for B", "times": 2},
            {"match": "bug", "reply": "substring"},
            {"match": "/^v\\d+$/", "reply": "expression", "times": 2},
            {"reply": "echo", "times": "always"},
        ]
    )
    assert await said(model, "a bug", "a bug", "v1", "v12", "v3") == [
        "substring",
        "a bug",
        "expression",
        "expression",
        "v3",
    ]
    assert await said(model, "hi", agent="B") == ["for B"]
    assert [(entry.agent, entry.left) for entry in model.unused()] == [("B", 1)]


async def test_match_looks_at_tool_results_of_the_latest_message() -> None:
    model = ScriptedModel([{"match": "42", "reply": "found"}])
    result = Message("user", tool_results=(ToolResult("1", "it is 42"),))
    assert (await model.generate(request(result))).text == "found"


async def test_a_reply_can_hold_tool_calls_and_usage() -> None:
    model = ScriptedModel(
        [
            {
                "reply": {
                    "text": "let me see",
                    "tool_calls": [{"name": "f", "arguments": {"x": 1}}, {"name": "g", "id": "G"}],
                    "usage": {"input_tokens": 5},
                }
            },
            {"reply": {"text": "cut", "stop_reason": "max_tokens"}, "usage": {"output_tokens": 3}},
        ]
    )
    first = await model.generate(request("go"))
    assert [(call.id, call.name, dict(call.arguments)) for call in first.tool_calls] == [
        ("call_1_1", "f", {"x": 1}),
        ("G", "g", {}),
    ]
    assert (first.text, first.stop_reason, first.usage) == ("let me see", "tool_use", Usage(5))
    second = await model.generate(request("go"))
    assert (second.stop_reason, second.usage) == ("max_tokens", Usage(0, 3))


async def test_usage_is_estimated_where_the_script_does_not_say() -> None:
    response = await ScriptedModel([{"reply": "12345678"}]).generate(request("1234"))
    assert response.usage == Usage(1, 2)


@pytest.mark.parametrize("kind", ["rate_limit", "overloaded", "timeout", "authentication"])
async def test_errors_have_their_kind(kind: str) -> None:
    with pytest.raises(ModelError) as caught:
        await said(ScriptedModel([{"error": kind}]), "hi")
    assert caught.value.kind == kind


async def test_an_unmatched_call_shows_what_was_sent_and_what_is_left() -> None:
    model = ScriptedModel([{"agent": "B", "match": "x", "reply": "y"}])
    with pytest.raises(UnmatchedCall) as caught:
        await said(model, "first line\nsecond line")
    shown = str(caught.value)
    assert "A" in shown
    assert "    second line" in shown
    assert "agent B, match 'x'" in shown


async def test_streaming_gives_pieces_and_the_whole() -> None:
    model = ScriptedModel([{"reply": " two words\n"}, {"reply": ""}])
    events = [event async for event in model.stream(request("hi"))]
    assert "".join(event.text for event in events[:-1] if isinstance(event, TextDelta)) == (
        " two words\n"
    )
    assert events[-1].text == " two words\n"
    assert len([event async for event in model.stream(request("hi"))]) == 1


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"replay": "x"}, "'replay'"),
        ({"error": "tired"}, "'tired'"),
        ({"times": 0}, "`times`"),
        ({"times": "often"}, "`times`"),
        ({"usage": {"tokens": 1}}, "'tokens'"),
        ({"delay": "soon"}, "soon"),
    ],
)
def test_wrong_entries_are_refused(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ScriptedModel([entry])


def test_delays_may_be_durations() -> None:
    from vega_runtime.models.scripted import entry_from

    assert entry_from({"delay": "50ms"}).delay == 0.05
    assert entry_from({"delay": 2}).delay == 2.0
