"""What all parts of one run share: its options, its agents, its models and its observers."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .agent import Agent, RateLimit
from .env import env_texts, resolve_env
from .errors import ConfigError
from .events import Notice
from .models.base import Model, Usage
from .options import Observer, RunOptions
from .program import Program
from .settings import Settings, Skills

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from .ask import Asker
    from .blackboard import Blackboard
    from .budget import Ledger
    from .logs import RunLog
    from .member import Member
    from .memory import Memory, MemoryStore
    from .models.record import Recording, Replay
    from .ratelimit import Limiter
    from .skills import Skill
    from .telemetry import Telemetry
    from .tools.definition import ToolContext
    from .tools.mcp import McpServers
    from .tools.registry import ToolSet
    from .tools.sandbox import Sandbox
    from .workflow import Workflow

T = TypeVar("T")

MAX_DEPTH = 100
"""How deep workflows may call each other."""


class Session:
    """One run from its start to its end. `async with` it; leaving releases what it opened."""

    def __init__(self, program: Program, options: RunOptions) -> None:
        self.program = program
        self.options = options
        self.env: Mapping[str, str] = _environment(program, options)
        self.settings = _resolved(program, self.env)
        self.log = self._log()
        self.observers: tuple[Observer, ...] = options.observers
        if self.log is not None:
            self.observers += (self.log,)
        self.ledgers: tuple[Ledger, ...] = (*self._outer_ledgers(), *self._run_ledgers())
        self.started = 0.0
        self.usage = Usage()
        self.cost: int | None = 0
        self.processes = 0
        """How many agent processes are alive, counted where `max_processes` is set."""
        self.turn: Callable[[tuple[int, ...]], Awaitable[None]] | None = None
        """Waits until it is a branch's turn, on a loop that starts ready sends in program order."""
        self._run_id = options.run_id
        self._admitted: set[str] = set()
        self._checked: set[str] = set()
        self._members: dict[str, Member] = {}
        self._models: dict[tuple[str, ...], Model] = {}
        self._limiters: dict[str, Limiter] = {}
        self._toolsets: dict[tuple[Any, ...], ToolSet] = {}
        self._noted: set[str] = set()
        self.agents: dict[str, Agent] = {}
        """The agents that tasks may be handed to, by name."""
        self._boards: dict[str, Blackboard] = {}
        self._skills: dict[Skills, tuple[Skill, ...]] = {}
        self._random: Random | None = None
        self._asker: Asker | None = None
        self._memory: Memory | None = None
        self._telemetry: Telemetry | None = None

    async def __aenter__(self) -> "Session":
        loop = asyncio.get_running_loop()
        self.started = loop.time()
        self.turn = getattr(loop, "turn", None)
        self.open_telemetry()
        return self

    def open_telemetry(self) -> None:
        """Let the run be traced and counted, where the settings say so. Raises ConfigError."""
        if self._telemetry is not None or not self.is_observed:
            return
        if next(env_texts([self.settings.tracing, self.settings.metrics]), None) is not None:
            return  # the checks of the run report the name that is missing
        from .checks import telemetry_problem

        problem = telemetry_problem(self)
        if problem is not None:
            raise ConfigError(problem)
        from .telemetry import open_telemetry

        self._telemetry = open_telemetry(self)
        self.observers += tuple(self._telemetry.observers)

    @property
    def is_observed(self) -> bool:
        """Whether the settings, or the options of the run, ask for traces or figures."""
        tracing, metrics = self.settings.tracing, self.settings.metrics
        wanted = (tracing and tracing.enabled) or (metrics and metrics.enabled)
        return self.options.trace is not None or bool(self.options.telemetry and wanted)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._close()
        finally:
            if self._telemetry is not None:
                telemetry, self._telemetry = self._telemetry, None
                for problem in await asyncio.to_thread(telemetry.close):
                    self.notice(problem)

    async def _close(self) -> None:
        try:
            if self.mcp is not None:
                await self.mcp.close()
        finally:  # ending the servers may be cut short
            if self._memory is not None:
                await self._memory.close()
            if self.log is not None:
                self.log.close()
            for name, model in self._models.items():
                try:
                    await model.close()
                except Exception:  # the others want to be closed too
                    import logging

                    logging.getLogger("vega").exception("the model %s was not closed", name[0])
            if self.options.record is not None and self.recording is not None:
                self.recording.close()

    def _log(self) -> "RunLog | None":
        logging = self.settings.logging
        if logging is None:
            return None
        from .logs import RunLog

        if logging.file is None:
            return RunLog(logging.level, None)
        try:
            return RunLog(logging.level, self.root / str(logging.file))
        except OSError as error:
            raise ConfigError(f"the log {logging.file} cannot be written: {error}") from error

    # Identity

    @property
    def run_id(self) -> str:
        if self._run_id is None:
            from uuid import uuid4

            self._run_id = str(uuid4())
        return self._run_id

    @property
    def random(self) -> "Random":
        """The source of jitter, made when it is first needed."""
        if self._random is None:
            from random import Random

            self._random = Random(self.options.seed)
        return self._random

    # Events

    def emit(self, event: Any) -> None:
        """Tell the observers. One that fails is reported to the log and is not called again."""
        for observer in self.observers:
            try:
                observer(event)
            except Exception:
                import logging

                self.observers = tuple(one for one in self.observers if one is not observer)
                logging.getLogger("vega").exception(
                    "an observer failed on %s", type(event).__name__
                )

    def notice(self, message: str) -> None:
        """Say something to the person who runs the program, once."""
        if message not in self._noted:
            self._noted.add(message)
            if self.observers:
                self.emit(Notice(message))

    # Agents and models

    def admit(self, workflow: "Workflow[Any, Any]") -> None:
        """Check that everything the workflow's agents need is there, before their first call.

        Raises ConfigError that lists all that is missing.
        """
        if workflow.name in self._admitted:
            return
        from .checks import problems

        for agent in workflow.agents:
            self.introduce(agent)
        found = problems(self, workflow)
        if found:
            raise ConfigError("\n".join(found))
        self._admitted.add(workflow.name)
        self._checked.update(agent.name for agent in workflow.agents)

    def introduce(self, agent: Agent) -> None:
        """Let tasks be handed to an agent, and to those members of its team that are given as
        agents and not by name."""
        if agent.name in self.agents:
            return
        self.agents[agent.name] = agent
        for one in agent.team:
            if isinstance(one, Agent):
                self.introduce(one)

    def board(self, lead: str) -> "Blackboard":
        """The blackboard of an agent's team in this run."""
        if lead not in self._boards:
            from .blackboard import Blackboard

            self._boards[lead] = Blackboard()
        return self._boards[lead]

    def skills(self, agent: Agent) -> "tuple[Skill, ...]":
        """The skills of an agent. Raises ConfigError that lists what is wrong with them."""
        config = agent.skills or self.settings.skills
        if config is None:
            return ()
        if config not in self._skills:
            from .skills import load_skills

            self._skills[config] = load_skills(self.root, config)
        return self._skills[config]

    def member(self, agent: Agent) -> "Member":
        """The agent as it is in this run: its model, limits and tools.

        Raises ConfigError for one that was not checked before and lacks something.
        """
        member = self._members.get(agent.name)
        if member is None:
            from .member import Member

            self.introduce(agent)
            if agent.name not in self._checked:
                from .checks import agent_problems

                found = agent_problems(self, agent)
                if found:
                    raise ConfigError("\n".join(found))
            member = self._members[agent.name] = Member(self, agent)
        return member

    def model(self, name: str, base_url: str | None) -> tuple[Model, str]:
        """The model for a name, and the name to call it by; one for all that can share it.

        Raises ConfigError when there is none of that name or its key is missing.
        """
        if self.replay is not None:
            return self.replay, name
        provider = self.options.provider
        key: tuple[str, ...] = (name,)
        if provider is not None:
            if key not in self._models:
                self._models[key] = self._recorded(provider(name))
            return self._models[key], name
        from .models.registry import model_for, target_of

        target = target_of(name, self.env, base_url)
        key = target.connection
        if key not in self._models:
            made = model_for(name, base_url=base_url, env=self.env)
            self._models[key] = self._recorded(made)
            if target.provider == "local":
                from .models.local import notice_of

                remark = notice_of(name)
                if remark is not None:
                    self.notice(remark)
        return self._models[key], target.model

    # Recordings

    @cached_property
    def replay(self) -> "Replay | None":
        """The recording that stands in for all models. Raises ConfigError if it is unreadable."""
        if self.options.replay is None:
            return None
        from .models.record import Replay

        return Replay(self.options.replay)

    @cached_property
    def recording(self) -> "Recording | None":
        """The recording that is being written."""
        if self.options.record is None:
            return None
        from .models.record import Recording

        return Recording(self.options.record)

    def given(self, model: Model) -> Model:
        """A model that the program brings along, recorded and replayed like any other."""
        return self._recorded(model) if self.replay is None else self.replay

    def _recorded(self, model: Model) -> Model:
        if self.recording is None:
            return model
        from .models.record import Recorder

        return Recorder(model, self.recording)

    def noted(self, kind: str, key: str, read: Callable[[], T]) -> T:
        """What `read` gives, or gave when the run was recorded: a date, a random value."""
        if self.replay is not None:
            return self.replay.noted(kind, key)
        value = read()
        if self.recording is not None:
            self.recording.note(kind, key, value)
        return value

    async def noted_later(self, kind: str, key: str, read: Callable[[], Awaitable[T]]) -> T:
        """`noted` for what takes time: an answer of a person, a value of the memory."""
        if self.replay is not None:
            return self.replay.noted(kind, key)
        value = await read()
        if self.recording is not None:
            self.recording.note(kind, key, value)
        return value

    def limiter(self, model: str) -> "Limiter | None":
        """The limit that the settings put on a model, shared by all agents that use it; it is the
        same one for all models where the settings do not tell them apart."""
        limits = self.settings.rate_limit
        if isinstance(limits, RateLimit):
            limit, model = limits, "all models"
        else:
            limit = (limits or {}).get(model)
        if limit is None:
            return None
        if model not in self._limiters:
            from .member import limiter_for

            self._limiters[model] = limiter_for(limit, model)
        return self._limiters[model]

    # Files and tools

    @cached_property
    def root(self) -> "Path":
        """The program's folder."""
        from pathlib import Path

        return self.options.root or Path.cwd()

    @cached_property
    def sandbox(self) -> "Sandbox":
        """The files that tools may touch, by default the folder `workspace` of the program."""
        from .tools.sandbox import Sandbox

        folder = self.root / str(self.settings.sandbox or "workspace")
        return Sandbox(self.options.sandbox or folder)

    @cached_property
    def tool_context(self) -> "ToolContext":
        """What tools may use of this run."""
        from .tools.definition import ToolContext

        return ToolContext(
            sandbox=self.sandbox,
            env=self.env,
            memory=self.memory,
            ask=self.asker.ask,
            root=self.root,
        )

    @cached_property
    def mcp(self) -> "McpServers | None":
        """The MCP servers of the program, started as they are needed; None where it has none."""
        servers = self.program.settings.mcp
        if not servers:
            return None
        from .tools.mcp import McpServers

        return McpServers(servers, self.env, self.root, self.notice)

    def toolset(self, tools: tuple[Any, ...] | None) -> "ToolSet | None":
        """The tools of a list, ready to be called. Raises ConfigError for what cannot work.

        None stands for the tools of all MCP servers. Servers must have been started
        (`McpServers.need`), else their tools are not found.
        """
        if tools is not None:
            tools = tuple(tools)  # a list would be no key
        available = None
        if self.mcp is not None:
            tools = self.mcp.entries(tools)
            available = self.mcp.tools
        if not tools:
            return None
        found = self._toolsets.get(tools)
        if found is None:
            from .tools.registry import resolve

            found = self._toolsets[tools] = resolve(tools, self.tool_context, available)
            for remark in filter(None, (tool.remark() for tool in found)):
                self.notice(remark)
        return found

    def _outer_ledgers(self) -> "tuple[Ledger, ...]":
        """The budgets that whoever starts the run has around it."""
        budgets = sys.modules.get("vega_runtime.budget")  # who has one has loaded it
        return () if budgets is None else budgets.around()

    def _run_ledgers(self) -> "tuple[Ledger, ...]":
        limits = [
            (limit, site)
            for limit, site in (
                (self.settings.budget, "the program's settings"),
                (self.options.budget, "the run"),
            )
            if isinstance(limit, int | float)
        ]
        return tuple(ledger(limit, site=site) for limit, site in limits)

    # People and memory

    @property
    def asker(self) -> "Asker":
        if self._asker is None:
            from .ask import Asker

            self._asker = Asker(self.options.answers, self.options.ask)
        return self._asker

    @property
    def memory(self) -> "MemoryStore":
        given = self.options.memory
        if given is not None and not isinstance(given, os.PathLike):
            return given
        if self._memory is None:
            from .memory import Memory, memory_file

            self._memory = Memory(given or memory_file(self.root, self.settings.memory))
        return self._memory


def ledger(limit: float, *, site: str, on_exceed: Any = "block") -> "Ledger":
    """A budget of so many US dollars."""
    from .budget import Ledger

    return Ledger(round(limit * 1_000_000), on_exceed, site)


def _resolved(program: Program, env: Mapping[str, str]) -> Settings:
    """The settings with values of the environment in place, if they are all there; what is
    missing is reported by the checks of the run."""
    # Servers that no agent uses may lack what they need.
    settings = program.settings.replace(mcp=()) if program.settings.mcp else program.settings
    try:
        return resolve_env(settings, env)
    except (KeyError, ValueError):
        return program.settings


def _environment(program: Program, options: RunOptions) -> Mapping[str, str]:
    env: Mapping[str, str] = os.environ
    if options.env is not None:
        env = {**os.environ, **options.env}
    key = program.settings.api_key
    if key is not None and not env.get("ANTHROPIC_API_KEY"):
        try:
            return {**env, "ANTHROPIC_API_KEY": resolve_env(key, env)}
        except (KeyError, ValueError):
            return env  # the check of the run reports the missing name
    return env
