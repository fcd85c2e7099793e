"""What a test sees of a run."""

from typing import Any

from msgspec import Struct, field

from vega_runtime.events import ModelCalled, ModelStarted, Published, StepStarted


class Observations(Struct, eq=False):
    """`calls` are the agents whose sends reached a model, in order, `sent` the messages to each;
    `variables` those of the workflow at its end, None when it did not get there. `cost` is in US
    dollars and leaves out the calls of models in `unpriced`."""

    calls: list[str] = field(default_factory=list[str])
    sent: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    variables: dict[str, Any] | None = None
    micros: int = 0
    unpriced: set[str] = field(default_factory=set[str])

    @property
    def cost(self) -> float:
        return self.micros / 1_000_000


class Observer:
    """Collects observations from the events of one run."""

    def __init__(self) -> None:
        self.seen = Observations()
        self._messages: dict[str, str] = {}

    def __call__(self, event: Any) -> None:
        seen = self.seen
        match event:
            case StepStarted(key=key, message=message):
                self._messages[key] = message
            case ModelStarted(key=key, agent=agent, first=True):
                seen.calls.append(agent)
                seen.sent.setdefault(agent, []).append(self._messages.get(key, ""))
            case ModelCalled(model=model, cost=cost):
                if cost is not None:
                    seen.micros += cost
                elif model != "scripted":
                    seen.unpriced.add(model)
            case Published(variables=variables):
                seen.variables = dict(variables)
            case _:
                pass
