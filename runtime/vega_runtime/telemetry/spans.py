"""A run as spans: the run, its workflows, steps, model calls and tool calls."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from .. import events
from . import names
from .content import Redactor, arguments_json, messages_json, response_json

if TYPE_CHECKING:
    from contextvars import Token

    from ..program import Program


class _Open:
    """A span on its way. While it is the current one, what others trace belongs to it."""

    __slots__ = (
        "attempts",
        "ended_at",
        "error",
        "first_chunk",
        "retried",
        "span",
        "started",
        "token",
    )

    def __init__(self, span: Span) -> None:
        self.span = span
        self.token: Token[Any] | None = context.attach(trace.set_span_in_context(span))
        self.started = time.perf_counter()
        self.attempts = 1
        self.retried = False
        self.error: BaseException | None = None
        self.ended_at: int | None = None
        self.first_chunk: float | None = None

    def leave(self) -> None:
        """Be the current one no longer."""
        if self.token is not None:
            context.detach(self.token)
            self.token = None

    def enter(self) -> None:
        """Be the current one again."""
        self.token = context.attach(trace.set_span_in_context(self.span))


class Spans:
    """An observer that makes a span of all that begins and ends.

    `content` says whether prompts and replies are recorded; secrets of the environment never are.
    A call of a model that is tried again is one span with all its attempts.
    """

    def __init__(
        self, tracer: Tracer, program: "Program", redact: Redactor, content: bool, stream: bool
    ) -> None:
        self._tracer = tracer
        self._program = program
        self._redact = redact
        self._content = content
        self._stream = stream
        self._open: dict[tuple[str, str], _Open] = {}
        self._retries: dict[str, int] = {}

    def __call__(self, event: Any) -> None:
        match event:
            case events.Chunk(key=key):
                self._chunk(key)
            case events.StepStarted():
                self._step_started(event)
            case events.StepEnded():
                self._step_ended(event)
            case events.ModelStarted():
                self._model_started(event)
            case events.ModelCalled():
                self._model_called(event)
            case events.ToolStarted():
                self._tool_started(event)
            case events.ToolEnded():
                self._tool_ended(event)
            case events.Retrying(key=key):
                self._retrying(key, event)
            case events.WorkflowStarted(key=key, workflow=workflow, site=site):
                attributes = {names.OPERATION: "invoke_workflow", names.WORKFLOW: workflow}
                attributes |= self._place(site, key)
                self._start("workflow", key, f"invoke_workflow {workflow}", attributes)
            case events.WorkflowEnded(key=key, error=error):
                self._end("workflow", key, error)
            case events.RunStarted(run_id=run_id, workflow=workflow):
                attributes = {names.RUN_ID: run_id, names.PROGRAM: self._program.file}
                attributes[names.WORKFLOW] = workflow
                self._start("run", run_id, f"run {workflow}", attributes)
            case events.RunEnded():
                self._end("run", event.run_id, event.error, _used(event.usage, event.cost))
            case _:
                pass

    def close(self) -> None:
        """End what is still open."""
        for opened in reversed(list(self._open.values())):
            opened.leave()
            opened.span.end(opened.ended_at)
        self._open.clear()

    # Spans

    def _start(
        self, kind: str, key: str, name: str, attributes: Mapping[str, Any], client: bool = False
    ) -> None:
        span = self._tracer.start_span(
            name,
            kind=SpanKind.CLIENT if client else SpanKind.INTERNAL,
            attributes=dict(attributes),
        )
        self._open[kind, key] = _Open(span)

    def _end(
        self,
        kind: str,
        key: str,
        error: "BaseException | str | None",
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        opened = self._open.pop((kind, key), None)
        if opened is None:
            return
        opened.leave()
        if attributes:
            opened.span.set_attributes(dict(attributes))
        self._fail(opened.span, error)
        opened.span.end(opened.ended_at)

    def _fail(self, span: Span, error: "BaseException | str | None") -> None:
        if error is None:
            return
        kind = error if isinstance(error, str) else type(error).__name__
        kind = "tool_error" if isinstance(error, str) else getattr(error, "kind", kind)
        span.set_attribute(names.ERROR_TYPE, kind)
        span.set_status(Status(StatusCode.ERROR, self._redact(str(error))[:1000]))

    def _place(self, site: str, key: str) -> dict[str, Any]:
        """Where a step stands in the source."""
        attributes: dict[str, Any] = {names.SITE: site, names.KEY: key} if site else {}
        place = self._program.sites.get(site)
        if place is not None:
            attributes[names.SOURCE_FILE] = place.file
            attributes[names.SOURCE_LINE] = place.line
        return attributes

    # Steps

    def _step_started(self, event: events.StepStarted) -> None:
        attributes = {names.OPERATION: "invoke_agent", names.AGENT: event.agent}
        attributes |= self._place(event.site, event.key)
        self._start("step", event.key, f"invoke_agent {event.agent}", attributes)

    def _step_ended(self, event: events.StepEnded) -> None:
        self._finish_model(event.key)
        attributes = _used(event.usage, event.cost)
        retries = self._retries.pop(event.key, 0)
        if retries:
            attributes[names.RETRIES] = retries
        self._end("step", event.key, event.error, attributes)

    def _retrying(self, key: str, event: events.Retrying) -> None:
        self._retries[key] = self._retries.get(key, 0) + 1
        opened = self._open.get(("model", key))
        if opened is not None:
            opened.retried = True
        step = self._open.get(("step", key))
        if step is not None:
            error = getattr(event.error, "kind", type(event.error).__name__)
            step.span.add_event("vega.retry", {"vega.delay": event.delay, names.ERROR_TYPE: error})

    # Models

    def _model_started(self, event: events.ModelStarted) -> None:
        opened = self._open.get(("model", event.key))
        if opened is not None and opened.retried:
            opened.retried = False
            opened.ended_at = None
            opened.attempts += 1
            opened.enter()
            return
        self._finish_model(event.key)
        request = event.request
        attributes: dict[str, Any] = {
            names.OPERATION: "chat",
            names.PROVIDER: names.provider_of(event.model),
            names.AGENT: event.agent,
            names.REQUEST_MODEL: event.model,
            names.REQUEST_MAX_TOKENS: request.max_tokens,
            names.REQUEST_STREAM: self._stream,
        }
        if request.temperature is not None:
            attributes[names.REQUEST_TEMPERATURE] = request.temperature
        if self._content:
            attributes[names.INPUT_MESSAGES] = self._redact(messages_json(request.messages))
            attributes[names.SYSTEM_INSTRUCTIONS] = self._redact(request.system)
        self._start("model", event.key, f"chat {event.model}", attributes, client=True)

    def _model_called(self, event: events.ModelCalled) -> None:
        opened = self._open.get(("model", event.key))
        if opened is None:
            return
        opened.leave()
        opened.ended_at = time.time_ns()
        span, response = opened.span, event.response
        if response is None:
            # The span ends when it is known that nobody tries again.
            opened.error = event.error
            return
        attributes: dict[str, Any] = {names.RESPONSE_FINISH_REASONS: [response.stop_reason]}
        if response.id:
            attributes[names.RESPONSE_ID] = response.id
        if response.model:
            attributes[names.RESPONSE_MODEL] = response.model
        if opened.first_chunk is not None:
            attributes[names.RESPONSE_FIRST_CHUNK] = opened.first_chunk
        if event.usage is not None:
            attributes |= _used(event.usage, event.cost)
        if self._content:
            attributes[names.OUTPUT_MESSAGES] = self._redact(response_json(response))
        span.set_attributes(attributes)
        opened.error = None
        self._finish_model(event.key)

    def _finish_model(self, key: str) -> None:
        opened = self._open.pop(("model", key), None)
        if opened is not None:
            opened.leave()
            if opened.attempts > 1:
                opened.span.set_attribute(names.RETRIES, opened.attempts - 1)
            self._fail(opened.span, opened.error)
            opened.span.end(opened.ended_at)

    def _chunk(self, key: str) -> None:
        opened = self._open.get(("model", key))
        if opened is not None and opened.first_chunk is None:
            opened.first_chunk = time.perf_counter() - opened.started

    # Tools

    def _tool_started(self, event: events.ToolStarted) -> None:
        attributes: dict[str, Any] = {
            names.OPERATION: "execute_tool",
            names.TOOL_NAME: event.tool,
            names.TOOL_TYPE: "function",
            names.TOOL_CALL_ID: event.call_id,
        }
        if self._content:
            attributes[names.TOOL_ARGUMENTS] = self._redact(arguments_json(event.arguments))
        key = f"{event.key} {event.call_id}"
        self._start("tool", key, f"execute_tool {event.tool}", attributes)

    def _tool_ended(self, event: events.ToolEnded) -> None:
        attributes: dict[str, Any] = {}
        if self._content and event.result is not None:
            attributes[names.TOOL_RESULT] = self._redact(event.result)
        error = event.error if self._content or event.error is None else "the tool failed"
        self._end("tool", f"{event.key} {event.call_id}", error, attributes)


def _used(usage: Any, cost: int | None) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        names.INPUT_TOKENS: usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens,
        names.OUTPUT_TOKENS: usage.output_tokens,
    }
    if usage.cache_read_tokens:
        attributes[names.CACHE_READ_TOKENS] = usage.cache_read_tokens
    if usage.cache_write_tokens:
        attributes[names.CACHE_WRITE_TOKENS] = usage.cache_write_tokens
    if cost is not None:
        attributes[names.COST] = cost / 1_000_000
    return attributes
