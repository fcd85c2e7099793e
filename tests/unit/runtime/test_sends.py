"""What `run.send` does: conversations, forms, tool rounds, models and their limits."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from vega_runtime import (
    Agent,
    Budget,
    BudgetExceeded,
    CircuitBreaker,
    CircuitOpen,
    ConfigError,
    Context,
    FormatError,
    MaxIterationsExceeded,
    ModelError,
    Place,
    RateLimit,
    Retry,
    Run,
    RunOptions,
    Settings,
    TimeoutExceeded,
    UnmatchedCall,
    forms,
    open_run,
    program,
    workflow,
)
from vega_runtime.events import (
    Chunk,
    ModelCalled,
    Notice,
    Retrying,
    RunEnded,
    StepEnded,
    ToolEnded,
    ToolStarted,
)
from vega_runtime.models.base import Request, Response, Usage
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.virtual_time import run_virtual

PROGRAM = program("sends.vega.yaml")
PROGRAM.places(sites={"w/a": ("sends.vega.yaml", 3, 9)})
A = Agent("A", model="scripted", system="You are A.")
ECHO = [{"reply": "echo", "times": "always"}]
TRANSIENT = {"error": "overloaded"}


def sends(agent: Agent, *messages: str, **options: Any) -> Any:
    """A workflow that sends some messages, and gives the last reply."""

    @workflow(program("sends.vega.yaml"), "w", agents=(agent,))
    async def sending(run: Run) -> Any:
        reply: Any = None
        for message in messages:
            reply = await run.send("w/a", agent, message, **options)
        return reply

    sending.program.places(sites={"w/a": ("sends.vega.yaml", 3, 9)})
    return sending


def texts(request: Request) -> list[str]:
    return [message.text for message in request.messages]


def test_messages_to_one_agent_form_a_conversation(play: Any) -> None:
    played = play(sends(A, "one", "two"), [{"reply": "1"}, {"reply": "2"}])
    assert played.output == "2"
    assert texts(played.requests[1]) == ["one", "1", "two"]
    assert [message.role for message in played.requests[1].messages] == [
        "user",
        "assistant",
        "user",
    ]
    assert played.requests[0].system == "You are A."


def test_fresh_starts_a_new_conversation(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def fresh(run: Run) -> None:
        await run.send("w/a", A, "one")
        await run.send("w/a", A, "two", fresh=True)
        await run.send("w/a", A, "three")

    played = play(fresh, ECHO)
    assert texts(played.requests[1]) == ["two"]
    assert texts(played.requests[2]) == ["two", "two", "three"]


def test_an_agent_with_fresh_context_has_no_past(play: Any) -> None:
    agent = Agent("A", model="scripted", context=Context("fresh"))
    assert texts(play(sends(agent, "one", "two"), ECHO).requests[1]) == ["two"]


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (Context("window", limit=3), ["two", "two", "three"]),
        (Context("window", limit=1), ["three"]),
        (Context("tokens", limit=2), ["two", "two", "three"][2:]),
        (Context("conversation"), ["one", "one", "two", "two", "three"]),
    ],
)
def test_a_context_strategy_limits_what_goes_along(
    play: Any, context: Context, expected: list[str]
) -> None:
    agent = Agent("A", model="scripted", context=context)
    assert texts(play(sends(agent, "one", "two", "three"), ECHO).requests[2]) == expected


def test_a_failed_send_leaves_no_trace(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def tries(run: Run) -> str:
        try:
            await run.send("w/a", A, "bad")
        except ModelError as failure:
            run.caught(failure)
        return await run.send("w/a", A, "good")

    played = play(tries, [{"match": "bad", "error": "invalid_request"}, *ECHO])
    assert played.output == "good"
    assert texts(played.requests[-1]) == ["good"]


def test_a_process_handles_one_message_at_a_time_in_order(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def together(run: Run) -> list[str]:
        sends = (run.send("w/a", A, message) for message in ("one", "two", "three"))
        return list(await asyncio.gather(*sends))

    played = play(together, [{"reply": "echo", "times": "always", "delay": 1}])
    assert played.output == ["one", "two", "three"]
    assert texts(played.requests[2]) == ["one", "one", "two", "two", "three"]
    assert played.seconds == 3


def test_a_cancelled_waiter_does_not_block_the_next(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def impatient(run: Run) -> str:
        first = asyncio.create_task(run.send("w/a", A, "one"))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutExceeded):
            await run.send("w/a", A, "two", timeout=0.5)
        reply = await run.send("w/a", A, "three")
        await first
        return reply

    played = play(impatient, [{"reply": "echo", "times": "always", "delay": 1}])
    assert texts(played.requests[-1]) == ["one", "one", "three"]


def test_a_system_prompt_may_be_a_function_of_the_run(play: Any) -> None:
    agent = Agent("A", model="scripted", system=lambda run: f"In {run.env('CITY')}.")
    played = play(sends(agent, "hi"), ECHO, env={"CITY": "Oslo"})
    assert played.requests[0].system == "In Oslo."


def test_knowledge_follows_the_system_prompt(play: Any, tmp_path: Path) -> None:
    (tmp_path / "style.md").write_text("Use tabs.\n")
    agent = Agent("A", model="scripted", system="Write.", knowledge=("style.md",))
    assert "Use tabs." in play(sends(agent, "hi"), ECHO, root=tmp_path).requests[0].system
    missing = play(sends(agent, "hi"), ECHO, root=tmp_path / "elsewhere")
    assert isinstance(missing.error, ConfigError)
    assert "style.md" in str(missing.error)


# Forms


def test_a_form_parses_the_reply(play: Any) -> None:
    played = play(sends(A, "n?", form=forms.NUMBER), [{"reply": "```\n7\n```"}])
    assert played.output == 7
    assert forms.NUMBER.instructions in played.requests[0].system
    assert texts(played.requests[0]) == ["n?"]


def test_a_bad_reply_is_repaired_once_and_forgotten(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def asks(run: Run) -> int | float:
        number = await run.send("w/a", A, "n?", form=forms.NUMBER)
        await run.send("w/a", A, "thanks")
        return number

    played = play(asks, [{"reply": "seven"}, {"reply": "7"}, *ECHO])
    assert played.output == 7
    assert "could not be used" in texts(played.requests[1])[-1]
    assert texts(played.requests[2]) == ["n?", "7", "thanks"]
    failed = play(asks, [{"reply": "seven", "times": 2}])
    assert isinstance(failed.error, FormatError)
    assert failed.error.place == Place("sends.vega.yaml", 3, 9)


def test_a_step_retries_format_errors(play: Any) -> None:
    asks = sends(A, "n?", form=forms.NUMBER, retry=Retry(max_attempts=2, jitter=0.0))
    played = play(asks, [{"reply": "seven", "times": 2}, {"reply": "7"}])
    assert played.output == 7
    assert texts(played.requests[2]) == ["n?"]
    assert played.calls == ["A"]


# Tools


def count_words(text: str) -> str:
    """Count the words of a text."""
    return str(len(text.split()))


def tool_call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"reply": {"tool_calls": [{"name": name, "arguments": arguments}]}}


def test_tool_results_go_back_to_the_model(play: Any) -> None:
    agent = Agent("A", model="scripted", tools=(count_words,))
    both = {
        "reply": {
            "text": "let me see",
            "tool_calls": [
                {"name": "count_words", "arguments": {"text": "a b"}},
                {"name": "count_words", "arguments": {"text": "a b c"}},
            ],
        }
    }
    played = play(sends(agent, "count"), [both, {"match": "2\n3", "reply": "five"}])
    assert played.output == "five"
    assert [tool.name for tool in played.requests[0].tools] == ["count_words"]
    results = played.requests[1].messages[-1].tool_results
    assert [(one.call_id, one.content) for one in results] == [("call_1_1", "2"), ("call_1_2", "3")]
    assert [event.tool for event in played.of(ToolStarted)] == ["count_words"] * 2
    assert [event.result for event in played.of(ToolEnded)] == ["2", "3"]
    assert played.calls == ["A"]


def test_a_tool_that_fails_is_told_to_the_model(play: Any) -> None:
    agent = Agent("A", model="scripted", tools=(count_words,))
    model = [tool_call("count_words"), tool_call("nope"), {"reply": "understood"}]
    played = play(sends(agent, "count"), model)
    assert played.output == "understood"
    assert "'text'" in played.of(ToolEnded)[0].error
    assert "nope" in played.of(ToolEnded)[1].error


def test_an_agent_without_tools_tells_the_model_so(play: Any) -> None:
    played = play(sends(A, "hi"), [tool_call("read_file"), {"match": "no tool", "reply": "ok"}])
    assert played.output == "ok"


def test_tool_rounds_are_limited(play: Any) -> None:
    agent = Agent("A", model="scripted", tools=(count_words,), max_iterations=2)
    calls = {**tool_call("count_words", text="x"), "times": "always"}
    played = play(sends(agent, "go"), [calls])
    assert isinstance(played.error, MaxIterationsExceeded)
    assert len(played.requests) == 3


def test_a_send_may_have_other_tools(play: Any) -> None:
    agent = Agent("A", model="scripted", tools=(count_words,))
    played = play(sends(agent, "hi", tools=("read_file",)), ECHO)
    assert [tool.name for tool in played.requests[0].tools] == ["read_file"]
    assert play(sends(agent, "hi", tools=()), ECHO).requests[0].tools == ()


def test_unknown_tools_are_reported_before_the_first_call(play: Any) -> None:
    agent = Agent("A", model="scripted", tools=("raed_file",))
    played = play(sends(agent, "hi"), ECHO)
    assert isinstance(played.error, ConfigError)
    assert "raed_file" in str(played.error)


def test_files_of_the_sandbox_can_be_attached(play: Any, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"png")
    played = play(sends(A, "look", attach=("a.png",)), ECHO, sandbox=tmp_path)
    [attachment] = played.requests[0].messages[0].attachments
    assert (attachment.name, attachment.media_type, attachment.data) == (
        "a.png",
        "image/png",
        b"png",
    )
    for path, problem in (("b.png", "b.png"), ("a.txt", "cannot be attached"), ("../a.png", "out")):
        error = play(sends(A, "look", attach=(path,)), ECHO, sandbox=tmp_path).error
        assert problem in str(error)
        assert error.site == "w/a"


# Retries, fallbacks, breakers, limits


def test_transient_errors_are_retried_by_the_agent(play: Any) -> None:
    agent = Agent("A", model="scripted", retry=Retry(max_attempts=3, initial=1.0, jitter=0.0))
    played = play(sends(agent, "hi"), [{**TRANSIENT, "times": 2}, {"reply": "ok"}])
    assert played.output == "ok"
    assert played.seconds == 3.0
    assert [event.delay for event in played.of(Retrying)] == [1.0, 2.0]
    assert played.calls == ["A"]
    gave_up = play(sends(agent, "hi"), [{**TRANSIENT, "times": 3}, {"reply": "ok"}])
    assert isinstance(gave_up.error, ModelError)
    permanent = play(sends(agent, "hi"), [{"error": "invalid_request"}, {"reply": "ok"}])
    assert isinstance(permanent.error, ModelError)


def test_retries_of_step_and_agent_multiply(play: Any) -> None:
    agent = Agent("A", model="scripted", retry=Retry(max_attempts=2, initial=1.0, jitter=0.0))
    step = sends(agent, "hi", retry=Retry(max_attempts=2, initial=10.0, jitter=0.0))
    played = play(step, [{**TRANSIENT, "times": 3}, {"reply": "ok"}])
    assert played.output == "ok"
    assert played.seconds == 1 + 10 + 1


def test_the_fallback_model_comes_after_the_retries(play: Any) -> None:
    agent = Agent(
        "A", model="first", fallback_model="second", retry=Retry(max_attempts=2, initial=1.0)
    )
    played = play(sends(agent, "hi"), [{**TRANSIENT, "times": 2}, {"reply": "ok"}])
    assert played.output == "ok"
    assert [request.model for request in played.requests] == ["first", "first", "second"]
    assert "second" in played.of(Notice)[0].message
    permanent = play(sends(agent, "hi"), [{"error": "authentication"}, {"reply": "ok"}])
    assert isinstance(permanent.error, ModelError)


def test_an_open_circuit_refuses_calls(play: Any) -> None:
    agent = Agent("A", model="scripted", circuit_breaker=CircuitBreaker(2, reset_after=30.0))

    @workflow(PROGRAM, "w", agents=(agent,))
    async def tries(run: Run) -> list[str]:
        seen: list[str] = []
        for pause in (0, 0, 0, 30):
            await asyncio.sleep(pause)
            try:
                seen.append(await run.send("w/a", agent, "hi"))
            except (ModelError, CircuitOpen) as failure:
                seen.append(run.caught(failure).type)
        return seen

    played = play(tries, [{**TRANSIENT, "times": 2}, {"reply": "ok"}])
    assert played.output == ["ModelError", "ModelError", "CircuitOpen", "ok"]


def test_a_rate_limit_queues(play: Any) -> None:
    agent = Agent("A", model="scripted", rate_limit=RateLimit(requests_per_minute=2))
    played = play(sends(agent, "1", "2", "3"), ECHO)
    assert played.seconds == pytest.approx(30)


def test_settings_limit_a_model_for_all_its_agents(play: Any) -> None:
    limited = program("x", settings=Settings(rate_limit=RateLimit(requests_per_minute=1)))
    agents = (Agent("A", model="scripted"), Agent("B", model="scripted"))

    @workflow(limited, "w", agents=agents)
    async def both(run: Run) -> None:
        for agent in agents:
            await run.send("w/a", agent, "hi")

    assert play(both, ECHO).seconds == pytest.approx(60)


# Time


def test_a_timeout_is_of_each_attempt(play: Any) -> None:
    slow = {"reply": "late", "delay": 5}
    once = play(sends(A, "hi", timeout=1.0), [slow])
    assert isinstance(once.error, TimeoutExceeded)
    assert (once.error.site, once.error.place) == ("w/a", Place("sends.vega.yaml", 3, 9))
    assert "1s" in str(once.error)
    again = sends(A, "hi", timeout=1.0, retry=Retry(max_attempts=2, initial=1.0, jitter=0.0))
    assert play(again, [slow, {"reply": "ok"}]).output == "ok"


def test_the_total_timeout_is_of_all_attempts(play: Any) -> None:
    step = sends(A, "hi", timeout=2.0, total_timeout=3.0, retry=Retry(5, "constant", jitter=0.0))
    played = play(step, [{"reply": "late", "delay": 5, "times": "always"}])
    assert isinstance(played.error, TimeoutExceeded)
    assert played.seconds == 3.0


# Money


def test_a_step_budget_blocks_before_the_call(play: Any) -> None:
    agent = Agent("A", model="claude-haiku-4-5")
    played = play(sends(agent, "hi", budget=0.000001), ECHO)
    assert isinstance(played.error, BudgetExceeded)
    assert (played.calls, played.requests) == ([], [])
    assert played.error.place == Place("sends.vega.yaml", 3, 9)


def test_every_enclosing_budget_is_charged(play: Any) -> None:
    agent = Agent("A", model="claude-haiku-4-5", max_tokens=256, budget=Budget(0.02))
    usage = {"input_tokens": 1000, "output_tokens": 1800}  # one cent
    model = [{"reply": "ok", "usage": usage, "times": "always"}]
    played = play(sends(agent, "1", "2", "3"), model)
    assert isinstance(played.error, BudgetExceeded)
    assert len(played.requests) == 2
    assert played.of(RunEnded)[0].cost == 20_000
    whole = play(sends(agent, "1", "2"), model, budget=0.01)
    assert len(whole.requests) == 1


def test_a_reply_cut_by_a_lowered_limit_is_an_error_with_its_text(play: Any) -> None:
    agent = Agent("A", model="claude-haiku-4-5", max_tokens=10_000)
    cut = {"reply": {"text": "so far", "stop_reason": "max_tokens"}}
    played = play(sends(agent, "hi", budget=0.01), [cut])
    assert played.requests[0].max_tokens < 10_000
    assert isinstance(played.error, BudgetExceeded)
    assert played.error.text == "so far"


@pytest.mark.parametrize(("reason", "words"), [("max_tokens", "was cut"), ("refusal", "refused")])
def test_a_reply_that_ended_early_is_noticed(play: Any, reason: str, words: str) -> None:
    played = play(sends(A, "hi"), [{"reply": {"text": "so", "stop_reason": reason}}])
    assert played.output == "so"
    assert words in played.of(Notice)[0].message


# Which model


def test_a_model_for_the_run_replaces_every_agents(play: Any) -> None:
    agent = Agent("A", model="claude-haiku-4-5", base_url="http://x", fallback_model="other")
    played = play(sends(agent, "hi"), ECHO, model="local/smollm2")
    assert (played.requests[0].model, played.requests[0].base_url) == ("local/smollm2", None)


def test_defaults_fill_in_where_an_agent_has_no_model(play: Any) -> None:
    bare = Agent("A")
    given = play(sends(bare, "hi"), ECHO, env={"VEGA_MODEL": "from-env"})
    assert given.requests[0].model == "from-env"
    settled = program("x", settings=Settings(default_model="settled", default_temperature=0.2))

    @workflow(settled, "w", agents=(bare,))
    async def sending(run: Run) -> str:
        return await run.send("w/a", bare, "hi")

    request = play(sending, ECHO, env={"VEGA_MODEL": "from-env", "VEGA_MAX_TOKENS": "99"}).requests[
        0
    ]
    assert (request.model, request.temperature, request.max_tokens) == ("settled", 0.2, 99)


def test_an_unmatched_call_passes_every_catch(play: Any) -> None:
    @workflow(PROGRAM, "w", agents=(A,))
    async def catches(run: Run) -> str:
        try:
            return await run.send("w/a", A, "surprise")
        except Exception as failure:
            return run.caught(failure).message

    played = play(catches, [{"agent": "B", "reply": "x"}])
    assert isinstance(played.error, UnmatchedCall)
    assert "surprise" in str(played.error)


# Events


def test_events_tell_usage_cost_and_duration(play: Any) -> None:
    agent = Agent("A", model="claude-haiku-4-5")
    usage = {"input_tokens": 1000, "output_tokens": 1000}
    played = play(sends(agent, "hi"), [{"reply": "ok", "usage": usage, "delay": 2}])
    [called] = played.of(ModelCalled)
    [ended] = played.of(StepEnded)
    [whole] = played.of(RunEnded)
    assert called.usage == ended.usage == whole.usage == Usage(1000, 1000)
    assert called.cost == ended.cost == whole.cost == 6000
    assert called.duration == ended.duration == whole.duration == 2.0
    assert (ended.site, ended.key, ended.reply) == ("w/a", "w/a", "ok")
    assert whole.output == "ok"


def test_a_streamed_reply_comes_in_chunks(play: Any) -> None:
    played = play(sends(A, "hi"), [{"reply": "a b c"}], stream=True)
    assert played.output == "a b c"
    chunks = [event.text for event in played.of(Chunk)]
    assert len(chunks) == 3
    assert "".join(chunks) == "a b c"


def test_an_observer_that_fails_does_not_end_the_run(
    play: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: Any) -> None:
        raise ZeroDivisionError

    assert play(sends(A, "hi"), ECHO, observers=(broken,)).output == "hi"
    assert len(caplog.records) == 1


def test_cancelling_ends_the_open_call() -> None:
    cancelled: list[str] = []

    class Slow(ScriptedModel):
        async def generate(self, request: Request) -> Response:
            try:
                return await super().generate(request)
            except asyncio.CancelledError:
                cancelled.append(request.agent)
                raise

    async def main() -> list[str]:
        slow = Slow([{"reply": "late", "delay": 60}])
        async with open_run(PROGRAM, RunOptions(provider=lambda _: slow)) as run:
            task = asyncio.create_task(run.send("w/a", A, "hi"))
            await asyncio.sleep(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await asyncio.gather(run.send("w/a", A, "again"), return_exceptions=True)

    [after] = run_virtual(main())
    assert cancelled == ["A"]
    assert isinstance(after, UnmatchedCall)
