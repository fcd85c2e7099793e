"""What all stores of memories do, and what each is for."""

import asyncio
import json
import multiprocessing
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vega_runtime import ConfigError
from vega_runtime.memory import FileMemory, InProcessMemory, Memory, MemoryStore
from vega_runtime.storage import locked, write_atomically

KINDS = ("process", "sqlite", "file")


def made(kind: str, folder: Path) -> MemoryStore:
    match kind:
        case "process":
            return InProcessMemory()
        case "sqlite":
            return Memory(folder / "m.db")
        case _:
            return FileMemory(folder / "m.json")


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    memory = made(request.param, tmp_path)
    yield memory
    await memory.close()
    await memory.close()


async def test_values_are_kept_replaced_and_forgotten(store: MemoryStore) -> None:
    value = {"list": [1, 2.5, None, True], "text": "ä\n"}
    await store.store("k", "first", {"old": 1})
    await store.store("k", value, {"by": "ann"})
    assert await store.get("k") == value
    assert [(hit.metadata, hit.score) for hit in await store.list()] == [({"by": "ann"}, 0.0)]
    assert await store.get("none", 7) == 7
    assert await store.delete("k") is True
    assert await store.delete("k") is False
    assert await store.get("k") is None
    assert list(await store.retrieve("first")) == []


async def test_what_is_read_is_a_copy(store: MemoryStore) -> None:
    value = {"n": [1]}
    await store.store("k", value)
    value["n"].append(2)
    (await store.get("k"))["n"].append(3)
    assert await store.get("k") == {"n": [1]}


async def test_entries_are_listed_by_their_keys(store: MemoryStore) -> None:
    for number in (3, 1, 2):
        await store.store(f"user/{number}", number, {"even": number % 2 == 0})
    await store.store("other", 0)
    assert [hit.value for hit in await store.list("user/")] == [1, 2, 3]
    assert [hit.key for hit in await store.list("user/", limit=2)] == ["user/1", "user/2"]
    assert [hit.value for hit in await store.list(where={"even": True})] == [2]
    assert [hit.value for hit in await store.list("%")] == []


async def test_the_best_are_found_first(store: MemoryStore) -> None:
    await store.store("cat", "a small animal", {"kind": "pet"})
    await store.store("dog", {"note": "an animal that BARKS, not small"}, {"kind": "pet"})
    await store.store("car", "a machine")
    hits = await store.retrieve("Small animal barks")
    assert [(hit.key, round(hit.score, 2)) for hit in hits] == [("dog", 1.0), ("cat", 0.67)]
    assert [hit.key for hit in await store.retrieve("pet", limit=1)] == ["dog"]
    assert [hit.key for hit in await store.retrieve("small", where={"kind": "car"})] == []
    assert len(await store.retrieve("", limit=2)) == 2
    assert [hit["score"] for hit in await store.search("small animal", 5)] == [2, 2]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(query=st.text(max_size=12), value=st.text(max_size=12))
def test_any_query_is_answered(
    kind: str, query: str, value: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def main() -> None:
        memory = made(kind, tmp_path_factory.mktemp("m"))
        await memory.store("k", value)
        await memory.retrieve(query)
        assert await memory.get("k") == value
        await memory.close()

    asyncio.run(main())


def letters(texts: Sequence[str]) -> list[list[float]]:
    """An embedder for tests: how often each vowel stands in a text."""
    return [[float(text.count(letter)) for letter in "aeiou"] for text in texts]


async def later(texts: Sequence[str]) -> list[list[float]]:
    await asyncio.sleep(0)
    return letters(texts)


@pytest.mark.parametrize("embedder", [letters, later])
@pytest.mark.parametrize("kind", ["process", "sqlite"])
async def test_an_embedder_finds_what_means_the_same(
    kind: str, embedder: Any, tmp_path: Path
) -> None:
    file = tmp_path / "m.db"
    memory: MemoryStore = InProcessMemory(embedder) if kind == "process" else Memory(file, embedder)
    await memory.store("x", "banana ananas")
    await memory.store("y", "kiwi iris")
    hits = await memory.retrieve("papaya", limit=1)
    assert hits[0].key == "x"
    assert 0.4 < hits[0].score < 0.6
    await memory.close()


async def test_a_store_of_an_earlier_version_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "memory.db"
    old = sqlite3.connect(file)
    old.execute(
        "CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated REAL NOT NULL)"
        " WITHOUT ROWID"
    )
    old.execute("INSERT INTO memory VALUES ('k', '\"kept words\"', 5.0)")
    old.commit()
    old.close()
    memory = Memory(file)
    assert await memory.get("k") == "kept words"
    assert [hit.updated for hit in await memory.retrieve("kept")] == [5.0]
    await memory.close()


async def test_without_full_text_search_all_is_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vega_runtime.memory import sqlite

    monkeypatch.setattr(sqlite, "_can_search", lambda _: False)
    plain = Memory(tmp_path / "m.db")
    await plain.store("k", "some words")
    assert [hit.key for hit in await plain.retrieve("words")] == ["k"]
    await plain.close()
    monkeypatch.undo()
    searching = Memory(tmp_path / "m.db")
    assert [hit.key for hit in await searching.retrieve("words")] == ["k"]
    await searching.close()


def _writer(kind: str, folder: Path, name: str, ready: Any) -> None:
    async def main() -> None:
        memory = made(kind, folder)
        ready.wait()
        for number in range(15):
            await memory.store(f"{name}-{number}", number)
            await memory.store("shared", [name, number])
            assert (await memory.get("shared"))[1] in range(15)
        await memory.close()

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["sqlite", "file"])
async def test_several_processes_share_a_file(kind: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(3)
    workers = [
        context.Process(target=_writer, args=(kind, tmp_path, f"p{n}", ready)) for n in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        await asyncio.to_thread(worker.join)
    assert [worker.exitcode for worker in workers] == [0] * 3
    memory = made(kind, tmp_path)
    assert len(await memory.list("p")) == 45
    await memory.close()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 9, "entries": {}}', '{"a": 1}'])
async def test_a_file_that_is_no_memory_is_left_alone(content: str, tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text(content)
    memory = FileMemory(file)
    for action in (memory.get("k"), memory.store("k", 1)):
        with pytest.raises(ConfigError, match="no file of memories"):
            await action
    assert file.read_text() == content


async def test_a_file_can_be_read_by_people(tmp_path: Path) -> None:
    memory = FileMemory(tmp_path / "deep" / "m.json")
    await memory.store("k", {"a": "ä"}, {"by": "me"})
    data = json.loads((tmp_path / "deep" / "m.json").read_text("utf-8"))
    assert data["entries"]["k"]["value"] == {"a": "ä"}


def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "f"
    write_atomically(file, b"old")

    def fails(descriptor: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(OSError, match="no space"):
        write_atomically(file, b"new")
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_lock_keeps_others_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vega_runtime.storage.LOCK_SECONDS", 0.02)
    file = tmp_path / "f"
    with locked(file), pytest.raises(TimeoutError), locked(file):
        pass
    with locked(file):
        pass


def _opener(file: Path, ready: Any) -> None:
    async def main() -> None:
        memory = Memory(file)
        ready.wait()
        assert await memory.get("k") == "kept"
        await memory.store(str(multiprocessing.current_process().pid), 1)
        await memory.close()

    asyncio.run(main())


async def test_several_processes_take_over_an_earlier_store_at_once(tmp_path: Path) -> None:
    file = tmp_path / "memory.db"
    old = sqlite3.connect(file)
    old.execute(
        "CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated REAL NOT NULL)"
        " WITHOUT ROWID"
    )
    old.execute("INSERT INTO memory VALUES ('k', '\"kept\"', 5.0)")
    old.commit()
    old.close()
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(4)
    workers = [context.Process(target=_opener, args=(file, ready)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        await asyncio.to_thread(worker.join)
    assert [worker.exitcode for worker in workers] == [0] * 4
    memory = Memory(file)
    assert len(await memory.list()) == 5
    await memory.close()
