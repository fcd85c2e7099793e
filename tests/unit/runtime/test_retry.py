"""When a failed call is tried again, and after how long."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega_runtime.agent import Retry
from vega_runtime.errors import (
    BudgetExceeded,
    CircuitOpen,
    FormatError,
    ModelError,
    TimeoutExceeded,
)
from vega_runtime.retry import LONGEST_RETRY_AFTER, kind_of, next_delay

RNG = Random(1)
STEADY = Retry(max_attempts=9, initial=1.0, max=30.0, jitter=0.0)


def delays(retry: Retry) -> list[float | None]:
    error = ModelError("x", kind="overloaded")
    return [next_delay(retry, attempt, error, RNG) for attempt in range(1, retry.max_attempts + 1)]


def test_exponential_up_to_the_longest_then_no_more() -> None:
    assert delays(STEADY) == [1, 2, 4, 8, 16, 30, 30, 30, None]


def test_linear() -> None:
    retry = Retry(max_attempts=4, backoff="linear", initial=2.0, max=5.0, jitter=0.0)
    assert delays(retry) == [2, 4, 5, None]


def test_constant() -> None:
    retry = Retry(max_attempts=3, backoff="constant", initial=2.0, jitter=0.0)
    assert delays(retry) == [2, 2, None]


def test_one_attempt_is_no_retry() -> None:
    assert delays(Retry(max_attempts=1)) == [None]


@pytest.mark.parametrize("kind", ["rate_limit", "overloaded", "timeout", "temporary"])
def test_what_may_pass_is_tried_again(kind: str) -> None:
    assert next_delay(STEADY, 1, ModelError("x", kind=kind), RNG) == 1  # pyright: ignore


@pytest.mark.parametrize(
    "error",
    [
        ModelError("x", kind="invalid_request"),
        ModelError("x", kind="authentication"),
        BudgetExceeded("x"),
        CircuitOpen("x"),
        FormatError("x"),
        ValueError("x"),
    ],
)
def test_what_will_fail_again_is_not(error: Exception) -> None:
    assert next_delay(STEADY, 1, error, RNG) is None


def test_only_the_kinds_that_were_asked_for() -> None:
    retry = Retry(retry_on=("timeout",), jitter=0.0)
    assert next_delay(retry, 1, ModelError("x", kind="overloaded"), RNG) is None
    assert next_delay(retry, 1, ModelError("x", kind="timeout"), RNG) == 1
    assert next_delay(retry, 1, TimeoutExceeded("x"), RNG) == 1


def test_a_caller_may_add_its_own_errors() -> None:
    assert next_delay(STEADY, 1, FormatError("x"), RNG, also=(FormatError,)) == 1


def test_retry_after_is_the_least_that_is_waited() -> None:
    def after(seconds: float) -> float | None:
        error = ModelError("x", kind="rate_limit", retry_after=seconds)
        return next_delay(STEADY, 3, error, RNG)

    assert after(0.5) == 4
    assert after(45.0) == 45.0  # longer than the retry's own maximum, but asked for
    assert after(LONGEST_RETRY_AFTER) == LONGEST_RETRY_AFTER
    assert after(LONGEST_RETRY_AFTER + 1) is None


@given(
    st.integers(1, 5000),
    st.sampled_from(["exponential", "linear", "constant"]),
    st.floats(0, 100),
    st.floats(0, 100),
    st.floats(0, 1),
    st.integers(),
)
def test_delays_stay_in_their_bounds(
    attempt: int, backoff: str, initial: float, most: float, jitter: float, seed: int
) -> None:
    retry = Retry(
        max_attempts=10_000,
        backoff=backoff,  # pyright: ignore
        initial=initial,
        max=most,
        jitter=jitter,
    )
    delay = next_delay(retry, attempt, ModelError("x"), Random(seed))
    assert delay is not None
    assert 0 <= delay <= most * (1 + jitter) + 1e-9


def test_jitter_spreads() -> None:
    retry = Retry(max_attempts=2, initial=10.0, jitter=0.5)
    seen = {next_delay(retry, 1, ModelError("x"), Random(seed)) for seed in range(20)}
    assert len(seen) > 10
    assert all(5 <= delay <= 15 for delay in seen if delay is not None)


def test_kinds() -> None:
    assert kind_of(ModelError("x", kind="authentication")) == "authentication"
    assert kind_of(TimeoutExceeded("x")) == "timeout"
    assert kind_of(BudgetExceeded("x")) == "budget_exceeded"
    assert kind_of(ValueError()) is None
