"""The store behind `remember` and `recall`."""

import asyncio
import multiprocessing
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vega_runtime import ConfigError, MemorySettings, Run, Settings, program, workflow
from vega_runtime.memory import Memory

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(entries=st.dictionaries(st.text(), json_values, max_size=4))
def test_what_is_stored_is_found_again(
    tmp_path_factory: pytest.TempPathFactory, entries: dict[str, Any]
) -> None:
    file = tmp_path_factory.mktemp("memory") / "deep" / "memory.db"

    async def main() -> None:
        memory = Memory(file)
        for key, value in entries.items():
            await memory.store(key, "first")
            await memory.store(key, value)
        await memory.close()
        again = Memory(file)
        for key, value in entries.items():
            assert await again.get(key, "default") == value
        assert await again.get("no such key\0", "default") == "default"
        await again.close()
        await again.close()

    asyncio.run(main())


async def test_search_finds_the_most_words_first(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory.db")
    await memory.store("cat", "a small animal")
    await memory.store("dog", {"note": "an animal that BARKS, not small"})
    await memory.store("car", "a machine")
    hits = await memory.search("Small animal barks", 5)
    assert [(hit["key"], hit["score"]) for hit in hits] == [("dog", 3), ("cat", 2)]
    assert hits[0]["value"] == {"note": "an animal that BARKS, not small"}
    assert len(await memory.search("a", 1)) == 1
    await memory.delete("cat")
    assert await memory.get("cat") is None
    await memory.close()


def _writer(file: Path, name: str, ready: Any) -> None:
    async def main() -> None:
        memory = Memory(file)
        ready.wait()
        for number in range(40):
            await memory.store(f"{name}-{number}", number)
            await memory.store("shared", f"{name}-{number}")
        await memory.close()

    asyncio.run(main())


async def test_several_processes_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "memory.db"
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(4)
    workers = [context.Process(target=_writer, args=(file, f"p{n}", ready)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        await asyncio.to_thread(worker.join)
    assert [worker.exitcode for worker in workers] == [0] * 4
    memory = Memory(file)
    found = [await memory.get(f"p{n}-{k}") for n in range(4) for k in range(40)]
    assert found == list(range(40)) * 4
    await memory.close()


async def test_the_loop_goes_on_while_the_file_is_busy(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory.db")
    await memory.store("k", 1)
    gate = threading.Event()
    holder = asyncio.to_thread(_hold, tmp_path / "memory.db", gate)
    holding = asyncio.create_task(holder)
    await asyncio.sleep(0)
    writing = asyncio.create_task(memory.store("k", 2))
    await asyncio.sleep(0.01)  # runs although the write may wait
    gate.set()
    await asyncio.gather(holding, writing)
    assert await memory.get("k") == 2
    await memory.close()


def _hold(file: Path, gate: threading.Event) -> None:
    import sqlite3

    database = sqlite3.connect(file, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    gate.wait(10)
    database.execute("COMMIT")
    database.close()


async def test_a_file_that_is_no_database_is_a_config_error(tmp_path: Path) -> None:
    file = tmp_path / "memory.db"
    file.write_bytes(b"not a database, but long enough to look like a file" * 50)
    memory = Memory(file)
    with pytest.raises(ConfigError, match="memory"):
        await memory.get("k")
    await memory.close()
    assert file.read_bytes().startswith(b"not a database")


def test_a_program_names_its_store(play: Any, tmp_path: Path) -> None:
    made = program("m.vega.yaml", settings=Settings(memory=MemorySettings("data/mine.db")))

    @workflow(made, "w")
    async def keeps(run: Run) -> Any:
        before = await run.recall("w/recall", "k", "none")
        await run.remember("w/remember", "k", {"n": [1, None]})
        return [before, await run.recall("w/recall#2", "k")]

    assert play(keeps, root=tmp_path).output == ["none", {"n": [1, None]}]
    assert play(keeps, root=tmp_path).output == [{"n": [1, None]}, {"n": [1, None]}]
    assert (tmp_path / "data" / "mine.db").exists()
    (tmp_path / "file").write_text("x")
    broken = play(keeps, root=tmp_path / "file")
    assert isinstance(broken.error, ConfigError)
    assert broken.error.site == "w/recall"
