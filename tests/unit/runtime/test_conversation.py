"""Conversations behave like lists of messages, and share their past."""

from hypothesis import given
from hypothesis import strategies as st

from vega_runtime import Context
from vega_runtime.conversation import EMPTY, Conversation, view
from vega_runtime.models.base import Message, ToolCall, ToolResult


def talk_of(*texts: str) -> Conversation:
    talk = EMPTY
    for number, text in enumerate(texts):
        talk = talk.then(Message("assistant" if number % 2 else "user", text))
    return talk


@given(st.lists(st.text(max_size=3), max_size=12), st.integers(-14, 14), st.integers(-14, 14))
def test_it_is_a_sequence(texts: list[str], start: int, end: int) -> None:
    talk = talk_of(*texts)
    assert [message.text for message in talk] == texts
    assert [message.text for message in reversed(talk)] == texts[::-1]
    assert len(talk) == len(texts)
    assert [message.text for message in talk[start:end]] == texts[start:end]
    if -len(texts) <= start < len(texts):
        assert talk[start].text == texts[start]
    assert [message.text for message in talk.before_last()] == texts[:-1]
    assert talk == talk_of(*texts)


@given(st.lists(st.text(max_size=3), max_size=6), st.lists(st.text(max_size=3), max_size=6))
def test_forks_do_not_see_each_other(one: list[str], other: list[str]) -> None:
    common = talk_of("a", "b")
    first = second = common
    for text in one:
        first = first.then(Message("user", text))
    for text in other:
        second = second.then(Message("user", text))
    assert [message.text for message in first] == ["a", "b", *one]
    assert [message.text for message in second] == ["a", "b", *other]
    assert [message.text for message in common] == ["a", "b"]


def test_a_long_conversation_can_be_dropped() -> None:
    talk = EMPTY
    for _ in range(200_000):
        talk = talk.then(Message("user", "x"))
    assert len(talk) == 200_000
    del talk


@given(st.lists(st.sampled_from(["say", "tool"]), max_size=8), st.integers(1, 10))
def test_a_window_keeps_tool_calls_with_their_results(turns: list[str], limit: int) -> None:
    talk = EMPTY
    for number, turn in enumerate([*turns, "say"]):
        talk = talk.then(Message("user", f"u{number}"))
        if turn == "tool":
            call = ToolCall(str(number), "f", {})
            talk = talk.then(Message("assistant", "", (call,)))
            talk = talk.then(Message("user", tool_results=(ToolResult(str(number), "r"),)))
        if number < len(turns):
            talk = talk.then(Message("assistant", "a"))
    kept = view(talk, Context("window", limit=limit))
    assert list(kept) == list(talk)[len(talk) - len(kept) :]
    assert kept[0].role == "user"
    assert not kept[0].tool_results
    smallest = next(
        size
        for size in range(1, len(talk) + 1)
        if talk[-size].role == "user" and not talk[-size].tool_results
    )
    assert smallest <= len(kept) <= max(limit, smallest)
