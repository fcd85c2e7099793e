"""What all stores of memories make of odd keys, odd values and odd numbers."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vega_runtime import ExpressionError
from vega_runtime.memory import FileMemory, InProcessMemory, Memory, MemoryStore

Make = Callable[[Path], MemoryStore]
STORES: list[Make] = [
    lambda _: InProcessMemory(),
    lambda folder: Memory(folder / "m.db"),
    lambda folder: FileMemory(folder / "m.json"),
]


@pytest.fixture(params=STORES, ids=["in-process", "sqlite", "file"])
def make(request: pytest.FixtureRequest) -> Make:
    return request.param


async def test_keys_are_texts(make: Make, tmp_path: Path) -> None:
    store = make(tmp_path)
    for key in (3, None, b"x"):
        with pytest.raises(TypeError, match="the key of a memory is a text"):
            await store.store(key, "x")  # type: ignore[arg-type]
    await store.store("", "no name")
    await store.store("ключ 😀", "x")
    assert [hit.key for hit in await store.list()] == ["", "ключ 😀"]
    await store.close()


async def test_a_limit_of_nothing_finds_nothing(make: Make, tmp_path: Path) -> None:
    store = make(tmp_path)
    for key in "abc":
        await store.store(key, "word")
    for limit in (0, -1):
        assert list(await store.list(limit=limit)) == []
        assert list(await store.retrieve("word", limit=limit)) == []
    assert len(await store.retrieve("word", limit=2)) == 2
    await store.close()


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": ["a\ud83d"]}, "\\ud800 \\", "a\0b"])
async def test_halves_of_characters_are_kept(make: Make, tmp_path: Path, value: Any) -> None:
    store = make(tmp_path)
    await store.store("key", value, {"half": value})
    assert await store.get("key") == value
    (hit,) = await store.list()
    assert hit.metadata == {"half": value}
    await store.close()


async def test_half_a_character_in_a_key(tmp_path: Path) -> None:
    store = Memory(tmp_path / "m.db")
    for call in (store.store("\ud800", 1), store.get("\ud800"), store.retrieve("a\ud800")):
        with pytest.raises(ExpressionError, match="half of a character"):
            await call
    await store.store("key", 1)
    assert await store.get("key") == 1
    await store.close()


@pytest.mark.parametrize("query", ['a" OR b', "( NEAR", "*", '"', "-x", "key:value", "a AND", "^"])
async def test_a_query_is_words_and_no_language(make: Make, tmp_path: Path, query: str) -> None:
    store = make(tmp_path)
    await store.store("one", "plain text")
    await store.retrieve(query)
    assert [hit.key for hit in await store.retrieve("plain " + query)] == ["one"]
    await store.close()


async def test_closing_twice_and_going_on(make: Make, tmp_path: Path) -> None:
    store = make(tmp_path)
    await store.store("a", 1)
    await asyncio.gather(store.close(), store.close())
    await store.close()
    assert await store.get("a") == 1
    await store.close()


async def test_many_at_once(make: Make, tmp_path: Path) -> None:
    store = make(tmp_path)
    await asyncio.gather(*(store.store(f"k{number % 5}", number) for number in range(25)))
    assert len(await store.list()) == 5
    assert sorted(await asyncio.gather(*(store.delete("k0") for _ in range(5))))[-2:] == [0, 1]
    await store.close()
