"""What is looked at when a run starts, so that nothing is missing after money has been spent."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .agent import Agent
from .env import env_texts, resolve_env
from .errors import ConfigError
from .member import knowledge_of, max_tokens_of, model_of, system_of

if TYPE_CHECKING:
    from .session import Session
    from .workflow import Workflow


def problems(session: "Session", workflow: "Workflow[Any, Any]") -> list[str]:
    """Everything that keeps the workflow from working, a line each, with its cure."""
    settings = session.program.settings
    found = [
        *_missing(session, [settings.replace(mcp=())], "the settings"),
        *_mcp(session, workflow),
    ]
    for agent in with_teams(session, workflow.agents):
        found += agent_problems(session, agent)
    found += _tool_problems(session, workflow.tools)
    problem = telemetry_problem(session)
    if problem is not None:
        found.append(problem)
    return list(dict.fromkeys(found))


def with_teams(session: "Session", agents: Sequence[Agent]) -> Iterator[Agent]:
    """Agents with all whom tasks handed on may reach, each once."""
    from .team import closure

    seen: set[str] = set()
    for agent in agents:
        if agent.name not in seen:
            seen.add(agent.name)
            yield agent
        if agent.team:
            for name in sorted(closure(session, agent.name) - seen):
                seen.add(name)
                yield session.agents[name]


def agent_problems(session: "Session", agent: Agent) -> list[str]:
    """Everything that keeps an agent from working, a line each, with its cure."""
    found = [*_team(session, agent), *_missing_env(session, agent)]
    if not found:  # what follows may come from the environment
        found += _model(session, agent)
        found += _files_and_tools(session, agent)
    return found


def _missing_env(session: "Session", agent: Agent) -> Iterator[str]:
    yield from _missing(session, [agent.replace(tools=None)], f"the agent {agent.name}")
    yield from _missing_env_of_tools(session, agent.tools or ())


def _missing_env_of_tools(session: "Session", tools: Sequence[Any]) -> Iterator[str]:
    for tool in tools:
        if hasattr(tool, "env_texts"):
            yield from _missing(session, list(tool.env_texts()), f"the tool {tool.name}")


def _tool_problems(session: "Session", tools: Sequence[Any]) -> list[str]:
    """What keeps the tools of single messages from working."""
    found = list(_missing_env_of_tools(session, tools))
    if not found:
        try:
            session.toolset(_local(tools))
        except ConfigError as error:
            found.append(error.message)
    return found


def _local(tools: Sequence[Any]) -> tuple[Any, ...]:
    """The tools that are there without any server."""
    return tuple(tool for tool in tools if not (isinstance(tool, str) and "__" in tool))


def _mcp(session: "Session", workflow: "Workflow[Any, Any]") -> Iterator[str]:
    """What keeps the MCP servers from being started that the workflow may need."""
    if session.mcp is None:
        return
    lists = [agent.tools for agent in with_teams(session, workflow.agents)]
    names = {name for tools in (*lists, workflow.tools) for name in session.mcp.names_for(tools)}
    if names:
        from .tools.mcp import missing_package

        problem = missing_package()
        if problem is not None:
            yield problem
    for server in session.mcp.declared(sorted(names)):
        yield from _missing(session, [server], f"the MCP server {server.name}")


def _missing(session: "Session", values: list[Any], owner: str) -> Iterator[str]:
    bad = False
    for text in env_texts(values):
        missing = text.missing(session.env)
        for name in missing:
            yield f"the environment variable {name} is not set; {owner} needs it"
        if not missing:
            try:
                text.resolve(session.env)
            except ValueError as error:
                bad = True
                yield f"{error}; {owner} needs it"
        bad = bad or bool(missing)
    if not bad:
        try:
            resolve_env(values, session.env)
        except ValueError as error:  # a number that the option cannot have
            yield f"{error}; {owner} has it from the environment"


def _model(session: "Session", agent: Agent) -> Iterator[str]:
    agent = resolve_env(agent, session.env)
    name, base_url = model_of(session, agent)
    if not name:
        yield (
            f"the agent {agent.name} has no model: give it one with `model:`, set "
            "`settings.default_model`, or start the run with --model or VEGA_MODEL"
        )
        return
    options = session.options
    if options.provider is None and options.replay is None:
        from .models.registry import check_model

        names = [name] if agent.llm is None or options.model is not None else []
        if agent.context is not None and agent.context.model and options.model is None:
            names.append(str(agent.context.model))
        if agent.fallback_model is not None and options.model is None:
            names.append(str(agent.fallback_model))
        for one in names:
            problem = check_model(one, session.env, base_url)
            if problem is not None:
                yield problem


def _files_and_tools(session: "Session", agent: Agent) -> Iterator[str]:
    agent = resolve_env(agent, session.env)
    for look in (
        lambda: max_tokens_of(session, agent),
        lambda: system_of(session, agent),
        lambda: knowledge_of(session, agent),
        lambda: session.toolset(_local(agent.tools or ())),
        lambda: session.skills(agent),
    ):
        try:
            look()
        except ConfigError as error:
            yield error.message


def _team(session: "Session", agent: Agent) -> Iterator[str]:
    for member in agent.team:
        name = member if isinstance(member, str) else member.name
        if name not in session.agents:
            yield (
                f"the agent {agent.name} has {name} in its team, and the workflow does not list "
                f"{name} among its agents"
            )


def telemetry_problem(session: "Session") -> str | None:
    """Why a run cannot be traced or counted as the settings ask, None where it can."""
    if not session.is_observed:
        return None
    tracing = metrics = None
    if session.options.telemetry:
        tracing, metrics = session.settings.tracing, session.settings.metrics
    wanted = {
        "tracing": session.options.trace is not None or bool(tracing and tracing.enabled),
        "otlp": bool(tracing and tracing.enabled and tracing.exporter == "otlp"),
        "metrics": bool(metrics and metrics.enabled),
    }
    from importlib.util import find_spec

    for what, package, distribution in (
        ("tracing", "opentelemetry.sdk", "opentelemetry-sdk"),
        ("metrics", "opentelemetry.sdk", "opentelemetry-sdk"),
        (
            "otlp",
            "opentelemetry.exporter.otlp.proto.http",
            "opentelemetry-exporter-otlp-proto-http",
        ),
        ("metrics", "opentelemetry.exporter.prometheus", "opentelemetry-exporter-prometheus"),
    ):
        try:
            there = find_spec(package) is not None
        except ModuleNotFoundError:
            there = False
        if wanted[what] and not there:
            name = "metrics" if what == "metrics" else "tracing"
            return (
                f"`{name}` needs the package {distribution}: install it with pip install "
                "'vegac[otel]', or set `enabled: false`"
            )
    return None
