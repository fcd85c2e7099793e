"""How a run is started: what the caller decides, not the program."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from .frozen import Frozen
from .rules import at_least, rules

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from .memory import MemoryStore
    from .models.base import Model

Observer = Callable[[Any], None]
AskPerson = Callable[[str, tuple[str, ...], str | None], Awaitable[str]]
"""Puts a question with its choices and its default to a person."""


class RunOptions(Frozen):
    """Options of one run.

    `model` replaces the model of every agent. `provider` gives the model for a name in place of the
    registry. `budget` is in US dollars, `timeout` in seconds, both for the whole run. `answers`
    are taken by `ask` and by tools that need approval, in order; then `ask` is called, if given.
    `env` is laid over the process's environment. `root` is the program's folder (default: the
    current directory), `sandbox` the folder that file tools work in. `observers` are called with
    each event (see `events`); `stream` makes replies arrive in `Chunk`s. `record` writes what the
    models say to a file and `replay` reads it back. `wall_clock` tells the date and time.
    `memory` is the file of what `remember` keeps, in place of the program's own, or a store that
    the caller closes. `trace` is a file that the run's spans are written to, a line of JSON each;
    with `telemetry` False the tracing and metrics of the settings stay off. With a `seed`, `random`
    and the jitter of pauses are the same in each run.
    """

    model: str | None = None
    provider: "Callable[[str], Model] | None" = None
    budget: float | None = None
    timeout: float | None = None
    answers: tuple[str, ...] = ()
    ask: AskPerson | None = None
    env: Mapping[str, str] | None = None
    root: "Path | None" = None
    sandbox: "Path | None" = None
    observers: tuple[Observer, ...] = ()
    stream: bool = False
    record: "Path | None" = None
    replay: "Path | None" = None
    max_tokens: int | None = None
    run_id: str | None = None
    wall_clock: "Callable[[], datetime] | None" = None
    memory: "Path | MemoryStore | None" = None
    trace: "Path | None" = None
    telemetry: bool = True
    seed: str | None = None

    _rules = rules(budget=at_least(0), max_tokens=at_least(1))
