"""A module as the compiler writes it: checked strictly, and run."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from vega_runtime import BudgetExceeded, ExpressionError, Place, TimeoutExceeded, WorkflowFailed
from vega_runtime.models.scripted import ScriptedModel

SAMPLE = Path(__file__).with_name("sample_vega.py")
ECHO = [{"reply": "echo", "times": "always"}]


@pytest.fixture(scope="module")
def sample() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sample_vega", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_module_is_clean_under_strict_pyright() -> None:
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, str(SAMPLE)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_review_goes_round_until_it_is_ok(sample: ModuleType, play: Any) -> None:
    played = play(
        sample.review,
        [
            {"agent": "Coder", "reply": "v1"},
            {"agent": "Critic", "match": "Bugs in:\nv1", "reply": "crash"},
            {"agent": "Critic", "match": "Style", "reply": "ugly", "times": 2},
            {"agent": "Coder", "match": "Fix 1: crash", "reply": "v2"},
            {"agent": "Critic", "match": "Bugs in:\nv2", "reply": "OK"},
        ],
        {"task": "sort"},
    )
    assert played.output == {"code": "v2", "findings": ["crash", "ugly", "OK", "ugly"]}
    assert played.calls == ["Coder", "Critic", "Critic", "Coder", "Critic", "Critic"]


def test_workflows_are_coroutine_functions_for_python(sample: ModuleType, play: Any) -> None:
    assert list(sample.PROGRAM.workflows)[:2] == ["review", "each"]
    assert sample.review.description == "Write and review code."
    played = play(sample.each, ECHO, {"docs": ["a", "b", "c"]})
    assert played.output == ["1 a", "2 b", "3 c"]


def test_loops_keep_their_last_values(sample: ModuleType, play: Any) -> None:
    played = play(sample.nested, ECHO, {"table": {"x": ["p", "q"], "y": ["r"]}})
    names = {"r_0_0": "p", "r_0_1": "q", "r_1_0": "r", "last": 2}
    assert played.output == {"names": names, "first": "p", "count": 2, "slug": "a-b"}


def test_a_failed_expression_is_caught_with_its_message(sample: ModuleType, play: Any) -> None:
    played = play(sample.guarded, ECHO, {"n": 0})
    assert "(ExpressionError)" in played.output
    assert "division by zero" in played.output
    assert played.calls == ["Critic"]


def test_on_timeout_runs_instead(sample: ModuleType, play: Any) -> None:
    model = [{"agent": "Coder", "reply": "late", "delay": 5}, {"agent": "Critic", "reply": "fast"}]
    played = play(sample.patient, model)
    assert played.output == "fast"
    assert played.seconds == pytest.approx(0.05)
    failed = play(sample.patient, [{"reply": "late", "delay": 5, "times": 2}], timeout=0.01)
    assert isinstance(failed.error, TimeoutExceeded)


def test_a_retried_block_begins_with_the_conversation_of_before(
    sample: ModuleType, play: Any
) -> None:
    played = play(
        sample.stubborn,
        [
            {"match": "first", "reply": "1", "times": "always"},
            {"match": "report", "reply": "{}"},
            {"match": "could not be used", "reply": "still no JSON"},
            {"match": "report", "reply": '```json\n{"title": "T", "score": 2}\n```'},
        ],
    )
    assert played.output == {"title": "T", "score": 2}
    assert played.seconds == 1.0
    assert [message.text for message in played.requests[-1].messages] == ["first", "1", "report"]


def test_recursion_and_calls(sample: ModuleType, play: Any) -> None:
    assert play(sample.countdown, inputs={"n": 3}).output == "3 2 1 done"
    deep = play(sample.countdown, inputs={"n": 500})
    assert isinstance(deep.error, WorkflowFailed)
    assert "more than 100 deep" in str(deep.error)


def test_fail_raises_with_its_place(sample: ModuleType, play: Any) -> None:
    played = play(sample.caller, [{"reply": "v1 OK", "times": "always"}])
    assert isinstance(played.error, WorkflowFailed)
    assert str(played.error) == "no v1 OK 1 done"
    assert played.error.place == Place("sample.vega.yaml", 90, 9)


def test_native_errors_carry_the_place_of_their_line(sample: ModuleType, play: Any) -> None:
    cases = [
        ([], {"a": 1}, "there is no element 0 in an empty list", (100, 7)),
        ([1, 2], {"b": 1}, "the map has no key 'a'; it has: b", (101, 9)),
        ([1, 0], {"a": 1}, "division by zero", (102, 11)),
    ]
    for xs, m, message, (line, column) in cases:
        error = play(sample.native, inputs={"xs": xs, "m": m}).error
        assert isinstance(error, ExpressionError)
        assert message in str(error)
        assert error.place == Place("sample.vega.yaml", line, column)


def test_memory_and_questions(sample: ModuleType, play: Any, tmp_path: Path) -> None:
    played = play(sample.keeper, root=tmp_path, answers=("YES",))
    assert played.output == [{"text": "hi"}, "default", "yes", "keeper"]
    assert (tmp_path / ".vega" / "memory.db").exists()
    assert play(sample.keeper, root=tmp_path).output[2] == "no"


async def test_a_workflow_is_awaited_like_any_function(sample: ModuleType) -> None:
    assert await sample.countdown(n=2) == "2 1 done"


async def test_the_budget_of_an_agent_blocks_before_the_call(sample: ModuleType) -> None:
    from vega_runtime import RunOptions, open_run

    script = ScriptedModel(ECHO)
    poor = sample.CODER.replace(budget=sample.Budget(0.000001))
    with pytest.raises(BudgetExceeded, match="the agent Coder"):
        async with open_run(sample.PROGRAM, RunOptions(provider=lambda _: script)) as run:
            await run.send("x/y", poor, "hello")
    assert script.requests == []
