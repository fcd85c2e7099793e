"""Messages to processes, in all forms."""

import asyncio
from typing import Any

import pytest

from vega_runtime import (
    Agent,
    BudgetExceeded,
    ConfigError,
    MaxIterationsExceeded,
    ModelError,
    Orchestrator,
    Process,
    ProcessEnded,
    Retry,
    RunOptions,
    TimeoutExceeded,
    forms,
)
from vega_runtime.models.base import Request, Response, TextDelta, Usage
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.streams import Done, Text, ToolEnd, ToolStart, Used
from vega_runtime.streams import Retry as Retried
from vega_runtime.tools import Tools
from vega_runtime.virtual_time import run_virtual

A = Agent("A", model="scripted", system="You are A.")
SLOW = [{"match": "slow", "reply": "late", "delay": 60, "times": "always"},
        {"match": "bad", "error": "invalid_request", "times": "always"},
        {"reply": "echo", "times": "always"}]  # fmt: skip


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def adding() -> tuple[Agent, list[Any]]:
    agent = Agent("Calculator", model="scripted", tools=(add,))
    call = {"name": "add", "arguments": {"a": 2, "b": 3}}
    return agent, [{"match": "2+3", "reply": {"text": "let me see", "tool_calls": [call]}},
                   {"reply": "it is five"}]  # fmt: skip


# One message


def test_messages_form_one_conversation(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        assert process.status == "pending"
        assert await process.send("one") == "one"
        assert process.status == "running"
        assert await process.send("two") == "two"
        assert [message.text for message in process.messages] == ["one", "one", "two", "two"]

    stage(scene)


def test_processes_of_one_agent_have_conversations_of_their_own(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        one, other = o.spawn(A), o.spawn(A)
        await one.send("to one")
        assert other.messages == []
        assert one.id != other.id

    stage(scene)


def test_a_message_that_fails_leaves_the_conversation_as_it_was(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        await process.send("one")
        with pytest.raises(ModelError):
            await process.send("bad")
        assert process.alive
        assert [message.text for message in process.messages] == ["one", "one"]
        assert process.metrics.errors == 1

    stage(scene, SLOW)


def test_messages_are_answered_one_at_a_time_in_order(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        await asyncio.gather(*(process.send(text) for text in ("slow", "b", "c")))
        assert [m.text for m in process.messages if m.role == "user"] == ["slow", "b", "c"]

    stage(scene, SLOW)


def test_options_of_a_message(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        assert await process.send("41", form=forms.NUMBER) == 41
        with pytest.raises(TimeoutExceeded):
            await process.send("slow", timeout=5)
        with pytest.raises(TypeError, match="no option 'colour'"):
            await process.send("x", colour="red")  # type: ignore[call-overload]

    stage(scene, SLOW)


def test_a_message_is_tried_again(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A.replace(retry=Retry(initial=2, jitter=0)))
        assert await process.send("hello") == "hello"
        assert asyncio.get_running_loop().time() == pytest.approx(2)
        assert process.metrics.iterations == 2

    stage(scene, [{"error": "overloaded"}, {"reply": "echo"}])


def test_cancelling_the_caller_cancels_the_call(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        task = asyncio.create_task(process.send("slow"))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await process.send("next") == "next"
        assert asyncio.get_running_loop().time() == pytest.approx(1)

    stage(scene, SLOW)


def test_rounds_of_tools_are_limited(stage: Any) -> None:
    agent, replies = adding()

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(agent.replace(max_iterations=3))
        with pytest.raises(MaxIterationsExceeded, match="more than 3 times"):
            await process.send("2+3")

    stage(scene, [{**replies[0], "match": None, "times": "always"}])


def test_a_function_without_an_agent_answers_nothing(stage: Any) -> None:
    async def work(process: Process) -> None:
        await asyncio.Event().wait()

    async def scene(o: Orchestrator) -> None:
        with pytest.raises(ConfigError, match="work has no agent"):
            await o.spawn(work).send("hello")

    stage(scene)


def test_an_agent_without_a_model_says_so(stage: Any) -> None:
    async def main() -> None:
        async with Orchestrator(options=RunOptions(env={"VEGA_MODEL": ""})) as o:
            with pytest.raises(ConfigError, match="the agent B has no model"):
                await o.spawn(Agent("B")).send("hello")

    asyncio.run(main())


# Ends during a message


@pytest.mark.parametrize("end", ["complete", "kill", "stop", "fail"])
def test_the_end_of_a_process_ends_its_messages(stage: Any, end: str) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        task = asyncio.create_task(process.send("slow"))
        waiting = asyncio.create_task(process.send("behind it"))
        await asyncio.sleep(1)
        match end:
            case "complete":
                process.complete("enough")
            case "kill":
                process.kill()
            case "fail":
                process.fail("no more")
            case _:
                await process.stop()
        for one in (task, waiting):
            with pytest.raises(ProcessEnded, match="the process A cannot answer"):
                await one
        assert process.status == ("failed" if end in ("kill", "fail") else "completed")
        with pytest.raises(ProcessEnded, match="it has ended"):
            await process.send("hello?")
        assert asyncio.get_running_loop().time() == pytest.approx(1)

    stage(scene, SLOW)


def test_a_tool_may_end_its_own_process(stage: Any) -> None:
    agent, replies = adding()
    found: list[Process] = []

    async def finish() -> str:
        """Say that the work is done."""
        found[0].complete("done")
        return "good bye"

    replies = [{"reply": {"tool_calls": [{"name": "finish", "arguments": {}}]}}, *replies]

    async def scene(o: Orchestrator) -> None:
        found.append(o.spawn(agent.replace(tools=(finish,))))
        with pytest.raises(ProcessEnded, match="normal"):
            await found[0].send("go")
        assert (found[0].status, found[0].result) == ("completed", "done")

    stage(scene, replies)


def test_a_lifetime(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A, timeout=30)
        with pytest.raises(ProcessEnded, match="timeout: not done after 30s"):
            await process.send("slow")
        assert process.status == "timeout"

    stage(scene, SLOW)


# Streams


def test_a_stream_gives_the_text_in_pieces(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        stream = o.spawn(A).stream("one two three")
        with pytest.raises(RuntimeError, match="only after its last piece"):
            _ = stream.response
        assert [piece async for piece in stream] == ["one ", "two ", "three"]
        assert stream.response == "one two three"
        assert stream.error is None

    stage(scene)


def test_a_stream_that_fails_ends_and_tells_why(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        stream = o.spawn(A).stream("bad")
        assert [piece async for piece in stream] == []
        assert isinstance(stream.error, ModelError)
        with pytest.raises(ModelError):
            _ = stream.response

    stage(scene, SLOW)


def test_streamed_events(stage: Any) -> None:
    agent, replies = adding()

    async def scene(o: Orchestrator) -> None:
        stream = o.spawn(agent).stream_events("2+3")
        events = [event async for event in stream]
        kinds = [type(event) for event in events]
        assert kinds == [Text, Text, Text, Used, ToolStart, ToolEnd, Text, Text, Text, Used, Done]
        start, end = events[4], events[5]
        assert start == ToolStart("add", {"a": 2, "b": 3})
        assert isinstance(end, ToolEnd)
        assert (end.result, end.error, end.duration) == ("5", None, 0)
        assert events[-1] == Done("it is five", None, 0)
        assert stream.response == "it is five"

    stage(scene, replies)


def test_streamed_events_of_retries_and_failures(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A.replace(retry=Retry(max_attempts=2, initial=1, jitter=0)))
        events = [event async for event in process.stream_events("x")]
        assert [type(event) for event in events] == [Retried, Done]
        assert isinstance(events[1], Done)
        assert isinstance(events[1].error, ModelError)
        assert events[1].duration == pytest.approx(1)

    stage(scene, [{"error": "overloaded", "times": "always"}])


def test_cancelling_who_reads_cancels_the_call(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)

        async def read() -> None:
            async for _ in process.stream("slow"):
                pass

        task = asyncio.create_task(read())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await process.send("next") == "next"
        assert asyncio.get_running_loop().time() == pytest.approx(1)

    stage(scene, SLOW)


class Dripping:
    """A model that streams a word a second."""

    async def generate(self, request: Request) -> Response:
        return Response("x", usage=Usage(1, 1))

    async def stream(self, request: Request) -> Any:
        for word in request.messages[-1].text.split():
            await asyncio.sleep(1)
            yield TextDelta(word)
        yield Response(request.messages[-1].text)

    async def close(self) -> None:
        pass


def test_leaving_a_stream_early_cancels_the_call(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        async with process.stream("a b c d e") as stream:
            async for piece in stream:
                if piece == "b":
                    break
        assert process.messages == []
        async for _ in process.stream("f g h"):
            break  # nobody holds the stream any more
        await asyncio.sleep(0.5)
        await process.send("next")
        assert [message.text for message in process.messages] == ["next", "x"]
        assert asyncio.get_running_loop().time() == pytest.approx(3.5)

    stage(scene, model=Dripping())


# In the background


def test_send_async_gives_a_future(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        future = process.send_async("slow")
        assert not future.done()
        assert await future == "late"
        cancelled = process.send_async("slow")
        await asyncio.sleep(1)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled

    stage(scene, SLOW)


def test_send_callback_tells_of_pieces_and_the_end(stage: Any) -> None:
    pieces: list[str] = []
    ends: list[tuple[Any, Any]] = []

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)

        def done(reply: Any, error: Any) -> None:
            ends.append((reply, error))

        await process.send_callback("hello you", pieces.append, done)
        await process.send_callback("bad", pieces.append, done)

    stage(scene, SLOW)
    assert pieces == ["hello ", "you"]
    assert ends[0] == ("hello you", None)
    assert isinstance(ends[1][1], ModelError)


def test_what_is_sent_in_the_background_ends_with_the_orchestrator(stage: Any) -> None:
    futures: list[Any] = []

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        futures.append(process.send_async("slow"))
        await asyncio.sleep(0)

    stage(scene, SLOW)
    assert isinstance(futures[0].exception(), ProcessEnded)


# Batches


def test_a_batch_keeps_order_and_its_limit(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        await process.send("before")
        replies = await process.batch(["slow", *map(str, range(9)), "slow"], limit=3)
        assert replies == ["late", *map(str, range(9)), "late"]
        assert asyncio.get_running_loop().time() == pytest.approx(60)
        assert len(process.messages) == 2

    stage(scene, SLOW)


def test_every_message_of_a_batch_knows_what_was_said_before(stage: Any) -> None:
    model = ScriptedModel([{"reply": "echo", "times": "always"}])

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        await process.send("before")
        await process.batch(["a", "b"])
        assert [len(request.messages) for request in model.requests] == [1, 3, 3]

    stage(scene, model=model)


def test_a_failure_in_a_batch(stage: Any) -> None:
    async def scene(o: Orchestrator) -> None:
        process = o.spawn(A)
        with pytest.raises(ModelError):
            await process.batch(["slow", "bad"])
        assert asyncio.get_running_loop().time() == pytest.approx(0)
        replies = await process.batch(["a", "bad", "c"], return_exceptions=True)
        assert replies[::2] == ["a", "c"]
        assert isinstance(replies[1], ModelError)

    stage(scene, SLOW)


# What it uses


def test_metrics(stage: Any) -> None:
    agent, replies = adding()
    for entry in replies:
        entry["usage"] = Usage(100, 10, 5, 2)
        entry["delay"] = 1.5

    async def scene(o: Orchestrator) -> None:
        process = o.spawn(agent.replace(model="claude-haiku-4-5"))
        await process.send("2+3")
        metrics = process.metrics
        assert (metrics.messages, metrics.iterations, metrics.tool_calls) == (1, 2, 1)
        assert (metrics.input_tokens, metrics.output_tokens) == (200, 20)
        assert (metrics.cache_read_tokens, metrics.cache_write_tokens) == (10, 4)
        assert metrics.tokens == 234
        assert metrics.latency == pytest.approx(3)
        assert 0 < metrics.cost < 0.01
        assert metrics.cost == metrics.cost_micros / 1_000_000

    from vega_runtime.models.scripted import Entry

    model = ScriptedModel(
        [Entry(one["reply"], match=one.get("match"), usage=one["usage"], delay=1.5)
         for one in replies]
    )  # fmt: skip
    stage(scene, model=model)


def test_a_budget_of_a_process_and_of_a_message(stage: Any) -> None:
    agent = A.replace(model="claude-opus-5-5")

    async def scene(o: Orchestrator) -> None:
        with pytest.raises(BudgetExceeded, match=r"budget of \$0\.001 of the process"):
            await o.spawn(agent, budget=0.001).send("hello")
        with pytest.raises(BudgetExceeded):
            await o.spawn(agent).send("hello", budget=0.001)
        assert await o.spawn(agent, budget=1).send("hello", budget=1) == "hello"

    stage(scene)


def test_a_work_dir_is_what_tools_see(stage: Any, tmp_path: Any) -> None:
    (tmp_path / "note.txt").write_text("from the work dir")
    agent = Agent("R", model="scripted", tools=("read_file",))
    call = {"name": "read_file", "arguments": {"path": "note.txt"}}
    model = ScriptedModel([{"reply": {"tool_calls": [call]}}, {"reply": "echo"}])

    async def scene(o: Orchestrator) -> None:
        reply = await o.spawn(agent, work_dir=tmp_path).send("read it")
        assert "from the work dir" in reply

    stage(scene, model=model)


def test_agents_list_the_tools_of_a_registry_by_name(stage: Any) -> None:
    tools = Tools(add)
    seen: list[str] = []

    async def noting(call: Any, _context: Any, proceed: Any) -> Any:
        seen.append(call.name)
        return await proceed()

    tools.use(noting)
    agent, replies = adding()

    async def scene(o: Orchestrator) -> None:
        assert await o.spawn(agent.replace(tools=("a*",))).send("2+3") == "it is five"

    stage(scene, replies, tools=tools)
    assert seen == ["add"]


def test_an_agent_may_bring_its_own_model() -> None:
    async def scene() -> None:
        async with Orchestrator() as o:
            process = o.spawn(Agent("Own", llm=Dripping()))
            assert await process.send("hello") == "x"
            assert [piece async for piece in process.stream("a b")] == ["a", "b"]

    run_virtual(scene())
