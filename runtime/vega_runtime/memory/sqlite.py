"""A memory in an SQLite file, with full-text search where SQLite has FTS5.

All access happens in one thread of its own, so that a slow disk never holds up the event loop.
"""

import asyncio
import sqlite3
import time
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from ..errors import ConfigError, ExpressionError
from ..settings import MemorySettings
from .base import Embedder, Entry, Hit, Vector, as_found, best, embedded, entry_of, fits, words_of

T = TypeVar("T")

BUSY_SECONDS = 30.0
"""How long a write waits for other processes."""
_CANDIDATES = 200
"""How many entries a full-text search hands on to be ranked, at least."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS memories (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL,
    metadata TEXT NOT NULL DEFAULT '{}',
    updated REAL NOT NULL,
    vector BLOB
)
"""
_TEXT_SCHEMA = "CREATE VIRTUAL TABLE memories_text USING fts5(content)"
_COLUMNS = "key, value, metadata, updated, vector"


def memory_file(root: Path, settings: MemorySettings | None) -> Path:
    """The file of a program's memory: `settings.memory.store`, else `.vega/memory.db`."""
    store = None if settings is None else settings.store
    return root / str(store or ".vega/memory.db")


class Memory:
    """A `MemoryStore` in an SQLite file: what `remember` keeps and `recall` finds.

    Opened at its first use; close it at the end. With an `embedder`, entries that are stored get a
    vector and are found by their meaning too. Every failure of the file is a ConfigError.
    """

    def __init__(self, file: Path, embedder: Embedder | None = None) -> None:
        self._file = file
        self._embedder = embedder
        self._thread: ThreadPoolExecutor | None = None
        self._database: sqlite3.Connection | None = None
        self._has_text = True
        """Whether this SQLite can search texts."""

    async def store(self, key: str, value: Any, metadata: Mapping[str, Any] | None = None) -> None:
        """Keep a value, in place of the one that the key had; see `MemoryStore`."""
        entry = entry_of(key, value, metadata, time.time())
        vector = await embedded(self._embedder, entry.content)
        await self._do(lambda database: self._write(database, entry, vector))

    async def get(self, key: str, default: Any = None) -> Any:
        """The value under a key, or `default`."""

        def read(database: sqlite3.Connection) -> Entry | None:
            found = database.execute(f"SELECT {_COLUMNS} FROM memories WHERE key = ?", (key,))
            return next(map(_entry, found), None)

        entry = await self._do(read)
        return default if entry is None else entry.hit().value

    async def delete(self, key: str) -> bool:
        """Forget a key. Whether it was there."""

        def erase(database: sqlite3.Connection) -> bool:
            with _Change(database):
                found = database.execute("SELECT id FROM memories WHERE key = ?", (key,)).fetchone()
                if found is not None:
                    database.execute("DELETE FROM memories WHERE id = ?", found)
                    if self._has_text:
                        database.execute("DELETE FROM memories_text WHERE rowid = ?", found)
                return found is not None

        return await self._do(erase)

    async def list(
        self, prefix: str = "", limit: int = 100, where: Mapping[str, Any] | None = None
    ) -> Sequence[Hit]:
        """The entries whose keys begin with `prefix`, in the order of the keys."""

        def read(database: sqlite3.Connection) -> Sequence[Hit]:
            rows = database.execute(
                f"SELECT {_COLUMNS} FROM memories WHERE substr(key, 1, ?) = ? ORDER BY key",
                (len(prefix), prefix),
            )
            hits = [entry.hit() for entry in map(_entry, rows) if fits(entry, where)]
            return hits[: max(limit, 0)]

        return await self._do(read)

    async def retrieve(
        self, query: str, limit: int = 5, where: Mapping[str, Any] | None = None
    ) -> Sequence[Hit]:
        """The entries that fit a query best, the best first; see `MemoryStore`."""
        words = words_of(query)
        asked = await embedded(self._embedder, query)

        def read(database: sqlite3.Connection) -> Sequence[Hit]:
            whole = asked is not None or where or not words or not self._has_text
            if whole:
                rows = database.execute(f"SELECT {_COLUMNS} FROM memories")
            else:
                rows = _with_words(database, words, max(limit * 4, _CANDIDATES))
            entries = (entry for entry in map(_entry, rows) if fits(entry, where))
            return best(entries, words, asked, limit)

        return await self._do(read)

    async def search(self, query: str, limit: int = 5) -> Sequence[Mapping[str, Any]]:
        """`retrieve` for the tool `memory_search`."""
        return as_found(await self.retrieve(query, limit), words_of(query))

    async def close(self) -> None:
        """Release what is open. It may be called twice, and opens again when it is used."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, self._close)
            thread.shutdown(wait=False)

    # In the thread

    def _write(self, database: sqlite3.Connection, entry: Entry, vector: Vector | None) -> None:
        blob = None if vector is None else array("f", vector).tobytes()
        with _Change(database):
            database.execute(
                "INSERT INTO memories (key, value, metadata, updated, vector) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, "
                "metadata = excluded.metadata, updated = excluded.updated, "
                "vector = excluded.vector",
                (entry.key, entry.value, entry.metadata, entry.updated, blob),
            )
            if self._has_text:
                own = database.execute("SELECT id FROM memories WHERE key = ?", (entry.key,))
                _index(database, own.fetchone()[0], entry.content)

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
        except UnicodeEncodeError as error:
            raise ExpressionError(
                "a key or a query of the memory holds half of a character, which its file cannot"
            ) from error
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
                self._prepare(database)
                return database
            except sqlite3.OperationalError as error:
                # Changing to WAL does not wait for others as reads and writes do.
                if "locked" not in str(error) or time.monotonic() > patience:
                    database.close()
                    raise
                time.sleep(0.01)
            except BaseException:
                database.close()
                raise

    def _prepare(self, database: sqlite3.Connection) -> None:
        """Make the tables that are missing, and take over what an earlier version has written."""
        tables = _tables(database)
        self._has_text = "memories_text" in tables or _can_search(database)
        if "memories" in tables and ("memories_text" in tables or not self._has_text):
            return
        with _Change(database):
            tables = _tables(database)  # others may have made them in the meantime
            database.execute(_SCHEMA)
            if "memory" in tables:
                database.execute(
                    "INSERT OR IGNORE INTO memories (key, value, updated) "
                    "SELECT key, value, updated FROM memory"
                )
                database.execute("DROP TABLE memory")
            if self._has_text and "memories_text" not in tables:
                database.execute(_TEXT_SCHEMA)
                rows = database.execute(f"SELECT id, {_COLUMNS} FROM memories").fetchall()
                for own, *row in rows:
                    _index(database, own, _entry(row).content)


def _tables(database: sqlite3.Connection) -> set[str]:
    rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in rows}


class _Change:
    """A transaction that others wait for: all of it happens, or nothing."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")


def _can_search(database: sqlite3.Connection) -> bool:
    options = {name for (name,) in database.execute("PRAGMA compile_options")}
    return "ENABLE_FTS5" in options


def _index(database: sqlite3.Connection, own: int, content: str) -> None:
    database.execute("DELETE FROM memories_text WHERE rowid = ?", (own,))
    database.execute("INSERT INTO memories_text (rowid, content) VALUES (?, ?)", (own, content))


def _with_words(
    database: sqlite3.Connection, words: Iterable[str], limit: int
) -> Iterable[Sequence[Any]]:
    """The rows that hold words which begin with any of these, the likeliest first."""
    quoted = (word.replace('"', '""').replace("\0", " ") for word in words)
    wanted = " OR ".join(f'"{word}"*' for word in quoted)
    return database.execute(
        f"SELECT {', '.join(f'm.{name}' for name in _COLUMNS.split(', '))} "
        "FROM memories_text t JOIN memories m ON m.id = t.rowid "
        "WHERE memories_text MATCH ? ORDER BY rank LIMIT ?",
        (wanted, limit),
    )


def _entry(row: Sequence[Any]) -> Entry:
    key, value, metadata, updated, blob = row
    vector = None if blob is None else array("f", blob)
    return Entry(key, value, metadata, updated, vector)
