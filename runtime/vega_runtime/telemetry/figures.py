"""Figures of runs: how often, how long, how much."""

from typing import Any

from opentelemetry.metrics import Meter

from .. import events
from . import names

BREAKER_STATES = {"closed": 0, "open": 1}


class Figures:
    """An observer that counts."""

    def __init__(self, meter: Meter) -> None:
        self._runs = meter.create_counter("vega.runs", "{run}", "Runs that ended.")
        self._run_time = meter.create_histogram("vega.run.duration", "s", "Time of runs.")
        self._steps = meter.create_counter("vega.steps", "{step}", "Messages to agents.")
        self._step_time = meter.create_histogram("vega.step.duration", "s", "Time of messages.")
        self._calls = meter.create_counter("vega.model.calls", "{call}", "Requests to models.")
        self._call_time = meter.create_histogram(
            "gen_ai.client.operation.duration", "s", "Time of requests to models."
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage", "{token}", "Tokens of requests to models."
        )
        self._cost = meter.create_counter("vega.cost", "USD", "What requests to models cost.")
        self._tools = meter.create_counter("vega.tool.calls", "{call}", "Calls of tools.")
        self._tool_time = meter.create_histogram("vega.tool.duration", "s", "Time of tool calls.")
        self._retries = meter.create_counter("vega.retries", "{retry}", "Attempts after failures.")
        self._restarts = meter.create_counter("vega.restarts", "{restart}", "Restarted agents.")
        self._breaker = meter.create_gauge(names.STATE, "", "Circuit breakers: 0 closed, 1 open.")

    def __call__(self, event: Any) -> None:
        match event:
            case events.ModelCalled():
                self._model(event)
            case events.ToolEnded(tool=tool, error=error, duration=duration):
                labels = _with_error({names.TOOL_NAME: tool}, error and "tool_error")
                self._tools.add(1, labels)
                self._tool_time.record(duration, labels)
            case events.StepEnded(agent=agent, error=error, duration=duration):
                labels = _with_error({names.AGENT: agent}, _kind(error))
                self._steps.add(1, labels)
                self._step_time.record(duration, labels)
            case events.Retrying(error=error):
                self._retries.add(1, _with_error({}, _kind(error)))
            case events.Restarted(agent=agent):
                self._restarts.add(1, {names.AGENT: agent})
            case events.BreakerChanged(agent=agent, state=state):
                self._breaker.set(BREAKER_STATES[state], {names.AGENT: agent})
            case events.RunEnded(workflow=workflow, error=error, duration=duration):
                labels = _with_error({names.WORKFLOW: workflow}, _kind(error))
                self._runs.add(1, labels)
                self._run_time.record(duration, labels)
            case _:
                pass

    def _model(self, event: events.ModelCalled) -> None:
        labels = {
            names.OPERATION: "chat",
            names.PROVIDER: names.provider_of(event.model),
            names.REQUEST_MODEL: event.model,
            names.AGENT: event.agent,
        }
        timed = _with_error(labels, _kind(event.error))
        self._calls.add(1, timed)
        self._call_time.record(event.duration, timed)
        usage = event.usage
        if usage is None:
            return
        sent = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        self._tokens.record(sent, {**labels, names.TOKEN_TYPE: "input"})
        self._tokens.record(usage.output_tokens, {**labels, names.TOKEN_TYPE: "output"})
        if event.cost:
            self._cost.add(event.cost / 1_000_000, labels)


def _kind(error: BaseException | None) -> str | None:
    return None if error is None else getattr(error, "kind", type(error).__name__)


def _with_error(labels: dict[str, str], error: str | None) -> dict[str, str]:
    return labels if error is None else {**labels, names.ERROR_TYPE: error}
