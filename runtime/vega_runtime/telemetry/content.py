"""What may be told of messages and errors: nothing that is secret."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..models.base import Message, Response

_SECRET_NAME = re.compile(r"(_KEY|_TOKEN|_SECRET|PASSWORD|_PASS)$", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA)[-_A-Za-z0-9]{16,}")
_SHORTEST = 6
"""A shorter value of a variable is no secret that could be told from other words."""


class Redactor:
    """Takes the secrets of an environment out of texts."""

    def __init__(self, env: Mapping[str, str]) -> None:
        values = {
            value
            for name, value in env.items()
            if _SECRET_NAME.search(name) and len(value) >= _SHORTEST
        }
        longest_first = sorted(values, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, longest_first))) if values else None

    def __call__(self, text: str) -> str:
        """The text with `***` in place of secrets."""
        if self._values is not None:
            text = self._values.sub("***", text)
        return _SECRET_VALUE.sub("***", text)


def messages_json(messages: Sequence[Message]) -> str:
    """Messages as the conventions write them: roles with parts."""
    return _json([{"role": message.role, "parts": _parts(message)} for message in messages])


def response_json(response: Response) -> str:
    """A reply as the conventions write it."""
    parts: list[dict[str, Any]] = [{"type": "text", "content": response.text}]
    parts += [
        {"type": "tool_call", "id": call.id, "name": call.name, "arguments": dict(call.arguments)}
        for call in response.tool_calls
    ]
    reason = response.stop_reason
    return _json([{"role": "assistant", "parts": parts, "finish_reason": reason}])


def _parts(message: Message) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if message.text:
        parts.append({"type": "text", "content": message.text})
    parts += [
        {"type": "tool_call", "id": call.id, "name": call.name, "arguments": dict(call.arguments)}
        for call in message.tool_calls
    ]
    parts += [
        {"type": "tool_call_response", "id": result.call_id, "response": result.content}
        for result in message.tool_results
    ]
    parts += [
        {"type": "blob", "mime_type": file.media_type, "name": file.name}
        for file in message.attachments
    ]
    return parts


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def arguments_json(arguments: Mapping[str, Any]) -> str:
    """The arguments of a tool call."""
    return _json(dict(arguments))
