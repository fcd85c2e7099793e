"""A memory that lasts as long as the process."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .base import Embedder, Entry, Hit, as_found, best, embedded, entry_of, fits, words_of


class InProcessMemory:
    """A `MemoryStore` without a file. With an `embedder`, entries are found by their meaning too.

    Values are kept as JSON, so that what is read is never what somebody else changes.
    """

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder
        self._entries: dict[str, Entry] = {}

    async def store(self, key: str, value: Any, metadata: Mapping[str, Any] | None = None) -> None:
        """Keep a value, in place of the one that the key had; see `MemoryStore`."""
        entry = entry_of(key, value, metadata, time.time())
        vector = await embedded(self._embedder, entry.content)
        self._entries[key] = entry if vector is None else entry.replace(vector=vector)

    async def retrieve(
        self, query: str, limit: int = 5, where: Mapping[str, Any] | None = None
    ) -> Sequence[Hit]:
        """The entries that fit a query best, the best first; see `MemoryStore`."""
        asked = await embedded(self._embedder, query)
        entries = [entry for entry in self._entries.values() if fits(entry, where)]
        return best(entries, words_of(query), asked, limit)

    async def search(self, query: str, limit: int = 5) -> Sequence[Mapping[str, Any]]:
        """`retrieve` for the tool `memory_search`."""
        return as_found(await self.retrieve(query, limit), words_of(query))

    async def get(self, key: str, default: Any = None) -> Any:
        """The value under a key, or `default`."""
        entry = self._entries.get(key)
        return default if entry is None else entry.hit().value

    async def delete(self, key: str) -> bool:
        """Forget a key. Whether it was there."""
        return self._entries.pop(key, None) is not None

    async def list(
        self, prefix: str = "", limit: int = 100, where: Mapping[str, Any] | None = None
    ) -> Sequence[Hit]:
        """The entries whose keys begin with `prefix`, in the order of the keys."""
        keys = sorted(key for key in self._entries if key.startswith(prefix))
        entries = (self._entries[key] for key in keys)
        return [entry.hit() for entry in entries if fits(entry, where)][: max(limit, 0)]

    async def close(self) -> None:
        """Release what is open. It may be called twice, and opens again when it is used."""
