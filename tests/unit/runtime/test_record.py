"""Recording the calls of a run, and replaying them without a model."""

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega_runtime.errors import ConfigError, ModelError, UnmatchedCall
from vega_runtime.models.base import (
    Attachment,
    Message,
    Request,
    Response,
    TextDelta,
    ToolCall,
    ToolResult,
    ToolSchema,
    Usage,
)
from vega_runtime.models.record import Recorder, Recording, Replay, request_data


class Said:
    """A model that says what it was given to say."""

    def __init__(self, *outcomes: Response | ModelError) -> None:
        self.outcomes = list(outcomes)
        self.closed = 0

    async def generate(self, request: Request) -> Response:
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, ModelError):
            raise outcome
        return outcome

    async def stream(self, request: Request):
        response = await self.generate(request)
        yield TextDelta(response.text[:2])
        yield TextDelta(response.text[2:])
        yield response

    async def close(self) -> None:
        self.closed += 1


def ask(text: str, agent: str = "Coder", **options) -> Request:
    return Request("m", (Message("user", text),), agent=agent, **options)


def contents(path: Path) -> str:
    return path.read_text("utf-8")


CALL = ToolCall("t1", "search", {"q": "größe"})
FULL = Response(
    "text",
    (CALL,),
    "tool_use",
    Usage(1, 2, 3, 4),
    model="m-1",
    id="msg_1",
    raw={"anthropic": [{"type": "thinking"}]},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "calls.jsonl"


async def record(path: Path, *pairs: tuple[Request, Response | ModelError]) -> None:
    model = Said(*(outcome for _, outcome in pairs))
    with Recording(path) as recording:
        recorder = Recorder(model, recording)
        for request, outcome in pairs:
            if isinstance(outcome, ModelError):
                with pytest.raises(ModelError):
                    await recorder.generate(request)
            else:
                assert await recorder.generate(request) == outcome


async def test_a_replay_gives_what_the_model_gave(path: Path) -> None:
    await record(path, (ask("a"), FULL))
    reply = await Replay(path).generate(ask("a"))
    assert reply == Response("text", (CALL,), "tool_use", Usage(1, 2, 3, 4), "m-1", "msg_1")


async def test_equal_requests_get_their_replies_in_order(path: Path) -> None:
    await record(
        path,
        (ask("a"), Response("1")),
        (ask("b"), Response("other")),
        (ask("a"), ModelError("slow", kind="rate_limit", retry_after=3.0, status=429)),
        (ask("a"), Response("3")),
    )
    replay = Replay(path)
    assert (await replay.generate(ask("a"))).text == "1"
    with pytest.raises(ModelError, match="slow") as caught:
        await replay.generate(ask("a"))
    error = caught.value
    assert (error.kind, error.retry_after, error.status) == ("rate_limit", 3.0, 429)
    assert (await replay.generate(ask("a"))).text == "3"
    assert (await replay.generate(ask("b"))).text == "other"
    with pytest.raises(UnmatchedCall, match="more often"):
        await replay.generate(ask("a"))


async def test_streams_are_recorded_and_replayed(path: Path) -> None:
    with Recording(path) as recording:
        recorder = Recorder(Said(Response("hello")), recording)
        events = [event async for event in recorder.stream(ask("a"))]
    assert events == [TextDelta("he"), TextDelta("llo"), Response("hello")]
    replayed = [event async for event in Replay(path).stream(ask("a"))]
    assert replayed == [TextDelta("hello"), Response("hello")]


async def test_a_failed_stream_is_recorded(path: Path) -> None:
    with Recording(path) as recording:
        recorder = Recorder(Said(ModelError("cut")), recording)
        with pytest.raises(ModelError):
            [event async for event in recorder.stream(ask("a"))]
    with pytest.raises(ModelError, match="cut"):
        await Replay(path).generate(ask("a"))


@pytest.mark.parametrize(
    "change",
    [
        {"agent": "Critic"},
        {"max_tokens": 7},
        {"system": "Be kind."},
        {"temperature": 0.5},
        {"params": {"top_p": 1}},
        {"tools": (ToolSchema("t", "", {}),)},
        {"output_schema": {"type": "object"}},
        {"base_url": "http://x"},
    ],
)
async def test_every_part_of_a_request_counts(path: Path, change: dict) -> None:
    await record(path, (ask("a"), Response("x")))
    with pytest.raises(UnmatchedCall):
        await Replay(path).generate(ask("a", **change))


async def test_a_difference_is_shown_against_the_nearest(path: Path) -> None:
    text = "Write a story\nabout a cat\nin ten lines"
    await record(
        path,
        (ask("something else entirely", agent="Critic"), Response("x")),
        (ask("Fix it"), Response("y")),
        (ask(text), Response("z")),
    )
    with pytest.raises(UnmatchedCall) as caught:
        await Replay(path).generate(ask(text.replace("cat", "dog")))
    message = caught.value.message
    assert "-  about a cat" in message
    assert "+  about a dog" in message
    assert "Fix it" not in message
    assert len(message.splitlines()) < 10


async def test_a_large_difference_is_cut_short(path: Path) -> None:
    await record(path, (ask("\n".join(f"line {i}" for i in range(500))), Response("x")))
    with pytest.raises(UnmatchedCall, match="more lines") as caught:
        await Replay(path).generate(ask("\n".join(f"Line {i}" for i in range(500))))
    assert len(caught.value.message) < 5000


async def test_attachments_are_matched_by_content_and_not_stored(path: Path) -> None:
    def request(data: bytes) -> Request:
        file = Attachment("a.png", "image/png", data)
        return Request("m", (Message("user", "see", attachments=(file,)),))

    await record(path, (request(b"secret pixels"), Response("x")))
    assert "pixels" not in contents(path)
    replay = Replay(path)
    with pytest.raises(UnmatchedCall, match="sha256"):
        await replay.generate(request(b"other"))
    assert (await replay.generate(request(b"secret pixels"))).text == "x"


async def test_no_secrets_are_written(path: Path) -> None:
    request = ask(
        "a",
        params={"extra_headers": {"Authorization": "Bearer sk-1"}, "api_key": "sk-2", "max_k": 3},
        base_url="https://me:sk-3@host/v1?token=sk-4",
    )
    await record(path, (request, Response("x")))
    text = contents(path)
    assert "sk-" not in text
    assert "https://host/v1" in text
    assert (await Replay(path).generate(request)).text == "x"


async def test_each_call_is_on_disk_at_once(path: Path) -> None:
    with Recording(path) as recording:
        recorder = Recorder(Said(Response("1"), Response("2")), recording)
        await recorder.generate(ask("a"))
        assert len(contents(path).splitlines()) == 1
        await recorder.generate(ask("b"))
        lines = contents(path).splitlines()
    assert [json.loads(line)["response"]["text"] for line in lines] == ["1", "2"]


async def test_tool_rounds_match(path: Path) -> None:
    messages = (
        Message("user", "go"),
        Message("assistant", "", (CALL,), raw={"anthropic": ["thinking"]}),
        Message("user", tool_results=(ToolResult("t1", "found", is_error=True),)),
    )
    request = Request("m", messages)
    await record(path, (request, Response("done")))
    # A replayed turn has no provider's blocks in it; that makes no difference.
    plain = (messages[0], Message("assistant", "", (CALL,)), messages[2])
    assert (await Replay(path).generate(Request("m", plain))).text == "done"
    other = (*plain[:2], Message("user", tool_results=(ToolResult("t1", "found"),)))
    with pytest.raises(UnmatchedCall, match="is_error"):
        await Replay(path).generate(Request("m", other))


async def test_values_the_run_read_are_seen_again(path: Path) -> None:
    with Recording(path) as recording:
        assert recording.note("date", "w", "2026-11-22") == "2026-11-22"
        recording.note("random", "w", "a")
        recording.note("random", "w", "b")
    replay = Replay(path)
    assert [replay.noted("random", "w"), replay.noted("random", "w")] == ["a", "b"]
    assert replay.noted("date", "w") == "2026-11-22"
    with pytest.raises(UnmatchedCall, match="date"):
        replay.noted("date", "w")


@pytest.mark.parametrize("text", ["{", '{"request": 1}', '[]\n{"request": {}, "response": {}}'])
def test_a_file_that_is_no_recording(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(text)
    with pytest.raises(ConfigError, match="line 1"):
        Replay(file)


async def test_a_last_line_cut_by_a_crash_is_passed_over(path: Path) -> None:
    await record(path, (ask("a"), Response("x")))
    with path.open("a") as file:
        file.write('{"request": {"mod')
    assert (await Replay(path).generate(ask("a"))).text == "x"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.jsonl"):
        Replay(tmp_path / "none.jsonl")


@given(st.text(), st.text(), st.text())
def test_any_text_comes_back(question: str, system: str, answer: str) -> None:
    async def main(path: Path) -> None:
        request = ask(question, system=system)
        await record(path, (request, Response(answer)))
        assert (await Replay(path).generate(request)).text == answer

    with TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder) / "calls.jsonl"))


def test_texts_with_strange_line_ends_and_halves_of_characters() -> None:
    test_any_text_comes_back.hypothesis.inner_test("a\u2028b\r\n\x85", "\ud800", "\udfff\n\n")


async def test_closing(path: Path) -> None:
    model = Said()
    with Recording(path) as recording:
        await Recorder(model, recording).close()
    assert model.closed == 1
    await Replay(path).close()


def test_request_data_is_json() -> None:
    tool = ToolSchema("t", "d", {"type": "object"})
    data = request_data(ask("a", tools=(tool,), params={"stop": ["x"]}))
    assert json.loads(json.dumps(data)) == data
