"""Options that make no sense are refused where they are written, with what would make sense."""

from typing import Any

import pytest

from vega_runtime import (
    Agent,
    Budget,
    ChildSpec,
    CircuitBreaker,
    ConfigError,
    Context,
    HealthRules,
    RateLimit,
    Retry,
    Run,
    RunOptions,
    Settings,
    Supervision,
    SupervisorSpec,
    env_text,
    program,
    workflow,
)
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.virtual_time import run_virtual

NAN = float("nan")
WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (Retry, {"max_attempts": 0}, "max_attempts of Retry must be 1 or more, not 0"),
    (Retry, {"backoff": "expo"}, "one of exponential, linear, constant, not 'expo'"),
    (Retry, {"initial": -1}, "initial of Retry must be 0 or more"),
    (Retry, {"jitter": NAN}, "jitter of Retry must be 0 or more"),
    (Retry, {"retry_on": ("authentication",)}, "made of rate_limit, overloaded"),
    (Retry, {"retry_on": "timeout"}, "made of rate_limit, overloaded"),
    (Retry, {"max_attempts": True}, "must be 1 or more, not True"),
    (Budget, {"limit": -0.01}, "limit of Budget must be 0 or more"),
    (Budget, {"limit": 1, "on_exceed": "stop"}, "one of block, warn, allow, not 'stop'"),
    (RateLimit, {"requests_per_minute": 0}, "must be more than 0, not 0"),
    (RateLimit, {"tokens_per_minute": -5}, "must be more than 0, not -5"),
    (RateLimit, {"strategy": "wait"}, "one of queue, reject, backpressure"),
    (CircuitBreaker, {"threshold": 0}, "threshold of CircuitBreaker must be 1 or more"),
    (CircuitBreaker, {"half_open_max": 0}, "must be 1 or more"),
    (Context, {"strategy": "windw"}, "one of conversation, fresh, window"),
    (Context, {"strategy": "window", "limit": 0}, "limit of Context must be 1 or more"),
    (Supervision, {"strategy": "retry"}, "one of restart, stop, escalate, restart_all"),
    (Supervision, {"max_restarts": -2}, "max_restarts of Supervision must be -1 or more"),
    (Supervision, {"window": 0}, "window of Supervision must be more than 0"),
    (Supervision, {"backoff": {"type": "foo"}}, "needs another 'type', which must be one of"),
    (Supervision, {"backoff": {"first": 1}}, "has no 'first', but type, initial"),
    (Supervision, {"backoff": "linear"}, "must be a map with some of type, initial"),
    (SupervisorSpec, {"strategy": "one_for_two"}, "one of one_for_one, one_for_all, rest_for_one"),
    (ChildSpec, {"id": "a", "start": Agent("A"), "restart": "always"}, "one of permanent"),
    (
        ChildSpec,
        {"id": "a", "start": Agent("A"), "shutdown": "never"},
        "shutdown of ChildSpec must be one of infinity, brutal_kill or 0 or more, not 'never'",
    ),
    (HealthRules, {"interval": 0}, "interval of HealthRules must be more than 0"),
    (Agent, {"name": "A", "max_tokens": 0}, "max_tokens of Agent must be 1 or more"),
    (Agent, {"name": "A", "llm": 3}, "llm of Agent must be a Model, with `generate`"),
    (RunOptions, {"budget": -1}, "budget of RunOptions must be 0 or more"),
    (Settings, {"budget": NAN}, "budget of Settings must be 0 or more"),
]


@pytest.mark.parametrize(("kind", "values", "said"), WRONG)
def test_a_wrong_value_is_refused(kind: Any, values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        kind(**values)


def test_a_changed_copy_is_looked_at_too() -> None:
    with pytest.raises(ValueError, match="max_attempts"):
        Retry().replace(max_attempts=-1)


def test_the_limits_themselves_are_fine() -> None:
    Supervision(max_restarts=-1, backoff={"type": "linear", "initial": 0, "max": 0.5})
    ChildSpec("a", Agent("A"), shutdown=0)
    ChildSpec("a", Agent("A"), shutdown="infinity")
    Budget(0)
    Retry(1, retry_on=())
    RateLimit(None, 0.5)  # type: ignore[arg-type]


def test_a_wrong_number_of_the_environment_is_told_before_the_first_call() -> None:
    limit = RateLimit(requests_per_minute=env_text("${RPM}", "integer"))
    agent = Agent("A", model="scripted", rate_limit=limit)
    model = ScriptedModel([{"reply": "hello"}])

    @workflow(program("x"), "w", agents=[agent])
    async def greet(run: Run) -> str:
        return await run.send("w/a", agent, "hi")

    def play(number: str) -> str:
        options = RunOptions(provider=lambda _: model, env={"RPM": number})
        return run_virtual(greet.with_options(options)())

    with pytest.raises(ConfigError, match="must be more than 0, not 0; the agent A"):
        play("0")
    assert play("5") == "hello"
