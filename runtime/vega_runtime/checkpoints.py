"""Conversations as JSON, and checkpoints of them on disk."""

import base64
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from .conversation import EMPTY, Conversation
from .errors import ConfigError
from .models.base import Attachment, Message, ToolCall, ToolResult
from .storage import write_atomically

Json = dict[str, Any]
_VERSION = 1


def conversation_data(talk: Sequence[Message]) -> list[Json]:
    """A conversation as JSON values. Nothing of it is lost but `raw` blocks that are no JSON."""
    return [_message_data(message) for message in talk]


def conversation_of(data: Any) -> Conversation:
    """The conversation that `conversation_data` gave. Raises ValueError for anything else."""
    talk = EMPTY
    try:
        for item in data:
            talk = talk.then(_message(item))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no conversation: {error!r}") from error
    return talk


def _message_data(message: Message) -> Json:
    data: Json = {"role": message.role, "text": message.text}
    if message.tool_calls:
        data["tool_calls"] = [
            {"id": call.id, "name": call.name, "arguments": dict(call.arguments)}
            for call in message.tool_calls
        ]
    if message.tool_results:
        data["tool_results"] = [
            {"call_id": one.call_id, "content": one.content, "is_error": one.is_error}
            for one in message.tool_results
        ]
    if message.attachments:
        data["attachments"] = [
            {
                "name": file.name,
                "media_type": file.media_type,
                "data": base64.b64encode(file.data).decode(),
            }
            for file in message.attachments
        ]
    if message.raw is not None:
        with suppress(TypeError, ValueError):
            json.dumps(message.raw)
            data["raw"] = message.raw
    return data


def _message(data: Json) -> Message:
    if data["role"] not in ("user", "assistant") or not isinstance(data["text"], str):
        raise ValueError("this is no message of a conversation")
    return Message(
        data["role"],
        data["text"],
        tuple(ToolCall(**call) for call in data.get("tool_calls", ())),
        tuple(ToolResult(**one) for one in data.get("tool_results", ())),
        tuple(
            Attachment(file["name"], file["media_type"], base64.b64decode(file["data"]))
            for file in data.get("attachments", ())
        ),
        data.get("raw"),
    )


def save_conversation(path: Path, talk: Sequence[Message]) -> None:
    """Write a conversation to a JSON file, whole or not at all. Raises ConfigError."""
    data = {"version": _VERSION, "messages": conversation_data(talk)}
    text = json.dumps(data, ensure_ascii=False, indent=1)
    try:
        write_atomically(path, text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise ConfigError(f"the conversation cannot be saved in '{path}': {error}") from error


def load_conversation(path: Path) -> Conversation:
    """Read what `save_conversation` wrote. Raises ConfigError for a file that holds none."""
    try:
        data: Any = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
        if data["version"] != _VERSION:
            raise ValueError(f"version {data['version']} is not known")
        return conversation_of(data["messages"])
    except OSError as error:
        raise ConfigError(f"the conversation in '{path}' cannot be read: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"'{path}' holds no conversation: {error}") from error


class Checkpoints:
    """Conversations by name, each in a file of a folder. Names may be any text.

    `await process.send(...)`, then `checkpoints.save("before", process.messages)`; later
    `process.checkpoint = checkpoints.load("before")` lets a restart begin with it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, talk: Sequence[Message]) -> None:
        """Keep a conversation; one of the same name is replaced. Raises ConfigError."""
        save_conversation(self._file(name), talk)
        label = self._file(name).with_suffix(".name")
        write_atomically(label, name.encode("utf-8", "surrogatepass"))

    def load(self, name: str) -> Conversation:
        """The conversation of a name. Raises LookupError where there is none, ConfigError for a
        file that cannot be read."""
        path = self._file(name)
        if not path.exists():
            raise LookupError(f"there is no checkpoint '{name}'")
        return load_conversation(path)

    def list(self) -> tuple[str, ...]:
        """All names, sorted."""
        labels = self._folder.glob("*.name")
        return tuple(sorted(one.read_bytes().decode("utf-8", "surrogatepass") for one in labels))

    def delete(self, name: str) -> bool:
        """Forget a checkpoint. Whether it was there."""
        path = self._file(name)
        there = path.exists()
        for one in (path.with_suffix(".name"), path):
            one.unlink(missing_ok=True)
        return there

    def _file(self, name: str) -> Path:
        digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        readable = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:40].strip("-") or "checkpoint"
        return self._folder / f"{readable}-{digest}.json"


def as_data(value: Any) -> Json:
    """`value` as a map. Raises ValueError for anything else."""
    if not isinstance(value, dict):
        raise ValueError("this is no map")
    return cast("Json", value)
