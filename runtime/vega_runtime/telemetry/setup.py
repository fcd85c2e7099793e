"""Where traces and figures go: the host program's providers, or exporters of our own."""

import json
import logging
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from ..errors import ConfigError
from .names import CAPTURE

if TYPE_CHECKING:
    from ..session import Session
    from ..settings import Metrics, Tracing

DEFAULT_PORT = 9464
"""Where figures are served when no port is given, as OpenTelemetry's own exporter does."""
DEFAULT_ENDPOINT = "http://localhost:4318"
DEFAULT_FILE = ".vega/traces.jsonl"
FLUSH_MILLISECONDS = 3000
"""How long the end of a run may wait for a collector."""
_SCOPE = "vega"


class Telemetry:
    """The observers of one run, and what has to be closed after it."""

    def __init__(self) -> None:
        self.observers: list[Callable[[Any], None]] = []
        self._before: list[Callable[[], None]] = []
        self._closing: list[Callable[[], bool]] = []
        self._complaints = _Complaints()

    def close(self) -> list[str]:
        """Deliver what is left; may block for some seconds. What went wrong, for people."""
        for end in self._before:
            end()
        problems: list[str] = []
        if self._closing:
            with ThreadPoolExecutor(len(self._closing)) as together:
                found = together.map(_closed, self._closing)
                problems = list(dict.fromkeys(problem for problem in found if problem))
        self._complaints.stop()
        first = self._complaints.first
        return [f"traces and figures could not be delivered: {first}"] if first else problems

    def listen(self) -> None:
        """Keep what the exporters log: it is told once, at the end."""
        self._complaints.start()

    def before_end(self, end: Callable[[], None]) -> None:
        """Call something before exporters are closed."""
        self._before.append(end)

    def at_end(self, close: Callable[[], bool]) -> None:
        """Call something when the run is over; it says whether all went well."""
        self._closing.append(close)


def _closed(close: Callable[[], bool]) -> str:
    """What went wrong."""
    try:
        return "" if close() else "not all traces and figures could be delivered in time"
    except Exception as error:
        return f"traces and figures could not be delivered: {error}"


def open_telemetry(session: "Session") -> Telemetry:
    """What the settings ask for. Raises ConfigError where that cannot be had."""
    settings, options = session.settings, session.options
    tracing = settings.tracing if settings.tracing and settings.tracing.enabled else None
    metrics = settings.metrics if settings.metrics and settings.metrics.enabled else None
    if not options.telemetry:
        tracing = metrics = None
    telemetry = Telemetry()
    if tracing is not None or options.trace is not None:
        from .content import Redactor
        from .spans import Spans

        tracer = _tracer(session, tracing, telemetry)
        redact = Redactor(session.env)
        spans = Spans(tracer, session.program, redact, _wants_content(session.env), options.stream)
        telemetry.observers.append(spans)

        telemetry.before_end(spans.close)
    if metrics is not None:
        from .figures import Figures

        telemetry.observers.append(Figures(_meter(session, metrics, tracing, telemetry)))
    return telemetry


def _wants_content(env: Mapping[str, str]) -> bool:
    asked = env.get(CAPTURE, "").strip().lower()
    return asked in ("true", "1", "span_only", "span_and_event")


# Traces


def _tracer(session: "Session", tracing: "Tracing | None", telemetry: Telemetry) -> Any:
    from opentelemetry import trace

    from ..version import RUNTIME_VERSION

    current = trace.get_tracer_provider()
    if session.options.trace is None and hasattr(current, "add_span_processor"):
        # The host program has its own; it decides where spans go.
        return current.get_tracer(_SCOPE, RUNTIME_VERSION)
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(resource=_resource(session), shutdown_on_exit=False)
    if tracing is not None:
        provider.add_span_processor(_processor(session, tracing, telemetry))
    if session.options.trace is not None:
        provider.add_span_processor(_to_file(session.options.trace, fresh=True))

    def end() -> bool:
        delivered = provider.force_flush(FLUSH_MILLISECONDS)
        provider.shutdown()
        return delivered

    telemetry.at_end(end)
    return provider.get_tracer(_SCOPE, RUNTIME_VERSION)


def _processor(session: "Session", tracing: "Tracing", telemetry: Telemetry) -> Any:
    from opentelemetry.sdk.trace.export import (
        BatchSpanProcessor,
        ConsoleSpanExporter,
        SimpleSpanProcessor,
    )

    endpoint = None if tracing.endpoint is None else str(tracing.endpoint)
    match tracing.exporter:
        case "console":
            return SimpleSpanProcessor(ConsoleSpanExporter(out=sys.stderr, formatter=_line))
        case "json":
            return _to_file(session.root / (endpoint or DEFAULT_FILE))
        case _:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            telemetry.listen()
            address = _address(session, endpoint, "traces")
            return BatchSpanProcessor(OTLPSpanExporter(address, timeout=FLUSH_MILLISECONDS / 1000))


def _address(session: "Session", endpoint: str | None, signal: str) -> str | None:
    """The address of a collector for one signal; None leaves it to the variables `OTEL_...`."""
    if endpoint is None:
        if any(name.startswith("OTEL_EXPORTER_OTLP_") for name in session.env):
            return None
        endpoint = DEFAULT_ENDPOINT
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigError(
            f"`settings.tracing.endpoint` is no address: '{endpoint}'; write it like "
            f"{DEFAULT_ENDPOINT}"
        )
    return endpoint if parts.path.strip("/") else f"{endpoint.rstrip('/')}/v1/{signal}"


def _resource(session: "Session") -> Any:
    from opentelemetry.sdk.resources import Resource

    name = session.env.get("OTEL_SERVICE_NAME") or "vega"
    return Resource.create({"service.name": name, "vega.program": session.program.file})


def _to_file(path: Path, fresh: bool = False) -> Any:
    """Spans as JSON, a line each."""
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    exporter = _exporter_class()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return SimpleSpanProcessor(exporter(path.open("w" if fresh else "a", encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"traces cannot be written to '{path}': {error.strerror}") from error


def _exporter_class() -> Any:
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class LinesExporter(SpanExporter):
        """Writes spans to a file as JSON lines."""

        def __init__(self, file: Any) -> None:
            self._file = file

        def export(self, spans: Sequence[Any]) -> Any:
            for span in spans:
                self._file.write(json.dumps(json.loads(span.to_json()), ensure_ascii=False) + "\n")
            self._file.flush()
            return SpanExportResult.SUCCESS

        def shutdown(self) -> None:
            self._file.close()

    return LinesExporter


def _line(span: Any) -> str:
    """A span as a line for people."""
    seconds = (span.end_time - span.start_time) / 1e9
    failed = "" if span.status.is_ok or not span.status.description else span.status.description
    attributes = cast("Mapping[str, Any]", span.attributes or {})
    details = " ".join(
        f"{name.removeprefix('gen_ai.')}={value}"
        for name, value in attributes.items()
        if name not in ("gen_ai.operation.name", "vega.key") and value not in ("", None)
    )
    end = f" FAILED {failed}" if failed else ""
    return f"trace {span.name} {seconds:.3f} s {details}{end}\n"


# Figures


def _meter(
    session: "Session", metrics: "Metrics", tracing: "Tracing | None", telemetry: Telemetry
) -> Any:
    from opentelemetry import metrics as api

    from ..version import RUNTIME_VERSION

    current = api.get_meter_provider()
    if metrics.port is None and hasattr(current, "force_flush"):
        return current.get_meter(_SCOPE, RUNTIME_VERSION)
    if metrics.port is None and tracing is not None and tracing.exporter == "otlp":
        return _pushed(session, tracing, telemetry).get_meter(_SCOPE, RUNTIME_VERSION)
    from .endpoint import endpoint_at

    endpoint = endpoint_at(DEFAULT_PORT if metrics.port is None else metrics.port)
    session.notice(f"figures of runs are served at {endpoint.address}")
    return endpoint.provider.get_meter(_SCOPE, RUNTIME_VERSION)


def _pushed(session: "Session", tracing: "Tracing", telemetry: Telemetry) -> Any:
    """A provider that sends figures where the traces go."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    endpoint = None if tracing.endpoint is None else str(tracing.endpoint)
    telemetry.listen()
    exporter = OTLPMetricExporter(
        _address(session, endpoint, "metrics"), timeout=FLUSH_MILLISECONDS / 1000
    )
    provider = MeterProvider(
        [PeriodicExportingMetricReader(exporter)], _resource(session), shutdown_on_exit=False
    )

    def end() -> bool:
        provider.shutdown(FLUSH_MILLISECONDS)
        return True

    telemetry.at_end(end)
    return provider


def _brief(complaint: str) -> str:
    """The reason at the end of a complaint, where it has one, as a line."""
    line = " ".join(complaint.split())
    reason = re.search(r"(\[Errno \d+\] [^()\"']+|Connection refused|timed out)", line)
    return reason[1].strip() if reason else line[:200]


class _Complaints(logging.Handler):
    """Keeps the first thing that OpenTelemetry's exporters complain of, in place of the screen."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.first = ""
        self._logger = logging.getLogger("opentelemetry")
        self._before = True
        self._listening = False

    def emit(self, record: logging.LogRecord) -> None:
        if not self.first and record.name.startswith("opentelemetry.exporter"):
            self.first = _brief(record.getMessage())

    def start(self) -> None:
        if not self._listening:
            self._listening = True
            self._before = self._logger.propagate
            self._logger.propagate = False
            self._logger.addHandler(self)

    def stop(self) -> None:
        if self._listening:
            self._listening = False
            self._logger.removeHandler(self)
            self._logger.propagate = self._before
