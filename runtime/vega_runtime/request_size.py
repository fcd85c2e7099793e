"""An upper bound of what a request costs to read, without asking its provider."""

import re
import zlib
from json import dumps
from typing import Any

from .models.base import Attachment, Message, Request

_MESSAGE_OVERHEAD = 32
_TOOL_OVERHEAD = 64
_TOOLS_OVERHEAD = 1024
_REQUEST_OVERHEAD = 64
_IMAGE_TOKENS = 5_000
_PAGE_TOKENS = 8_000
_MAX_PAGES = 600


def most_input_tokens(request: Request) -> int:
    """An upper bound of the request's input tokens, without asking the provider.

    A token stands for at least one byte of text, so the UTF-8 length bounds the text; each message
    and tool adds the markers that providers put around it. An image counts as the largest that
    vendors document (4,784 tokens), a PDF by its pages (text and picture of each).
    """
    total = _REQUEST_OVERHEAD + _bytes(request.system)
    if request.tools:
        total += _TOOLS_OVERHEAD
        for tool in request.tools:
            total += _TOOL_OVERHEAD + _bytes(tool.name) + _bytes(tool.description)
            total += _bytes(_json(tool.parameters))
    if request.output_schema is not None:
        total += _TOOLS_OVERHEAD + _bytes(_json(request.output_schema))
    if request.params:
        total += _bytes(_json(request.params))
    return total + sum(_message_tokens(message) for message in request.messages)


def _message_tokens(message: Message) -> int:
    total = _MESSAGE_OVERHEAD + _bytes(message.text)
    for call in message.tool_calls:
        total += _MESSAGE_OVERHEAD + _bytes(call.id) + _bytes(call.name)
        total += _bytes(_json(call.arguments))
    for result in message.tool_results:
        total += _MESSAGE_OVERHEAD + _bytes(result.call_id) + _bytes(result.content)
    if message.raw is not None:
        total = max(total, _MESSAGE_OVERHEAD + _bytes(_json(message.raw)))
    return total + sum(_attachment_tokens(file) for file in message.attachments)


def _attachment_tokens(file: Attachment) -> int:
    if file.media_type == "application/pdf":
        return _PAGE_TOKENS * _pdf_pages(file.data)
    return _IMAGE_TOKENS


_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_COUNT = re.compile(rb"/Count\s+(\d{1,6})")
_STREAM = re.compile(rb"/ObjStm.{0,400}?stream\r?\n(.*?)endstream", re.DOTALL)


def _pdf_pages(data: bytes) -> int:
    """The pages of a PDF, or what providers accept at most when that cannot be told."""
    texts = [data]
    for stream in _STREAM.finditer(data):
        try:
            texts.append(zlib.decompressobj().decompress(stream[1], 1 << 22))
        except zlib.error:
            return _MAX_PAGES
    counts = [int(number[1]) for text in texts for number in _COUNT.finditer(text)]
    pages = max(sum(len(_PAGE.findall(text)) for text in texts), *counts, 0)
    return min(pages, _MAX_PAGES) or _MAX_PAGES


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _json(value: Any) -> str:
    return dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
