"""What `remember` keeps and `recall` finds: an SQLite file in the project, shared by all runs.

Several processes may use it at once. All access happens in one thread of its own, so that a slow
disk never holds up the event loop.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from .errors import ConfigError
from .settings import MemorySettings
from .text import to_json

T = TypeVar("T")

BUSY_SECONDS = 30.0
"""How long a write waits for other processes."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS memory (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    updated REAL NOT NULL
) WITHOUT ROWID
"""


def memory_file(root: Path, settings: MemorySettings | None) -> Path:
    """The file of a program's memory: `settings.memory.store`, else `.vega/memory.db`."""
    store = None if settings is None else settings.store
    return root / str(store or ".vega/memory.db")


class Memory:
    """A store of JSON values by key. Opened at its first use; close it at the end.

    Every failure of the file is a ConfigError.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._thread: ThreadPoolExecutor | None = None
        self._database: sqlite3.Connection | None = None

    async def store(self, key: str, value: Any) -> None:
        """Keep a value; one that is there already is replaced."""
        encoded = to_json(value)

        def write(database: sqlite3.Connection) -> None:
            database.execute(
                "INSERT INTO memory VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "
                "SET value = excluded.value, updated = excluded.updated",
                (key, encoded, time.time()),
            )

        await self._do(write)

    async def get(self, key: str, default: Any = None) -> Any:
        """The value under a key, or `default`."""

        def read(database: sqlite3.Connection) -> str | None:
            row = database.execute("SELECT value FROM memory WHERE key = ?", (key,)).fetchone()
            return None if row is None else row[0]

        encoded = await self._do(read)
        return default if encoded is None else json.loads(encoded)

    async def delete(self, key: str) -> None:
        """Forget a key; one that is not there is no error."""

        def erase(database: sqlite3.Connection) -> None:
            database.execute("DELETE FROM memory WHERE key = ?", (key,))

        await self._do(erase)

    async def search(self, query: str, limit: int = 5) -> Sequence[Mapping[str, Any]]:
        """Entries whose key or value holds words of the query: `key`, `value` and `score`.

        Most words first, then the latest. Upper and lower case are the same.
        """
        words = list(dict.fromkeys(query.casefold().split()))

        def read(database: sqlite3.Connection) -> list[tuple[str, str, float]]:
            rows = database.execute("SELECT key, value, updated FROM memory")
            return rows.fetchall()

        hits: list[tuple[int, float, str, str]] = []
        for key, encoded, updated in await self._do(read):
            content = f"{key}\n{encoded}".casefold()
            score = sum(word in content for word in words)
            if score or not words:
                hits.append((score, updated, key, encoded))
        hits.sort(key=lambda hit: (-hit[0], -hit[1], hit[2]))
        return [
            {"key": key, "value": json.loads(encoded), "score": score}
            for score, _, key, encoded in hits[:limit]
        ]

    async def close(self) -> None:
        """Close the file. Safe to call twice."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, self._close)
            thread.shutdown(wait=False)

    def _close(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.close()

    async def _do(self, action: Callable[[sqlite3.Connection], T]) -> T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="vega-memory")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._act, action)

    def _act(self, action: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._database is None:
                self._database = self._open()
            return action(self._database)
        except (sqlite3.Error, OSError) as error:
            raise ConfigError(
                f"the memory in '{self._file}' cannot be used: {error}; `settings.memory.store` "
                "names another file"
            ) from error

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._file, timeout=BUSY_SECONDS, isolation_level=None)
        patience = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA synchronous = NORMAL")
                database.execute(_SCHEMA)
                return database
            except sqlite3.OperationalError as error:
                # Changing to WAL does not wait for others as reads and writes do.
                if "locked" not in str(error) or time.monotonic() > patience:
                    database.close()
                    raise
                time.sleep(0.01)
