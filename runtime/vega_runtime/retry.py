"""When a failed call is tried again, and after how long."""

from random import Random
from typing import TYPE_CHECKING

from .errors import BudgetExceeded, ModelError, TimeoutExceeded

if TYPE_CHECKING:
    from .agent import Retry

RETRYABLE = frozenset({"rate_limit", "overloaded", "timeout", "temporary"})
"""The kinds of failure that a second attempt may cure."""

LONGEST_RETRY_AFTER = 300.0
"""A provider that asks to wait longer than this (seconds) is not called again."""


def next_delay(
    retry: "Retry",
    attempt: int,
    error: BaseException,
    rng: Random,
    also: tuple[type[BaseException], ...] = (),
) -> float | None:
    """Seconds to wait before the next attempt, or None when there is none.

    `attempt` is the number of the attempt that failed, from 1. Retried are the kinds of
    `RETRYABLE` that stand in `retry.retry_on`, and any error of a type in `also`. A provider's
    Retry-After is the least that is waited.
    """
    if attempt >= retry.max_attempts:
        return None
    if not isinstance(error, also):
        kind = kind_of(error)
        if kind not in RETRYABLE or kind not in retry.retry_on:
            return None
    delay = backoff(retry, attempt, rng)
    asked = error.retry_after if isinstance(error, ModelError) else None
    if asked is None:
        return delay
    return max(delay, asked) if asked <= LONGEST_RETRY_AFTER else None


def backoff(retry: "Retry", attempt: int, rng: Random) -> float:
    """The delay after the given attempt: its curve up to `retry.max`, give or take the jitter."""
    if retry.backoff == "exponential":
        # 2.0 ** 1024 overflows; the cap is reached long before.
        delay = retry.initial * 2.0 ** min(attempt - 1, 64)
    elif retry.backoff == "linear":
        delay = retry.initial * attempt
    else:
        delay = retry.initial
    delay = min(delay, retry.max)
    if retry.jitter:
        delay *= 1 + retry.jitter * (2 * rng.random() - 1)
    return max(delay, 0.0)


def kind_of(error: BaseException) -> str | None:
    """The kind of a failure: that of a ModelError, `timeout`, `budget_exceeded`, or None."""
    if isinstance(error, ModelError):
        return error.kind
    if isinstance(error, BudgetExceeded):
        return "budget_exceeded"
    if isinstance(error, TimeoutExceeded):
        return "timeout"
    return None
