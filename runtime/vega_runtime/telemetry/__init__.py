"""Traces and figures of runs, through OpenTelemetry (extra `otel`).

Nothing here is imported unless `settings.tracing` or `settings.metrics` ask for it.
"""

from .setup import Telemetry, open_telemetry

__all__ = ["Telemetry", "open_telemetry"]
