"""What can go wrong in a run. Every error says what happened, where, and what to do about it."""

from typing import Literal, NamedTuple, NoReturn

ModelErrorKind = Literal[
    "rate_limit", "overloaded", "timeout", "temporary", "invalid_request", "authentication"
]


class Place(NamedTuple):
    """A place in a source file. Lines and columns count from 1, columns in characters."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class VegaError(Exception):
    """A failure of a run, with a message for people.

    `site` names the step it belongs to (`workflow/step`), `place` where that stands in the source.
    `catchable` is False for what `catch` and `continue_on_error` never take.
    """

    catchable: bool = True

    def __init__(
        self, message: str, *, site: str | None = None, place: Place | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.site = site
        self.place = place

    @property
    def type(self) -> str:
        """The name of the error's type, as `error.type` and expected errors of tests spell it."""
        return self.__class__.__name__

    def __str__(self) -> str:
        return self.message


class ExpressionError(VegaError):
    """An expression met a value that it cannot work with."""


class InputError(VegaError):
    """Inputs of a workflow are missing, unknown or do not fit; the message lists all of them."""


class ModelError(VegaError):
    """A model could not answer.

    `kind` tells whether trying again can help, `retry_after` (seconds) when the provider said so,
    `status` is the HTTP status where there was one.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ModelErrorKind = "temporary",
        retry_after: float | None = None,
        status: int | None = None,
        site: str | None = None,
        place: Place | None = None,
    ) -> None:
        super().__init__(message, site=site, place=place)
        self.kind: ModelErrorKind = kind
        self.retry_after = retry_after
        self.status = status


class ToolError(VegaError):
    """A tool failed; the model is told, and the run goes on."""


class BudgetExceeded(VegaError):
    """A call would cost more than what is left.

    `scope` is the budget (a `Ledger`) that said so; `text` what a reply held that it cut short.
    """

    def __init__(
        self,
        message: str,
        *,
        scope: object = None,
        text: str = "",
        site: str | None = None,
        place: Place | None = None,
    ) -> None:
        super().__init__(message, site=site, place=place)
        self.scope = scope
        self.text = text


class TimeoutExceeded(VegaError):
    """A time limit of the program ran out."""


class RateLimited(VegaError):
    """A rate limit whose strategy is `reject` refused a call."""


class CircuitOpen(VegaError):
    """An agent failed so often that its calls are refused for a while."""


class MaxIterationsExceeded(VegaError):
    """A model asked for more rounds of tool calls than its agent allows."""


class MaxProcessesReached(VegaError):
    """A run has as many agent processes as `max_processes` allows."""


class FormatError(VegaError):
    """A reply does not have the form that the step asks for, even after asking again."""


class WorkflowFailed(VegaError):
    """A `fail` step, or workflows that call each other too deeply."""


class Cancelled(VegaError):
    """The run was cancelled, or the message of a stream."""

    catchable = False


class ConfigError(VegaError):
    """Something that a run needs is not set up; the message lists all of it, with the cures."""


class UnmatchedCall(VegaError):
    """A test's script has no entry for a call; the message shows what was sent."""

    catchable = False


FAILURES = (
    VegaError,
    IndexError,
    KeyError,
    ZeroDivisionError,
    TypeError,
    ValueError,
    OverflowError,
    RecursionError,
    AttributeError,
)
"""What an emitted `except` takes: failures of a run, and what Python raises for bad values."""


class ErrorInfo(dict[str, str]):
    """A failure as the program sees it: `error.message`, `error.type` and `error.step`.

    A map of these three; its text is the message.
    """

    __slots__ = ()

    def __init__(self, message: str, type: str, step: str) -> None:  # noqa: A002
        super().__init__(message=message, type=type, step=step)

    @property
    def message(self) -> str:
        """What went wrong."""
        return self["message"]

    @property
    def type(self) -> str:
        """The name of the error's class, such as `BudgetExceeded`."""
        return self["type"]

    @property
    def step(self) -> str:
        """The name of the step that failed."""
        return self["step"]

    def __str__(self) -> str:
        return self["message"]

    def __repr__(self) -> str:
        return f"ErrorInfo({self['message']!r}, {self['type']!r}, {self['step']!r})"


def raise_failure(error: BaseException) -> NoReturn:
    """Raise `error` without adding what is being handled as its context."""
    context = error.__context__
    try:
        raise error
    finally:
        error.__context__ = context
