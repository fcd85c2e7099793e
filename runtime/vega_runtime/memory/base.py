"""What all stores of memories have in common: entries, their scores, and the interface."""

import inspect
import json
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from operator import mul
from typing import Any, Protocol, cast

from ..frozen import Frozen
from ..text import to_json

Embedder = Callable[
    [Sequence[str]], Sequence[Sequence[float]] | Awaitable[Sequence[Sequence[float]]]
]
"""Gives a vector for each text; all of one length."""

Vector = Sequence[float]


class Hit(Frozen):
    """An entry of a store. `updated` is the time of its last change in seconds since 1970.

    `score` says how well it fits what was asked for, from 0 to 1; it is 0 where nothing was.
    """

    key: str
    value: Any
    metadata: Mapping[str, Any]
    score: float = 0.0
    updated: float = 0.0


class MemoryStore(Protocol):
    """A store of JSON values by key. Failures are ConfigErrors."""

    async def store(self, key: str, value: Any, metadata: Mapping[str, Any] | None = None) -> None:
        """Keep a value; one that is there already is replaced, with its metadata."""
        ...

    async def retrieve(
        self, query: str, limit: int = 5, where: Mapping[str, Any] | None = None
    ) -> Sequence[Hit]:
        """The entries that fit best: those with the most words of the query (or, with an embedder,
        those that mean nearly the same), among equals the latest. `where` are values that the
        metadata must have."""
        ...

    async def get(self, key: str, default: Any = None) -> Any:
        """The value under a key, or `default`."""
        ...

    async def delete(self, key: str) -> bool:
        """Forget a key. Whether it was there."""
        ...

    async def list(
        self, prefix: str = "", limit: int = 100, where: Mapping[str, Any] | None = None
    ) -> Sequence[Hit]:
        """The entries whose keys begin with `prefix`, in the order of the keys."""
        ...

    async def search(self, query: str, limit: int = 5) -> Sequence[Mapping[str, Any]]:
        """`retrieve` for the tool `memory_search`: `key`, `value` and how many words were found."""
        ...

    async def close(self) -> None:
        """Release what is open. Safe to call twice."""
        ...


class Entry(Frozen):
    """An entry as stores keep it: value and metadata as JSON."""

    key: str
    value: str
    metadata: str = "{}"
    updated: float = 0.0
    vector: Vector | None = None

    @property
    def content(self) -> str:
        """The text that is searched."""
        more = "" if self.metadata == "{}" else f"\n{self.metadata}"
        return f"{self.key}\n{self.value}{more}"

    def hit(self, score: float = 0.0) -> Hit:
        return Hit(self.key, json.loads(self.value), json.loads(self.metadata), score, self.updated)


def entry_of(key: str, value: Any, metadata: Mapping[str, Any] | None, updated: float) -> Entry:
    """Raises TypeError for a key that is no text, ExpressionError for a value without an end."""
    if not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"the key of a memory is a text, not {key!r}")
    return Entry(key, _as_json(value), _as_json(dict(metadata or {})), updated)


def _as_json(value: Any) -> str:
    """JSON that every file can hold: halves of characters are written as escapes."""
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", to_json(value))


def words_of(query: str) -> list[str]:
    """The different words of a query, in lower case; what has no letter or digit is none."""
    words = dict.fromkeys(query.casefold().split())
    return [word for word in words if re.search(r"\w", word)]


def found_words(entry: Entry, words: Sequence[str]) -> int:
    """How many of the words an entry holds."""
    content = entry.content.casefold()
    return sum(word in content for word in words)


def fits(entry: Entry, where: Mapping[str, Any] | None) -> bool:
    """Whether the metadata of an entry has these values."""
    if not where:
        return True
    metadata = cast("dict[str, Any]", json.loads(entry.metadata))
    return all(name in metadata and metadata[name] == value for name, value in where.items())


def best(
    entries: Iterable[Entry], words: Sequence[str], asked: Vector | None, limit: int
) -> list[Hit]:
    """The entries that fit a query best. Without words and vector all fit, the latest first."""
    scored: list[tuple[float, Entry]] = []
    for entry in entries:
        said = found_words(entry, words) / len(words) if words else 0.0
        score = said
        if asked is not None and entry.vector is not None:
            score = (said + max(0.0, cosine(asked, entry.vector))) / 2
        if score > 0 or (not words and asked is None):
            scored.append((score, entry))
    scored.sort(key=lambda pair: (-pair[0], -pair[1].updated, pair[1].key))
    return [entry.hit(score) for score, entry in scored[: max(limit, 0)]]


def as_found(hits: Iterable[Hit], words: Sequence[str]) -> list[dict[str, Any]]:
    """Hits as `memory_search` tells them."""
    return [
        {"key": hit.key, "value": hit.value, "score": round(hit.score * len(words))} for hit in hits
    ]


def cosine(one: Vector, other: Vector) -> float:
    """How alike two vectors are, from -1 to 1; 0 for those of different lengths."""
    if len(one) != len(other):
        return 0.0
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(map(mul, one, other)) / lengths if lengths else 0.0


async def embedded(embedder: Embedder | None, text: str) -> Vector | None:
    """The vector of a text, where there is an embedder and there is anything to embed."""
    if embedder is None or not text.strip():
        return None
    vectors = embedder([text])
    if inspect.isawaitable(vectors):
        vectors = await vectors
    return [float(number) for number in vectors[0]]
