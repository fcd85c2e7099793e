"""Images and PDFs of the sandbox that go along with a message."""

import asyncio
from pathlib import PurePath
from typing import TYPE_CHECKING

from .errors import ToolError
from .models.base import Attachment

if TYPE_CHECKING:
    from .tools.sandbox import Sandbox

MAX_BYTES = 32 * 1024 * 1024
"""The largest file that is attached; providers take no larger requests."""

_MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
}


async def attachments(sandbox: "Sandbox", paths: tuple[str, ...]) -> tuple[Attachment, ...]:
    """The files as attachments. Raises ToolError for one that is missing, too large or no image
    or PDF."""
    return tuple([await asyncio.to_thread(_attachment, sandbox, path) for path in paths])


def _attachment(sandbox: "Sandbox", path: str) -> Attachment:
    media_type = _MEDIA_TYPES.get(PurePath(path).suffix.lower())
    if media_type is None:
        raise ToolError(f"'{path}' cannot be attached: {', '.join(_MEDIA_TYPES)} files can")
    data, size = sandbox.read(path, limit=MAX_BYTES)
    if size > len(data):
        raise ToolError(f"'{path}' has {size} bytes; at most {MAX_BYTES} can be attached")
    return Attachment(PurePath(path).name, media_type, data)
