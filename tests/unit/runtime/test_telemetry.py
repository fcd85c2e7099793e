"""Traces and figures of runs."""

import asyncio
import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from vega_runtime import (
    Agent,
    CircuitBreaker,
    ConfigError,
    Metrics,
    ModelError,
    Orchestrator,
    Retry,
    Run,
    RunOptions,
    Settings,
    Supervision,
    Tracing,
    env_text,
    program,
    workflow,
)
from vega_runtime.events import ModelStarted, Notice, Restarted
from vega_runtime.models.scripted import ScriptedModel

pytest.importorskip("opentelemetry.sdk")
pytest.importorskip("opentelemetry.exporter.prometheus")

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter,
)

TRACED = Settings(tracing=Tracing(exporter="console"))


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """The spans that a host program with a provider of its own gets."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return exporter


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"tool_calls": [{"name": name, "arguments": arguments}]}


def flow(agent: Agent, settings: Settings = TRACED, message: str = "hi") -> Any:
    made = program("t.vega.yaml", settings=settings)

    @workflow(made, "inner", agents=[agent])
    async def inner(run: Run) -> str:
        return await run.send("inner/a", agent, message)

    @workflow(made, "outer", agents=[agent])
    async def outer(run: Run) -> str:
        return await run.call("outer/inner", inner)

    made.places(sites={"inner/a": ("t.vega.yaml", 7, 9)})
    return outer


def agent(**options: Any) -> Agent:
    return Agent("A", model="claude-haiku-4-5", **options)


def by_name(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    return dict(span.attributes or {})


def parents(exporter: InMemorySpanExporter) -> dict[str, str]:
    found = exporter.get_finished_spans()
    names = {span.context.span_id: span.name for span in found if span.context is not None}
    return {span.name: names[span.parent.span_id] if span.parent else "" for span in found}


def test_a_run_is_a_tree_of_spans(play: Any, spans: InMemorySpanExporter, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("secret content")
    script = [
        {"reply": call("read_file", path="a.txt"), "usage": {"input_tokens": 10}},
        {"reply": "done", "usage": {"input_tokens": 100, "output_tokens": 7}},
    ]
    reader = agent(tools=("read_file",), temperature=0.5, max_tokens=50)
    played = play(flow(reader), script, sandbox=tmp_path, run_id="r1")
    assert played.output == "done"
    assert parents(spans) == {
        "run outer": "",
        "invoke_workflow outer": "run outer",
        "invoke_workflow inner": "invoke_workflow outer",
        "invoke_agent A": "invoke_workflow inner",
        "chat claude-haiku-4-5": "invoke_agent A",
        "execute_tool read_file": "invoke_agent A",
    }
    found = by_name(spans)
    assert attributes(found["run outer"])["vega.run.id"] == "r1"
    step = attributes(found["invoke_agent A"])
    assert step["gen_ai.operation.name"] == "invoke_agent"
    assert (step["vega.source.file"], step["vega.source.line"]) == ("t.vega.yaml", 7)
    assert step["gen_ai.usage.input_tokens"] == 110
    assert step["vega.cost"] == pytest.approx(110e-6 + 35e-6)
    chat = found["chat claude-haiku-4-5"]
    assert chat.kind.name == "CLIENT"
    assert attributes(chat) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.agent.name": "A",
        "gen_ai.request.model": "claude-haiku-4-5",
        "gen_ai.request.max_tokens": 50,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.stream": False,
        "gen_ai.response.finish_reasons": ("end_turn",),
        "gen_ai.response.id": "scripted-2",
        "gen_ai.response.model": "claude-haiku-4-5",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 7,
        "vega.cost": pytest.approx(135e-6),
    }
    tool = attributes(found["execute_tool read_file"])
    assert tool["gen_ai.tool.name"] == "read_file"
    assert tool["gen_ai.tool.call.id"]
    said = json.dumps([json.loads(span.to_json()) for span in spans.get_finished_spans()])
    assert "secret content" not in said
    assert '"hi"' not in said


def test_attempts_are_one_span(play: Any, spans: InMemorySpanExporter) -> None:
    script = [{"error": "overloaded", "times": 2}, {"reply": "ok"}]
    played = play(flow(agent(retry=Retry(max_attempts=3, initial=0.1))), script)
    assert played.output == "ok"
    chats = [span for span in spans.get_finished_spans() if span.name.startswith("chat")]
    assert len(chats) == 1
    assert attributes(chats[0])["vega.retries"] == 2
    assert chats[0].status.is_ok
    step = by_name(spans)["invoke_agent A"]
    assert [event.name for event in step.events] == ["vega.retry", "vega.retry"]


def test_a_failure_is_told_with_its_kind(play: Any, spans: InMemorySpanExporter) -> None:
    played = play(flow(agent()), [{"error": "authentication"}])
    assert played.error is not None
    for span in spans.get_finished_spans():
        assert not span.status.is_ok
        assert attributes(span)["error.type"] == "authentication"


CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


def test_content_is_recorded_when_asked_for_and_secrets_never(
    play: Any, spans: InMemorySpanExporter
) -> None:
    env = {CAPTURE: "true", "MY_TOKEN": "open sesame", "OTHER": "harmless"}
    message = f"use open sesame, sk-ant-{'x' * 20} and harmless"
    script = [{"reply": call("read_file", path="open sesame")}, {"reply": "I say open sesame"}]
    play(flow(agent(tools=("read_file",), system="open sesame"), message=message), script, env=env)
    said = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "use ***, *** and harmless" in said
    assert "I say ***" in said
    assert "open sesame" not in said
    assert "sk-ant" not in said


def test_what_a_host_traces_belongs_to_the_step(spans: InMemorySpanExporter, play: Any) -> None:
    def tool() -> str:
        """A tool of the host."""
        with trace.get_tracer_provider().get_tracer("host").start_as_current_span("of the host"):
            return "x"

    script = [{"reply": call("tool")}, {"reply": "done"}]
    play(flow(agent(tools=(tool,))), script)
    assert parents(spans)["of the host"] == "execute_tool tool"


def test_branches_and_teams_have_their_own_spans(play: Any, spans: InMemorySpanExporter) -> None:
    lead = Agent("Lead", model="scripted", team=("A", "B"))
    members = [Agent(name, model="scripted") for name in ("A", "B")]

    @workflow(program("t.vega.yaml", settings=TRACED), "w", agents=[lead, *members])
    async def works(run: Run) -> str:
        return await run.send("w/lead", lead, "go")

    tasks = [
        {"name": "delegate", "arguments": {"agent": name, "message": name}} for name in ("A", "B")
    ]
    play(works, [{"reply": {"tool_calls": tasks}}, {"reply": "echo", "times": "always"}])
    found = spans.get_finished_spans()
    ids = {span.context.span_id: span.name for span in found if span.context}
    for name in ("A", "B"):
        span = next(span for span in found if span.name == f"invoke_agent {name}")
        assert span.parent is not None
        assert ids[span.parent.span_id] == "execute_tool delegate"


def test_a_cancelled_run_leaves_no_span_open(spans: InMemorySpanExporter) -> None:
    async def main() -> None:
        script = ScriptedModel([{"reply": "late", "delay": 1000}])
        began = asyncio.Event()

        def observe(event: Any) -> None:
            if isinstance(event, ModelStarted):
                began.set()

        options = RunOptions(provider=lambda _: script, observers=(observe,))
        task = asyncio.create_task(flow(agent()).execute({}, options))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert {span.name for span in spans.get_finished_spans()} == {
        "run outer", "invoke_workflow outer", "invoke_workflow inner", "invoke_agent A",
        "chat claude-haiku-4-5",
    }  # fmt: skip


# Exporters


def test_json_lines_in_a_file(play: Any, tmp_path: Path) -> None:
    settings = Settings(tracing=Tracing(exporter="json", endpoint="out/spans.jsonl"))
    for _ in range(2):
        play(flow(agent(), settings), [{"reply": "ä"}], root=tmp_path)
    lines = (tmp_path / "out" / "spans.jsonl").read_text("utf-8").splitlines()
    names = [json.loads(line)["name"] for line in lines]
    assert len(names) == 10
    assert names[:2] == ["chat claude-haiku-4-5", "invoke_agent A"]


def test_a_trace_of_one_run(play: Any, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    for _ in range(2):
        play(flow(agent(), Settings()), [{"reply": "x"}], trace=file)
    assert len(file.read_text().splitlines()) == 5


def test_spans_on_the_console(play: Any, capfd: pytest.CaptureFixture[str]) -> None:
    play(flow(agent()), [{"reply": "x"}])
    assert "trace chat claude-haiku-4-5" in capfd.readouterr().err


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://x", "nonsense"])
def test_an_endpoint_must_be_an_address(play: Any, endpoint: str) -> None:
    settings = Settings(tracing=Tracing(endpoint=endpoint))
    played = play(flow(agent(), settings), [{"reply": "x"}])
    assert isinstance(played.error, ConfigError)
    assert endpoint in str(played.error)


def test_a_name_that_is_missing_is_told(play: Any) -> None:
    settings = Settings(tracing=Tracing(endpoint=env_text("${COLLECTOR}")))
    played = play(flow(agent(), settings), [{"reply": "x"}])
    assert isinstance(played.error, ConfigError)
    assert "the environment variable COLLECTOR is not set" in str(played.error)


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A receiver of OTLP over HTTP on this machine: its address, and what it got."""
    got: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    thread.join()
    server.server_close()


def test_spans_and_figures_go_to_a_collector(play: Any, collector: Any) -> None:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    address, got = collector
    settings = Settings(tracing=Tracing(endpoint=address), metrics=Metrics())
    played = play(flow(agent(), settings), [{"reply": "x"}])
    assert played.output == "x"
    bodies = dict(got)
    assert set(bodies) == {"/v1/traces", "/v1/metrics"}
    traces = ExportTraceServiceRequest.FromString(_plain(bodies["/v1/traces"]))
    resource = traces.resource_spans[0]
    names = {span.name for scope in resource.scope_spans for span in scope.spans}
    assert "chat claude-haiku-4-5" in names
    assert any(one.key == "service.name" for one in resource.resource.attributes)
    metrics = ExportMetricsServiceRequest.FromString(_plain(bodies["/v1/metrics"]))
    figures = {
        metric.name
        for resource in metrics.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert {"vega.model.calls", "gen_ai.client.token.usage", "vega.runs"} <= figures


def _plain(body: bytes) -> bytes:
    import gzip

    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def test_a_collector_that_is_not_there_does_no_harm(
    play: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(tracing=Tracing(endpoint="http://127.0.0.1:9"))
    played = play(flow(agent(), settings), [{"reply": "x"}])
    assert played.output == "x"
    notices = [event.message for event in played.of(Notice)]
    assert any("could not be delivered" in notice for notice in notices)
    assert "Traceback" not in capfd.readouterr().err


# Figures


def test_prometheus_reads_the_figures(play: Any) -> None:
    settings = Settings(metrics=Metrics(port=0))
    failing = agent(
        retry=Retry(max_attempts=2, initial=0.1),
        supervision=Supervision(),
        circuit_breaker=CircuitBreaker(threshold=4),
    )
    script = [{"error": "overloaded", "times": 4}, {"reply": "never"}]
    made = flow(failing, settings)
    for _ in range(2):
        played = play(made, script)
    address = next(
        event.message.rpartition(" ")[2] for event in played.of(Notice) if "http" in event.message
    )
    assert address.startswith("http://127.0.0.1:")
    text = urllib.request.urlopen(address).read().decode()
    lines = dict(line.rpartition(" ")[::2] for line in text.splitlines() if line and line[0] != "#")

    def total(name: str, *labels: str) -> float:
        return sum(
            float(value)
            for line, value in lines.items()
            if line.startswith(name + "{") and all(label in line for label in labels)
        )

    assert total("vega_model_calls_total", 'error_type="overloaded"') == 4
    assert total("vega_retries_total") == 2
    assert total("vega_restarts_total", 'gen_ai_agent_name="A"') == 2
    assert total("vega_runs_total", 'gen_ai_workflow_name="outer"') == 2
    assert total("vega_run_duration_seconds_count") == 2


def test_an_open_breaker_is_told(play: Any) -> None:
    from vega_runtime.events import BreakerChanged

    failing = agent(retry=Retry(max_attempts=2, initial=0.1), circuit_breaker=CircuitBreaker(2))
    played = play(flow(failing, Settings()), [{"error": "overloaded", "times": "always"}])
    assert [event.state for event in played.of(BreakerChanged)] == ["open"]


def test_a_port_that_is_taken_is_told(play: Any, collector: Any) -> None:
    port = int(collector[0].rpartition(":")[2])
    played = play(flow(agent(), Settings(metrics=Metrics(port=port))), [{"reply": "x"}])
    assert isinstance(played.error, ConfigError)
    assert f"port {port}" in str(played.error)


async def test_processes_are_traced_and_their_restarts_counted(
    spans: InMemorySpanExporter,
) -> None:
    script = ScriptedModel([{"error": "overloaded"}, {"reply": "x"}])
    seen: list[Any] = []
    options = RunOptions(provider=lambda _: script, observers=(seen.append,))
    async with Orchestrator(TRACED, options) as orchestrator:
        process = orchestrator.spawn(agent(supervision=Supervision()), name="worker")
        again = asyncio.Event()
        orchestrator.on_restarted(lambda _: again.set())
        with pytest.raises(ModelError):
            await process.send("hi")
        await again.wait()
        assert await process.send("hi") == "x"
    assert [event.agent for event in seen if isinstance(event, Restarted)] == ["worker"]
    names = [span.name for span in spans.get_finished_spans()]
    assert names.count("invoke_agent A") == 2


# Costs nothing when off


def test_off_it_is_not_imported() -> None:
    code = (
        "import asyncio, sys\n"
        "from vega_runtime import Agent, Metrics, Run, RunOptions, Settings, Tracing\n"
        "from vega_runtime import program, workflow\n"
        "from vega_runtime.models.scripted import ScriptedModel\n"
        "settings = Settings(tracing=Tracing(enabled=False), metrics=Metrics(enabled=False))\n"
        "a = Agent('A', model='scripted')\n"
        "script = ScriptedModel([{'reply': 'x'}])\n"
        "@workflow(program('p', settings=settings), 'w', agents=[a])\n"
        "async def w(run: Run): return await run.send('w/a', a, 'hi')\n"
        "options = RunOptions(provider=lambda _: script)\n"
        "assert asyncio.run(w.with_options(options)()) == 'x'\n"
        "assert not [m for m in sys.modules if 'opentelemetry' in m or 'telemetry' in m]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_missing_is_told_before_the_first_call(
    play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for settings in (TRACED, Settings(metrics=Metrics())):
        played = play(flow(agent(), settings), [{"reply": "x"}])
        assert isinstance(played.error, ConfigError)
        assert "pip install 'vegac[otel]'" in str(played.error)
        assert played.requests == []
    assert play(flow(agent()), [{"reply": "x"}], telemetry=False).output == "x"
