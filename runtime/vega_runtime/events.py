"""What a run tells its observers. Durations are in seconds, costs in micro-dollars.

A `cost` is None where the price of the model is not known. `key` is the site with the index of each
loop, branch and call around it: unique within a run, and the same in every run of the program.
Observers are plain functions, called in the run's own thread; they must not block.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from .frozen import Frozen

if TYPE_CHECKING:
    from .models.base import Request, Response, Usage


class RunStarted(Frozen):
    run_id: str
    workflow: str


class WorkflowStarted(Frozen):
    """A workflow begins: the run's own (`site` is empty), or one that a step calls."""

    site: str
    key: str
    workflow: str


class WorkflowEnded(Frozen):
    site: str
    key: str
    workflow: str
    error: BaseException | None
    duration: float


class StepStarted(Frozen):
    """A message is about to be sent to an agent."""

    site: str
    key: str
    agent: str
    message: str


class ModelStarted(Frozen):
    """A request goes to a model. `first`: it is the first one of its step, not a retry or a round
    of tool results."""

    site: str
    key: str
    agent: str
    model: str
    request: "Request"
    first: bool


class Chunk(Frozen):
    """A piece of a reply that is being written."""

    site: str
    key: str
    text: str


class ModelCalled(Frozen):
    """A request to a model has ended, with a response or an error."""

    site: str
    key: str
    agent: str
    model: str
    request: "Request"
    response: "Response | None"
    error: BaseException | None
    usage: "Usage | None"
    cost: int | None
    duration: float


class ToolStarted(Frozen):
    site: str
    key: str
    tool: str
    arguments: Mapping[str, Any]
    call_id: str = ""


class ToolEnded(Frozen):
    site: str
    key: str
    tool: str
    result: str | None
    error: str | None
    duration: float
    call_id: str = ""


class Retrying(Frozen):
    """Attempt number `attempt` failed; the next one comes after `delay` seconds."""

    site: str
    key: str
    attempt: int
    delay: float
    error: BaseException


class StepEnded(Frozen):
    site: str
    key: str
    agent: str
    reply: Any
    error: BaseException | None
    duration: float
    usage: "Usage"
    cost: int | None


class Restarted(Frozen):
    """The process of an agent began anew, after a failure."""

    agent: str


class BreakerChanged(Frozen):
    """The circuit breaker of an agent has opened or closed."""

    agent: str
    state: Literal["open", "closed"]


class Notice(Frozen):
    """Something that the person who runs the program should know."""

    message: str


class Published(Frozen):
    """The variables of a workflow where it ends, from modules that were compiled to tell them."""

    workflow: str
    variables: Mapping[str, Any]


class RunEnded(Frozen):
    run_id: str
    workflow: str
    output: Any
    error: BaseException | None
    duration: float
    usage: "Usage"
    cost: int | None


Event = (
    RunStarted
    | WorkflowStarted
    | WorkflowEnded
    | StepStarted
    | ModelStarted
    | Chunk
    | ModelCalled
    | ToolStarted
    | ToolEnded
    | Retrying
    | StepEnded
    | Restarted
    | BreakerChanged
    | Notice
    | Published
    | RunEnded
)
