"""The state of processes on disk, and their recovery when a program starts again.

    store = SqliteStates(Path("processes.db"))
    async with Orchestrator() as orchestrator:
        recovered = await recover(orchestrator, store, [CODER, CRITIC])
        async with Persistence(orchestrator, store):
            ...

`Persistence` writes a process when it starts, after each message, and when it ends. What was alive
when the program stopped lives again after `recover`: with its id, its conversation and its figures.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from .agent import Agent
from .budget import Ledger
from .checkpoints import Json, as_data, conversation_data, conversation_of
from .conversation import Conversation
from .errors import ConfigError
from .events import StepEnded
from .meter import ProcessMetrics
from .storage import write_atomically

if TYPE_CHECKING:
    from .orchestrator import Orchestrator
    from .process import Process

UNFINISHED = ("pending", "running")
"""The states of processes that are recovered."""
BUSY_SECONDS = 30.0
"""How long a write waits for other processes."""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A process as it is kept. Times are as ISO 8601 writes them.

    `agent` is the agent's name, empty for a process that is a function alone; `registered` says
    that it was registered under its name. `budget` and `spent` are in micro-dollars, the budget
    None without one; at `ends_at` its time is up, None without a limit.
    """

    id: str
    name: str
    agent: str
    status: str
    task: str = ""
    work_dir: str | None = None
    parent: str | None = None
    reason: str = ""
    depth: int = 0
    started_at: str = ""
    ended_at: str | None = None
    registered: bool = False
    metrics: Mapping[str, Any] = field(default_factory=dict[str, Any])
    messages: Conversation = field(default_factory=Conversation)
    checkpoint: Conversation = field(default_factory=Conversation)
    budget: int | None = None
    spent: int = 0
    ends_at: str | None = None

    def as_json(self) -> Json:
        """The state as JSON values."""
        data: Json = {one.name: getattr(self, one.name) for one in fields(self)}
        data["metrics"] = dict(self.metrics)
        data["messages"] = conversation_data(self.messages)
        data["checkpoint"] = conversation_data(self.checkpoint)
        return data


def state_from(data: Any) -> ProcessState:
    """The state that `as_json` gave. Raises ValueError for anything else."""
    values = as_data(data)
    names = {one.name for one in fields(ProcessState)}
    known = {name: value for name, value in values.items() if name in names}
    if not all(isinstance(known.get(name), str) for name in ("id", "name", "agent", "status")):
        raise ValueError("this is no state of a process")
    try:
        known["messages"] = conversation_of(known.get("messages", ()))
        known["checkpoint"] = conversation_of(known.get("checkpoint", ()))
        if known.get("ends_at") is not None:
            datetime.fromisoformat(known["ends_at"])
        return ProcessState(**known)
    except TypeError as error:
        raise ValueError(f"this is no state of a process: {error}") from error


def state_of(process: "Process") -> ProcessState:
    """A process as it is now."""
    orchestrator = process.orchestrator
    ledger = process.budget
    left = process.seconds_left
    ends_at = None if left is None else datetime.now().astimezone() + timedelta(seconds=left)
    return ProcessState(
        process.id,
        process.name,
        "" if process.agent is None else process.agent.name,
        process.status,
        process.task,
        None if process.work_dir is None else str(process.work_dir),
        None if process.parent is None else process.parent.id,
        process.reason,
        process.depth,
        process.started_at.isoformat(),
        None if process.ended_at is None else process.ended_at.isoformat(),
        orchestrator.get_by_name(process.name) is process,
        asdict(process.metrics),
        process.dialogue.conversation,
        process.checkpoint,
        None if ledger is None else ledger.limit,
        0 if ledger is None else ledger.spent,
        None if ends_at is None else ends_at.isoformat(),
    )


class StateStore(Protocol):
    """Where states are kept. Its functions may block; failures are ConfigErrors."""

    def save(self, state: ProcessState) -> None:
        """Keep a state in place of the one that the process had."""
        ...

    def load(self, process_id: str) -> ProcessState | None:
        """The state of a process, None where there is none."""
        ...

    def list(self) -> Sequence[ProcessState]:
        """All states, in the order in which the processes began."""
        ...

    def delete(self, process_id: str) -> bool:
        """Forget a process. Whether it was there."""
        ...


class JsonStates:
    """States as JSON files in a folder, one for each process, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, state: ProcessState) -> None:
        """Keep a state in place of the one that the process had. Raises ConfigError."""
        text = json.dumps(state.as_json(), ensure_ascii=False, indent=1)
        try:
            write_atomically(self._file(state.id), text.encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise ConfigError(f"states cannot be kept in '{self._folder}': {error}") from error

    def load(self, process_id: str) -> ProcessState | None:
        """The state of a process, None where there is none. Raises ConfigError."""
        path = self._file(process_id)
        return _read(path) if path.exists() else None

    def list(self) -> Sequence[ProcessState]:
        """All states, in the order in which the processes began. Raises ConfigError."""
        return _in_order(_read(path) for path in self._folder.glob("*.json"))

    def delete(self, process_id: str) -> bool:
        """Forget a process. Whether it was there."""
        try:
            self._file(process_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def _file(self, process_id: str) -> Path:
        if not process_id.replace("-", "").replace("_", "").isalnum():
            raise ConfigError(f"'{process_id}' is no id of a process")
        return self._folder / f"{process_id}.json"


def _read(path: Path) -> ProcessState:
    try:
        return state_from(json.loads(path.read_bytes().decode("utf-8", "surrogatepass")))
    except OSError as error:
        raise ConfigError(f"the state in '{path}' cannot be read: {error}") from error
    except ValueError as error:
        raise ConfigError(f"'{path}' holds no state of a process: {error}") from error


class SqliteStates:
    """States in an SQLite file, which several programs may use at once."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def save(self, state: ProcessState) -> None:
        """Keep a state in place of the one that the process had. Raises ConfigError."""
        text = json.dumps(state.as_json())
        self._do(
            "INSERT INTO processes VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET started_at = excluded.started_at, state = excluded.state",
            (state.id, state.started_at, text),
        )

    def load(self, process_id: str) -> ProcessState | None:
        """The state of a process, None where there is none. Raises ConfigError."""
        rows = self._do("SELECT state FROM processes WHERE id = ?", (process_id,))[0]
        return self._state(rows[0][0]) if rows else None

    def list(self) -> Sequence[ProcessState]:
        """All states, in the order in which the processes began. Raises ConfigError."""
        rows = self._do("SELECT state FROM processes", ())[0]
        return _in_order(self._state(text) for (text,) in rows)

    def delete(self, process_id: str) -> bool:
        """Forget a process. Whether it was there."""
        return self._do("DELETE FROM processes WHERE id = ?", (process_id,))[1] > 0

    def _state(self, text: str) -> ProcessState:
        try:
            return state_from(json.loads(text))
        except ValueError as error:
            raise ConfigError(f"'{self._file}' holds no states of processes: {error}") from error

    def _do(self, statement: str, values: tuple[Any, ...]) -> tuple[Sequence[Any], int]:
        """The rows of a statement, and how many it changed."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self._file, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                database.execute(
                    "CREATE TABLE IF NOT EXISTS processes "
                    "(id TEXT PRIMARY KEY, started_at TEXT NOT NULL, state TEXT NOT NULL)"
                )
                cursor = database.execute(statement, values)
                return cursor.fetchall(), cursor.rowcount
            finally:
                database.close()
        except (sqlite3.Error, OSError) as error:
            raise ConfigError(f"states cannot be kept in '{self._file}': {error}") from error


def _in_order(states: Iterable[ProcessState]) -> tuple[ProcessState, ...]:
    return tuple(sorted(states, key=lambda state: (state.started_at, state.depth, state.id)))


class Persistence:
    """Writes the processes of an orchestrator to a store as they change. `async with` it; leaving
    waits for what is still to be written and saves all that live once more.

    A store that fails is told to the log and does the processes no harm.
    """

    def __init__(self, orchestrator: "Orchestrator", store: StateStore) -> None:
        self._orchestrator = orchestrator
        self._store = store
        self._waiting: dict[str, ProcessState] = {}
        self._writer: asyncio.Task[None] | None = None
        self._open = False

    async def __aenter__(self) -> "Persistence":
        orchestrator = self._orchestrator
        self._open = True
        for listen in (
            orchestrator.on_started,
            orchestrator.on_completed,
            orchestrator.on_failed,
            orchestrator.on_restarted,
        ):
            listen(self._changed)
        orchestrator.session.observers += (self._observe,)
        for process in orchestrator.list():
            self._changed(process)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        session = self._orchestrator.session
        session.observers = tuple(one for one in session.observers if one != self._observe)
        for process in self._orchestrator.list():
            self._changed(process)
        self._open = False
        await self.flush()

    async def flush(self) -> None:
        """Wait until all that has changed is written."""
        while self._writer is not None:
            await asyncio.shield(self._writer)

    def _observe(self, event: Any) -> None:
        if isinstance(event, StepEnded):
            process = self._orchestrator.get(event.key.partition("/")[0])
            if process is not None:
                self._changed(process)

    def _changed(self, process: "Process") -> None:
        if not self._open:
            return
        self._waiting[process.id] = state_of(process)
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        # One at a time and in order: the latest state of a process is the one that stays.
        try:
            while self._waiting:
                state = self._waiting.pop(next(iter(self._waiting)))
                try:
                    await asyncio.to_thread(self._store.save, state)
                except Exception:
                    import logging

                    logging.getLogger("vega").exception("the state of %s is not kept", state.name)
        finally:
            self._writer = None


def _seconds_until(time: str) -> float:
    return max(0.0, (datetime.fromisoformat(time) - datetime.now().astimezone()).total_seconds())


@dataclass(frozen=True, slots=True)
class Recovered:
    """What `recover` brought back. `lost` are states that no process could be made of: those of
    functions, and of agents that are not known any more."""

    processes: "tuple[Process, ...]"
    lost: tuple[ProcessState, ...]


async def recover(
    orchestrator: "Orchestrator", store: StateStore, agents: Iterable[Agent]
) -> Recovered:
    """Let the processes live again that were alive when the states were written.

    Each has its id, name, task, folder, parent, conversation, checkpoint and figures, and what was
    left of its budget and of its time; messages that were being answered are not part of its
    conversation. Its supervision is that of its agent. Raises ConfigError for a store that cannot
    be read, MaxProcessesReached where there is no room for all.
    """
    known = {agent.name: agent for agent in agents}
    found: dict[str, Process] = {}
    lost: list[ProcessState] = []
    states = await asyncio.to_thread(store.list)
    for state in sorted(states, key=lambda one: one.depth):
        if state.status not in UNFINISHED or orchestrator.get(state.id) is not None:
            continue
        agent = known.get(state.agent)
        if agent is None:
            lost.append(state)
            continue
        process = orchestrator.make(
            agent,
            name=state.name,
            task=state.task,
            work_dir=None if state.work_dir is None else Path(state.work_dir),
            parent=found.get(state.parent or ""),
            reason=state.reason,
        )
        process.id = state.id
        process.dialogue.conversation = state.messages
        process.checkpoint = state.checkpoint
        names = {one.name for one in fields(ProcessMetrics)}
        figures = {name: value for name, value in state.metrics.items() if name in names}
        process.meter.metrics = ProcessMetrics(**figures)
        if state.budget is not None:
            process.budget = Ledger(state.budget, site="the process")
            process.budget.spent = state.spent
        orchestrator.launch(process)
        if state.ends_at is not None:
            process.limit(_seconds_until(state.ends_at))
        if state.registered:
            with suppress(ValueError):  # the name is taken by now
                orchestrator.register(state.name, process)
        found[state.id] = process
    return Recovered(tuple(found.values()), tuple(lost))
