"""An agent as it is in one run: every option resolved to what its calls need."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from .agent import Agent, RateLimit
from .env import FileText, resolve_env
from .errors import ConfigError
from .models.base import Model, Usage

if TYPE_CHECKING:
    from .breaker import Breaker
    from .budget import Ledger
    from .models.prices import Price
    from .ratelimit import Limiter
    from .run import Run
    from .session import Session
    from .supervise import RunSupervision
    from .tools.registry import ToolSet

DEFAULT_MAX_TOKENS = 4096


class Target:
    """A model that calls go to, and the name that requests give it."""

    __slots__ = ("_price", "base_url", "limiters", "model", "name")

    def __init__(
        self,
        session: "Session",
        name: str,
        base_url: str | None,
        limiter: "Limiter | None",
        own: Model | None = None,
    ) -> None:
        self.model: Model
        if own is None:
            self.model, self.name = session.model(name, base_url)
        else:
            self.model, self.name = session.given(own), name
        self.base_url = base_url
        of_model = session.limiter(self.name) if session.settings.rate_limit is not None else None
        self.limiters: tuple[Limiter, ...] = tuple(
            one for one in (limiter, of_model) if one is not None
        )
        """The limit of the agent, and the one of the model that all its users share."""
        self._price: Price | Literal["unknown"] | None = "unknown"

    @property
    def price(self) -> "Price | None":
        """What the model's tokens cost, None where nobody knows."""
        if self._price == "unknown":
            from .models.prices import price_of

            self._price = price_of(self.name)
        return self._price

    def cost(self, usage: "Usage | None") -> int | None:
        """Micro-dollars; None where nobody knows the price."""
        if usage is None:
            return 0
        price = self.price
        return None if price is None else price.cost(usage)


class Member:
    """An agent in a run. Made at its first message; raises ConfigError when it has no model."""

    __slots__ = (
        "agent",
        "breaker",
        "fallback",
        "fresh",
        "has_board",
        "knowledge",
        "ledger",
        "max_skills",
        "max_tokens",
        "params",
        "plain",
        "retry",
        "skills",
        "summariser",
        "summarises",
        "supervisor",
        "system",
        "target",
        "temperature",
        "toolset",
    )

    def __init__(self, session: "Session", agent: Agent) -> None:
        settings = session.settings
        agent = resolve_env(agent, session.env)
        self.agent = agent
        name, base_url = model_of(session, agent)
        own = agent.llm if session.options.model is None else None
        limiter = None
        if agent.rate_limit is not None:
            limiter = limiter_for(agent.rate_limit, agent.name)
        self.target = Target(session, name, base_url, limiter, own)
        self.fallback: Target | None = None
        if agent.fallback_model is not None and session.options.model is None:
            self.fallback = Target(session, str(agent.fallback_model), base_url, limiter)
        self.max_tokens = max_tokens_of(session, agent)
        self.temperature = (
            settings.default_temperature if agent.temperature is None else agent.temperature
        )
        self.params: Mapping[str, Any] = agent.params or {}
        self.retry = agent.retry or settings.retry
        self.ledger: Ledger | None = None
        if agent.budget is not None:
            from .session import ledger

            budget = agent.budget
            self.ledger = ledger(
                budget.limit, on_exceed=budget.on_exceed, site=f"the agent {agent.name}"
            )
        self.supervisor: RunSupervision | None = None
        rules = agent.supervision or settings.supervision
        if rules is not None:
            from . import supervise

            self.supervisor = supervise.RunSupervision(agent.name, rules)
        self.breaker = _breaker(session, agent)
        limited = self.target.limiters
        self.plain = not (self.retry or self.fallback or self.breaker or limited)
        """Whether calls go straight to the model, budgets aside."""
        self.system = system_of(session, agent)
        self.knowledge = knowledge_of(session, agent)
        context = agent.context
        self.fresh = context is not None and context.strategy == "fresh"
        self.summarises = context is not None and context.strategy in ("summary", "hybrid")
        self.summariser: Target | None = None
        """The model that writes summaries in place of the agent's own."""
        if context is not None and context.model is not None and session.options.model is None:
            self.summariser = Target(session, str(context.model), base_url, limiter)
        self.has_board = agent.delegation is not None and agent.delegation.blackboard
        self.skills = session.skills(agent)
        chosen = agent.skills or settings.skills
        self.max_skills = 0 if chosen is None else chosen.max_active
        self.toolset: ToolSet | None = session.toolset(agent.tools)


def model_of(session: "Session", agent: Agent) -> tuple[str, str | None]:
    """The name of the agent's model and its endpoint in this run; the name is "" without one.

    A model given for the run replaces every agent's, and its endpoint with it.
    """
    options = session.options
    if options.model is not None:
        return options.model, None
    env = session.env
    base_url = resolve_env(agent.base_url, env)
    name = agent.model or session.settings.default_model
    if name is None and agent.llm is not None:
        name = type(agent.llm).__name__
    if name is None:
        name = env.get("VEGA_MODEL") or ("scripted" if options.provider is not None else "")
    return resolve_env(name, env), base_url


def max_tokens_of(session: "Session", agent: Agent) -> int:
    """The limit of one reply: the agent's own, else the run's, else VEGA_MAX_TOKENS, else 4096.

    Raises ConfigError for a VEGA_MAX_TOKENS that is no number.
    """
    if agent.max_tokens is not None:
        return agent.max_tokens
    if session.options.max_tokens is not None:
        return session.options.max_tokens
    given = session.env.get("VEGA_MAX_TOKENS") or str(DEFAULT_MAX_TOKENS)
    if not given.isdecimal() or int(given) < 1:
        raise ConfigError(f"VEGA_MAX_TOKENS must be a whole number from 1, not '{given}'")
    return int(given)


def system_of(session: "Session", agent: Agent) -> "str | Callable[[Run], str]":
    """The agent's instructions. Raises ConfigError for a file that cannot be read."""
    system = agent.system
    if callable(system):
        return system
    if isinstance(system, FileText):
        return _read(session, system.path, f"the agent {agent.name} cannot read its system prompt")
    if isinstance(system, tuple):
        parts: tuple[str | Callable[[Run], str], ...] = resolve_env(system, session.env)
        return lambda run: "".join([part if isinstance(part, str) else part(run) for part in parts])
    return resolve_env(system, session.env)


def _read(session: "Session", name: str, problem: str) -> str:
    try:
        return (session.root / name).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{problem} '{name}': {reason}") from error


def knowledge_of(session: "Session", agent: Agent) -> str:
    """The files an agent knows, for its system prompt. Raises ConfigError that lists bad ones."""
    parts: list[str] = []
    problems: list[str] = []
    for name in agent.knowledge:
        try:
            content = _read(session, name, f"the agent {agent.name} cannot read its knowledge")
            parts.append(f"# {name}\n\n{content}")
        except ConfigError as error:
            problems.append(error.message)
    if problems:
        raise ConfigError("\n".join(problems))
    return "\n\n".join(parts)


def _breaker(session: "Session", agent: Agent) -> "Breaker | None":
    config = agent.circuit_breaker or session.settings.circuit_breaker
    if config is None:
        return None
    from .breaker import Breaker
    from .events import BreakerChanged

    def opened(name: str) -> None:
        session.notice(f"too many calls of {name} failed; they are stopped for a while")
        session.emit(BreakerChanged(name, "open"))
        if config.on_open is not None:
            config.on_open(name)

    def closed(name: str) -> None:
        session.emit(BreakerChanged(name, "closed"))
        if config.on_close is not None:
            config.on_close(name)

    return Breaker(
        config.threshold,
        config.reset_after,
        config.half_open_max,
        agent.name,
        on_open=opened,
        on_close=closed,
    )


def limiter_for(limit: RateLimit, name: str) -> "Limiter":
    from .ratelimit import Limiter

    return Limiter(limit.requests_per_minute, limit.tokens_per_minute, limit.strategy, name)
