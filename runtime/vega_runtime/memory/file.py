"""A memory in a JSON file that people can read and edit."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from ..errors import ConfigError
from ..storage import locked, write_atomically
from ..text import to_json
from .base import Entry, Hit, as_found, best, entry_of, fits, words_of

T = TypeVar("T")
_VERSION = 1


class FileMemory:
    """A `MemoryStore` in a JSON file. Every change writes the whole file anew, whole or not at all;
    processes that share it take turns. For thousands of entries use `Memory`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def store(self, key: str, value: Any, metadata: Mapping[str, Any] | None = None) -> None:
        """Keep a value, in place of the one that the key had; see `MemoryStore`."""
        entry = entry_of(key, value, metadata, time.time())

        def change(entries: dict[str, Entry]) -> None:
            entries[key] = entry

        await self._change(change)

    async def retrieve(
        self, query: str, limit: int = 5, where: Mapping[str, Any] | None = None
    ) -> Sequence[Hit]:
        """The entries that fit a query best, the best first; see `MemoryStore`."""
        entries = [entry for entry in (await self._read()).values() if fits(entry, where)]
        return best(entries, words_of(query), None, limit)

    async def search(self, query: str, limit: int = 5) -> Sequence[Mapping[str, Any]]:
        """`retrieve` for the tool `memory_search`."""
        return as_found(await self.retrieve(query, limit), words_of(query))

    async def get(self, key: str, default: Any = None) -> Any:
        """The value under a key, or `default`."""
        entry = (await self._read()).get(key)
        return default if entry is None else entry.hit().value

    async def delete(self, key: str) -> bool:
        """Forget a key. Whether it was there."""
        return await self._change(lambda entries: entries.pop(key, None) is not None)

    async def list(
        self, prefix: str = "", limit: int = 100, where: Mapping[str, Any] | None = None
    ) -> Sequence[Hit]:
        """The entries whose keys begin with `prefix`, in the order of the keys."""
        entries = await self._read()
        keys = sorted(key for key in entries if key.startswith(prefix))
        return [entries[key].hit() for key in keys if fits(entries[key], where)][: max(limit, 0)]

    async def close(self) -> None:
        """Release what is open. It may be called twice, and opens again when it is used."""

    async def _read(self) -> dict[str, Entry]:
        return await asyncio.to_thread(self._load)

    async def _change(self, change: Callable[[dict[str, Entry]], T]) -> T:
        def work() -> T:
            try:
                with locked(self._file):
                    entries = self._load()
                    result = change(entries)
                    write_atomically(self._file, _encoded(entries))
                    return result
            except OSError as error:
                raise ConfigError(
                    f"the memory in '{self._file}' cannot be used: {error}"
                ) from error

        return await asyncio.to_thread(work)

    def _load(self) -> dict[str, Entry]:
        try:
            data = self._file.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigError(f"the memory in '{self._file}' cannot be read: {error}") from error
        try:
            return _decoded(json.loads(data))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(f"'{self._file}' is no file of memories: {error}") from error


def _encoded(entries: Mapping[str, Entry]) -> bytes:
    data = {
        "version": _VERSION,
        "entries": {
            key: {
                "value": json.loads(entry.value),
                "metadata": json.loads(entry.metadata),
                "updated": entry.updated,
            }
            for key, entry in sorted(entries.items())
        },
    }
    return (to_json(data, 2) + "\n").encode("utf-8", "surrogatepass")


def _decoded(data: Any) -> dict[str, Entry]:
    if data["version"] != _VERSION:
        raise ValueError(f"version {data['version']} is not known")
    found = cast("dict[str, dict[str, Any]]", data["entries"])
    return {
        key: entry_of(key, item["value"], item.get("metadata"), float(item.get("updated", 0)))
        for key, item in found.items()
    }
