"""What an agent is: its model, its instructions, its tools and the limits of its calls."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from .env import EnvText, FileText
from .frozen import Frozen
from .rules import a_model, above, at_least, listed, made_of, one_of, rules, some_of

if TYPE_CHECKING:
    from .run import Run

Text = str | EnvText
Transient = Literal["rate_limit", "overloaded", "timeout", "temporary"]
TRANSIENT: tuple[Transient, ...] = ("rate_limit", "overloaded", "timeout", "temporary")
BACKOFFS = ("exponential", "linear", "constant")


class Retry(Frozen):
    """How often and when to try again. Times are in seconds; `jitter` is a share of the wait.

    `max_attempts` counts the first try. Only errors of the kinds in `retry_on` are tried again.
    """

    max_attempts: int = 3
    backoff: Literal["exponential", "linear", "constant"] = "exponential"
    initial: float = 1.0
    max: float = 30.0
    jitter: float = 0.1
    retry_on: tuple[Transient, ...] = TRANSIENT

    _rules = rules(
        max_attempts=at_least(1),
        backoff=one_of(*BACKOFFS),
        initial=at_least(0),
        max=at_least(0),
        jitter=at_least(0),
        retry_on=some_of(*TRANSIENT),
    )


class Budget(Frozen):
    """The most that calls may cost, in US dollars, and what happens then.

    `block` keeps calls within the limit, `warn` lets them pass and says so, `allow` lets them pass.
    """

    limit: float
    on_exceed: Literal["block", "warn", "allow"] = "block"

    _rules = rules(limit=at_least(0), on_exceed=one_of("block", "warn", "allow"))


class RateLimit(Frozen):
    """How many requests and tokens a minute may be sent.

    Over the limit, `queue` waits in turn, `reject` raises RateLimited, and `backpressure` waits
    too, and holds everybody back when the provider itself says that its limit is reached.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    strategy: Literal["queue", "reject", "backpressure"] = "queue"

    _rules = rules(
        requests_per_minute=above(0),
        tokens_per_minute=above(0),
        strategy=one_of("queue", "reject", "backpressure"),
    )


class CircuitBreaker(Frozen):
    """After `threshold` failures in a row, calls are refused for `reset_after` seconds; then up to
    `half_open_max` calls probe whether the model answers again. `on_open(agent)` and
    `on_close(agent)` are called with the agent's name; one that fails is logged and does no harm.
    """

    threshold: int = 5
    reset_after: float = 30.0
    half_open_max: int = 1
    on_open: Callable[[str], object] | None = None
    on_close: Callable[[str], object] | None = None

    _rules = rules(
        threshold=at_least(1),
        reset_after=at_least(0),
        half_open_max=at_least(1),
    )


class Context(Frozen):
    """How much of the conversation goes along with a message.

    `conversation`: all of it; `fresh`: none; `window`: the last `limit` messages; `tokens`: the
    last messages of about `limit` tokens. `summary` and `hybrid`: all of it, until it has more than
    about `limit` tokens; then the model writes a summary of the older turns. Turns of half of the
    limit stay as they are with `summary`, and those of the last `keep` messages with `hybrid`.
    `model` writes the summaries in place of the agent's own.
    """

    strategy: Literal["conversation", "fresh", "window", "tokens", "summary", "hybrid"] = (
        "conversation"
    )
    limit: int | None = None
    keep: int | None = None
    model: Text | None = None

    _rules = rules(
        strategy=one_of("conversation", "fresh", "window", "tokens", "summary", "hybrid"),
        limit=at_least(1),
        keep=at_least(0),
    )


class Supervision(Frozen):
    """What happens to an agent's process that fails. `window` is in seconds, and `backoff` a map of
    `type` (exponential, linear or constant), `initial` and `max` (seconds), `multiplier` and
    `jitter` (a share of the pause).

    More than `max_restarts` restarts in a `window` end it (-1: no limit). The callbacks are for
    processes of an `Orchestrator`: `on_failure(process, error)` at each failure,
    `on_restart(process, number)` before a restart, `on_give_up(process, error)` where restarts end,
    and `on_child_escalation(process, child, error)` when a child passes its failure up; one that
    returns True has dealt with it.
    """

    strategy: Literal["restart", "stop", "escalate", "restart_all"] = "restart"
    max_restarts: int = 3
    window: float = 600.0
    backoff: Mapping[str, Any] | None = None
    on_failure: Callable[[Any, Any], object] | None = None
    on_restart: Callable[[Any, int], object] | None = None
    on_give_up: Callable[[Any, Any], object] | None = None
    on_child_escalation: Callable[[Any, Any, Any], object] | None = None

    _rules = rules(
        strategy=one_of("restart", "stop", "escalate", "restart_all"),
        max_restarts=at_least(-1),
        window=above(0),
        backoff=made_of(
            {
                "type": one_of(*BACKOFFS),
                "initial": at_least(0),
                "multiplier": at_least(0),
                "max": at_least(0),
                "jitter": at_least(0),
            }
        ),
    )


class Skills(Frozen):
    """Where an agent finds skills, and which of them."""

    directories: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_active: int = 3


class Delegation(Frozen):
    """How an agent hands tasks to its team: how many of the latest messages of its conversation go
    along, and whose, and whether there is a blackboard. Without it, nothing goes along."""

    context_window: int = 10
    include_roles: tuple[str, ...] = ("user", "assistant")
    blackboard: bool = False


class Agent(Frozen):
    """An agent. Two agents of one name are the same process within a run.

    `model` is a model's name; without one the run needs a default. `fallback_model` is tried
    when the retries on `model` are used up. `system` is a text, a file, a function of the run
    that is called for each message, or a tuple of texts and functions. `max_tokens` limits one
    reply, `max_iterations` the rounds of tool calls for one message. `budget` counts all calls of
    the agent in one run.
    `params` go to the provider as they are; `base_url` is the endpoint of an OpenAI-compatible
    server. `tools` None gives the tools of the declared MCP servers, () none. `knowledge` names
    files whose content follows the system prompt, relative to the program's folder. `team` are the
    agents, or their names, that it may hand tasks to.
    `llm` is a `Model` of the program's own that answers in place of a provider; `model` is then
    only a name.
    """

    name: str
    model: Text | None = None
    fallback_model: Text | None = None
    system: "Text | FileText | Callable[[Run], str] | tuple[Text | Callable[[Run], str], ...]" = ""
    display_name: Text | None = None
    description: Text = ""
    temperature: float | None = None
    max_tokens: int | None = None
    max_iterations: int = 50
    params: Mapping[str, Any] | None = None
    base_url: Text | None = None
    budget: Budget | None = None
    tools: tuple[Any, ...] | None = None
    knowledge: tuple[str, ...] = ()
    context: Context | None = None
    supervision: Supervision | None = None
    retry: Retry | None = None
    rate_limit: RateLimit | None = None
    circuit_breaker: CircuitBreaker | None = None
    skills: Skills | None = None
    team: "tuple[str | Agent, ...]" = ()
    delegation: Delegation | None = None
    llm: Any = None

    _rules = rules(
        max_tokens=at_least(1),
        max_iterations=at_least(0),
        tools=listed,
        knowledge=listed,
        team=listed,
        llm=a_model,
    )

    def __hash__(self) -> int:
        return hash(self.name)
