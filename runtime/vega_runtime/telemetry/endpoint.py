"""The address at which Prometheus reads figures. It lasts as long as the process: figures add up
over its runs, and a run that ends leaves them to be read."""

from threading import Lock
from typing import Any

from ..errors import ConfigError

_lock = Lock()
_endpoints: "dict[int, Endpoint]" = {}


class Endpoint:
    """Figures, served at an address of this machine alone."""

    def __init__(self, port: int) -> None:
        from opentelemetry.exporter.prometheus import PrometheusMetricReader
        from opentelemetry.sdk.metrics import MeterProvider
        from prometheus_client import CollectorRegistry, start_http_server

        registry = CollectorRegistry()
        self.provider: Any = MeterProvider(
            [PrometheusMetricReader(registry=registry)], shutdown_on_exit=False
        )
        try:
            server, _ = start_http_server(port, "127.0.0.1", registry)
        except OSError as error:
            raise ConfigError(
                f"figures cannot be served at port {port}: {error.strerror}; "
                "`settings.metrics.port` names another one (0: any that is free)"
            ) from error
        self.address = f"http://127.0.0.1:{server.server_port}/metrics"


def endpoint_at(port: int) -> Endpoint:
    """The endpoint of a port, opened at its first use. Raises ConfigError for one that is taken."""
    with _lock:
        if port not in _endpoints:
            _endpoints[port] = Endpoint(port)
        return _endpoints[port]
