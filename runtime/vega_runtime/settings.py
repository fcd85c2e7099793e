"""The `settings` of a program. Money is in US dollars, times in seconds; paths are relative to the
program's folder."""

from collections.abc import Mapping
from typing import Any, Literal

from .agent import CircuitBreaker, RateLimit, Retry, Skills, Supervision
from .env import EnvText
from .frozen import Frozen
from .rules import at_least, one_of, rules

Text = str | EnvText


class Logging(Frozen):
    """What is logged, and the file it goes to."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    file: Text | None = None

    _rules = rules(level=one_of("debug", "info", "warning", "error"))


class Tracing(Frozen):
    """Whether and where runs are traced."""

    enabled: bool = True
    exporter: Literal["otlp", "json", "console"] = "otlp"
    endpoint: Text | None = None

    _rules = rules(exporter=one_of("otlp", "json", "console"))


class Metrics(Frozen):
    """Whether figures of runs are kept, and the port that serves them."""

    enabled: bool = True
    port: int | None = None


class McpServer(Frozen):
    """A server of tools, started as a command or reached by its address."""

    name: str
    transport: Literal["stdio", "http", "sse"] = "stdio"
    command: Text | None = None
    args: tuple[Text, ...] = ()
    env: Mapping[str, Any] | None = None
    url: Text | None = None
    headers: Mapping[str, Any] | None = None
    timeout: float | None = None


class MemorySettings(Frozen):
    """The file that holds what is remembered."""

    store: Text | None = None


class Settings(Frozen):
    """All settings that matter to a run.

    `rate_limit` holds for all models together, or is a map from a model's name to its own limit.
    """

    default_model: Text | None = None
    default_temperature: float | None = None
    api_key: Text | None = None
    sandbox: Text | None = None
    budget: float | None = None
    supervision: Supervision | None = None
    retry: Retry | None = None
    rate_limit: RateLimit | Mapping[str, RateLimit] | None = None
    circuit_breaker: CircuitBreaker | None = None
    logging: Logging | None = None
    tracing: Tracing | None = None
    metrics: Metrics | None = None
    mcp: tuple[McpServer, ...] = ()
    skills: Skills | None = None
    memory: MemorySettings | None = None
    schedule: Literal["sequential", "auto"] = "sequential"
    max_processes: int | None = None

    _rules = rules(
        budget=at_least(0),
        schedule=one_of("sequential", "auto"),
        max_processes=at_least(0),
    )
