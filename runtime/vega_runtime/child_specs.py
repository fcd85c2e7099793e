"""What a supervisor is told about its children, and tells about them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .actor import Body
from .agent import Agent
from .errors import VegaError
from .frozen import Frozen
from .rules import above, at_least, either, one_of, rules

if TYPE_CHECKING:
    from .process import Process

ChildState = Literal["running", "restarting", "stopped"]
ChildProblem = Literal["already_started", "already_present", "not_found", "running", "restarting"]

IGNORE = "ignore"
"""What a child's `init` returns so that the child is not started, and that is no failure."""


class ChildSpec(Frozen):
    """A child of a supervisor.

    `start` is an agent, an async function or a supervisor. `restart`: `permanent` always,
    `transient` when it ends abnormally, `temporary` never. `shutdown` is how many seconds it may
    take to end before it is killed (default 5; supervisors take as long as they need), "infinity",
    or "brutal_kill". `significant` children can end the supervisor, see `auto_shutdown` there.
    `init` runs before each start: what it raises is a failed start, and `IGNORE` skips the child.
    `options` are those of `Orchestrator.spawn`: task, work_dir, budget.
    """

    id: str
    start: "Agent | Body | SupervisorSpec"
    restart: Literal["permanent", "transient", "temporary"] = "permanent"
    shutdown: float | Literal["infinity", "brutal_kill"] | None = None
    significant: bool = False
    init: "Callable[[Process], Awaitable[Any]] | None" = None
    options: Mapping[str, Any] | None = None

    _rules = rules(
        restart=one_of("permanent", "transient", "temporary"),
        shutdown=either(one_of("infinity", "brutal_kill"), at_least(0)),
    )


class SupervisorSpec(Frozen):
    """What a supervisor looks after, and how.

    `one_for_one` restarts the child that ended, `one_for_all` all children, `rest_for_one` it and
    those started after it. After more than `max_restarts` (-1: no limit) in `window` seconds the
    supervisor stops all children and gives up, which its own supervisor deals with. With
    `auto_shutdown` it ends when any or all of its significant children have ended by themselves.
    """

    children: tuple[ChildSpec, ...] = ()
    strategy: Literal["one_for_one", "one_for_all", "rest_for_one"] = "one_for_one"
    max_restarts: int = 1
    window: float = 5.0
    auto_shutdown: Literal["never", "any_significant", "all_significant"] = "never"

    _rules = rules(
        strategy=one_of("one_for_one", "one_for_all", "rest_for_one"),
        max_restarts=at_least(-1),
        window=above(0),
        auto_shutdown=one_of("never", "any_significant", "all_significant"),
    )


class ChildError(VegaError):
    """A supervisor cannot do that with a child; `problem` is OTP's name for why."""

    def __init__(self, problem: ChildProblem, message: str) -> None:
        super().__init__(message)
        self.problem: ChildProblem = problem


class SupervisorFailed(VegaError):
    """A child did not start, so its supervisor did not either. The cause is the child's."""


@dataclass(frozen=True, slots=True)
class ChildInfo:
    """A child as `which_children` tells of it; `process` None: it does not run."""

    id: str
    process: "Process | None"
    state: ChildState
    kind: Literal["worker", "supervisor"]


@dataclass(frozen=True, slots=True)
class ChildCounts:
    """How many children there are, and how many of them run."""

    specs: int
    active: int
    supervisors: int
    workers: int


def check(spec: SupervisorSpec) -> None:
    """Raise ValueError for a specification that cannot be, TypeError for what is none."""
    for child in spec.children:
        check_kind(child)
    ids = [child.id for child in spec.children]
    for child in spec.children:
        if ids.count(child.id) > 1:
            raise ValueError(f"two children of a supervisor have the id '{child.id}'")
        check_child(child, spec)


def check_kind(child: object) -> None:
    """Raise TypeError for a child that is no `ChildSpec`."""
    if not isinstance(child, ChildSpec):
        raise TypeError(f"a child is described by a ChildSpec('id', ...), not by {child!r}")


def check_child(child: ChildSpec, spec: SupervisorSpec) -> None:
    if child.significant and spec.auto_shutdown == "never":
        raise ValueError(
            f"the child '{child.id}' is significant, and its supervisor has no `auto_shutdown`"
        )
    if child.significant and child.restart == "permanent":
        raise ValueError(
            f"the child '{child.id}' is permanent, so its end cannot be significant: make it "
            "transient or temporary"
        )
