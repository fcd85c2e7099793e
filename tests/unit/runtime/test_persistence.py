"""States of processes on disk, recovery, and checkpoints of conversations."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega_runtime import Agent, ConfigError, Orchestrator, RunOptions
from vega_runtime.checkpoints import (
    Checkpoints,
    conversation_data,
    conversation_of,
    load_conversation,
    save_conversation,
)
from vega_runtime.conversation import EMPTY, Conversation
from vega_runtime.models.base import Attachment, Message, ToolCall, ToolResult
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.persistence import (
    JsonStates,
    Persistence,
    ProcessState,
    SqliteStates,
    StateStore,
    recover,
    state_from,
)

texts = st.text(max_size=8)
messages = st.builds(
    Message,
    role=st.sampled_from(["user", "assistant"]),
    text=texts,
    tool_calls=st.lists(
        st.builds(
            ToolCall, id=texts, name=texts, arguments=st.dictionaries(texts, st.integers() | texts)
        ),
        max_size=2,
    ).map(tuple),
    tool_results=st.lists(
        st.builds(ToolResult, call_id=texts, content=texts, is_error=st.booleans()), max_size=2
    ).map(tuple),
    attachments=st.lists(
        st.builds(Attachment, name=texts, media_type=texts, data=st.binary(max_size=9)), max_size=1
    ).map(tuple),
    raw=st.none() | st.dictionaries(texts, st.lists(texts)),
)


def talk_of(*said: Message) -> Conversation:
    talk = EMPTY
    for message in said:
        talk = talk.then(message)
    return talk


HELLO = talk_of(Message("user", "hello"), Message("assistant", "hi"))


@given(st.lists(messages, max_size=4))
def test_a_conversation_survives_json(said: list[Message]) -> None:
    data = json.loads(json.dumps(conversation_data(said)))
    assert list(conversation_of(data)) == said


def test_what_is_no_json_is_left_out() -> None:
    data = conversation_data([Message("assistant", "x", raw=object())])
    assert list(conversation_of(data)) == [Message("assistant", "x")]


@pytest.mark.parametrize("data", [3, [1], [{"role": "user"}], [{"role": "boss", "text": "x"}]])
def test_what_is_no_conversation_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="no"):
        conversation_of(data)


def test_conversations_are_saved_and_loaded(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "c.json"
    save_conversation(file, HELLO)
    assert load_conversation(file) == HELLO
    for content in ("", "{}", '{"version": 2, "messages": []}', '{"version": 1, "messages": 3}'):
        file.write_text(content)
        with pytest.raises(ConfigError, match="no conversation"):
            load_conversation(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_conversation(tmp_path / "none.json")


def test_checkpoints_have_any_name(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "c")
    names = ["plain", "a/b", "a-b", "../up", "", "ä" * 300]
    for name in names:
        checkpoints.save(name, talk_of(Message("user", name)))
    assert checkpoints.list() == tuple(sorted(names))
    for name in names:
        assert checkpoints.load(name)[0].text == name
    assert checkpoints.delete("a/b") is True
    assert checkpoints.delete("a/b") is False
    with pytest.raises(LookupError):
        checkpoints.load("a/b")
    assert {path.parent for path in tmp_path.rglob("*.json")} == {tmp_path / "c"}


@pytest.fixture(params=["json", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> StateStore:
    if request.param == "json":
        return JsonStates(tmp_path / "states")
    return SqliteStates(tmp_path / "states.db")


def test_states_are_kept(store: StateStore) -> None:
    second = ProcessState("b", "B", "Coder", "running", started_at="2", messages=HELLO)
    first = ProcessState("a", "A", "Coder", "failed", started_at="1", metrics={"errors": 2})
    for state in (second, first):
        store.save(state)
    assert list(store.list()) == [first, second]
    assert store.load("b") == second
    store.save(ProcessState("b", "B", "Coder", "completed", started_at="2"))
    assert [state.status for state in store.list()] == ["failed", "completed"]
    assert store.load("c") is None
    assert (store.delete("a"), store.delete("a")) == (True, False)


@pytest.mark.parametrize(
    "data", [3, {}, {"id": "a"}, {"id": 1, "name": 2, "agent": 3, "status": 4}]
)
def test_what_is_no_state_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="no"):
        state_from(data)


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(ConfigError, match=r"x\.json"):
        JsonStates(tmp_path).list()
    with pytest.raises(ConfigError, match="no id"):
        JsonStates(tmp_path).load("../x")
    (tmp_path / "x.db").write_text("no database at all" * 100)
    with pytest.raises(ConfigError, match=r"x\.db"):
        SqliteStates(tmp_path / "x.db").list()


def options(replies: Sequence[Any] = ({"reply": "echo", "times": "always"},)) -> RunOptions:
    script = ScriptedModel(replies)
    return RunOptions(provider=lambda _: script)


CODER = Agent("Coder", model="scripted", system="You code.")


async def test_processes_live_again(store: StateStore, tmp_path: Path) -> None:
    async with Orchestrator(options=options()) as first, Persistence(first, store) as kept:
        lead = first.spawn(CODER, name="lead", task="all", work_dir=tmp_path)
        child = lead.spawn_child(CODER, reason="help")
        over = first.spawn(CODER)
        await lead.send("one")
        lead.save_checkpoint()
        await child.send("two")
        over.complete("done")
        await over.wait()
        await kept.flush()
        states = {state.id: state for state in store.list()}
        assert states[over.id].status == "completed"
        assert [m.text for m in states[lead.id].messages] == ["one", "one"]
    # The program was stopped: nothing was told to end.
    async with Orchestrator(options=options()) as second:
        found = await recover(second, store, [CODER])
        assert [process.id for process in found.processes] == [lead.id, child.id]
        again = second.get_by_name("lead")
        assert again is not None
        assert (again.id, again.task, again.work_dir) == (lead.id, "all", tmp_path)
        assert [m.text for m in again.checkpoint] == ["one", "one"]
        assert again.metrics.messages == 1
        assert again.children[0].id == child.id
        assert again.children[0].reason == "help"
        assert await again.send("three") == "three"
        assert [m.text for m in again.messages] == ["one", "one", "three", "three"]
        assert (await recover(second, store, [CODER])).processes == ()


async def test_what_cannot_live_again_is_told(store: StateStore) -> None:
    store.save(ProcessState("a", "A", "Gone", "running"))
    store.save(ProcessState("b", "B", "", "pending"))
    store.save(ProcessState("c", "C", "Coder", "timeout"))
    async with Orchestrator(options=options()) as orchestrator:
        found = await recover(orchestrator, store, [CODER])
        assert found.processes == ()
        assert sorted(state.id for state in found.lost) == ["a", "b"]


async def test_a_store_that_fails_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with (
        Orchestrator(options=options()) as orchestrator,
        Persistence(orchestrator, JsonStates(tmp_path / "file")) as kept,
    ):
        assert await orchestrator.spawn(CODER).send("x") == "x"
        await kept.flush()


PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from vega_runtime import Agent, Orchestrator, RunOptions
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.persistence import JsonStates, Persistence
script = ScriptedModel([{"reply": "echo", "times": "always"}])
async def main():
    async with Orchestrator(options=RunOptions(provider=lambda _: script)) as orchestrator:
        async with Persistence(orchestrator, JsonStates(Path(sys.argv[1]))) as kept:
            process = orchestrator.spawn(Agent("Coder", model="scripted"), name="coder")
            for number in range(5):
                await process.send(str(number))
            await kept.flush()
            os._exit(9)
asyncio.run(main())
"""


async def test_a_program_that_is_killed_is_recovered(tmp_path: Path) -> None:
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", PROGRAM, str(tmp_path)], check=False
    )
    assert done.returncode == 9
    async with Orchestrator(options=options()) as orchestrator:
        found = await recover(orchestrator, JsonStates(tmp_path), [CODER])
        assert [m.text for m in found.processes[0].messages][-2:] == ["4", "4"]
