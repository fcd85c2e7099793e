"""A circuit breaker: stops calling a model that keeps failing, and tries again later."""

import asyncio
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Literal

from .errors import CircuitOpen, ModelError, TimeoutExceeded
from .retry import RETRYABLE

State = Literal["closed", "open", "half_open"]


class Breaker:
    """Opens after `threshold` failures in a row, and refuses calls for `reset_after` seconds.

    Then at most `half_open_max` calls at a time may probe: one that succeeds closes the breaker,
    one that fails opens it again. Only the provider's own trouble counts (rate limits, overload,
    timeouts, temporary failures), not a wrong request or a cancelled one. `on_open` and `on_close`
    are called with the breaker's name; what they raise is logged, and no failure of the call.
    """

    __slots__ = (
        "_failures",
        "_half_open_max",
        "_on_close",
        "_on_open",
        "_opened",
        "_probes",
        "_reset_after",
        "_threshold",
        "name",
    )

    def __init__(
        self,
        threshold: int = 5,
        reset_after: float = 30.0,
        half_open_max: int = 1,
        name: str = "",
        on_open: Callable[[str], object] | None = None,
        on_close: Callable[[str], object] | None = None,
    ) -> None:
        self.name = name
        self._threshold = threshold
        self._reset_after = reset_after
        self._half_open_max = half_open_max
        self._on_open = on_open
        self._on_close = on_close
        self._failures = 0
        self._probes = 0
        self._opened: float | None = None

    @property
    def state(self) -> State:
        """The state now; a breaker whose time has passed is half open."""
        if self._opened is None:
            return "closed"
        return "open" if self._left() > 0 else "half_open"

    def guard(self) -> "_Guard":
        """Surround a call: `with` it. Raises CircuitOpen instead of letting it through."""
        return _Guard(self)

    def enter(self) -> float | None:
        """Let a call through, and say when the breaker had opened if the call is a probe."""
        opened = self._opened
        if opened is not None:
            left = self._left()
            if left > 0:
                raise CircuitOpen(
                    f"too many calls{_of(self.name)} failed; it is called again in {left:.1f} s"
                )
            if self._probes >= self._half_open_max:
                raise CircuitOpen(
                    f"too many calls{_of(self.name)} failed; a trial call is still running"
                )
            self._probes += 1
        return opened

    def leave(self, opened: float | None, error: BaseException | None) -> None:
        """Note how a call ended; `opened` is what `enter` returned."""
        if opened is not None:
            self._probes -= 1
        if error is None:
            self._succeeded(opened)
        elif isinstance(error, TimeoutExceeded) or (
            isinstance(error, ModelError) and error.kind in RETRYABLE
        ):
            self._failed(opened)

    def _failed(self, opened: float | None) -> None:
        if opened is None and self._opened is not None:
            return  # began before the breaker opened, and fails like those that opened it
        if opened is not None and self._opened is not None and opened != self._opened:
            return  # a probe of an earlier time; the breaker has opened again since
        self._failures += 1
        probe = opened is not None and self._opened is not None
        if probe or self._failures >= self._threshold:
            self._opened = _now()
            self._tell(self._on_open)

    def _succeeded(self, opened: float | None) -> None:
        if opened != self._opened:
            return  # began before the breaker opened: says nothing about the provider's state now
        self._failures = 0
        if self._opened is not None:
            self._opened = None
            self._tell(self._on_close)

    def _tell(self, callback: Callable[[str], object] | None) -> None:
        if callback is None:
            return
        try:
            callback(self.name)
        except Exception:
            logging.getLogger("vega").exception("a callback of the circuit breaker failed")

    def _left(self) -> float:
        assert self._opened is not None
        return self._opened + self._reset_after - _now()


class _Guard:
    """One call behind a breaker."""

    __slots__ = ("_breaker", "_opened")

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker
        self._opened: float | None = None

    def __enter__(self) -> None:
        self._opened = self._breaker.enter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._breaker.leave(self._opened, error)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _of(name: str) -> str:
    return f" of {name}" if name else ""
