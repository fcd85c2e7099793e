"""Tools that read and write files in the sandbox."""

import base64
import binascii
from typing import Literal, Unpack

from vega_runtime.errors import ToolError
from vega_runtime.tools.definition import (
    Args,
    Template,
    Tool,
    ToolContext,
    ToolOptions,
    render_text,
)
from vega_runtime.tools.sandbox import MAX_READ

Encoding = Literal["utf-8", "base64"]


class FileReadTool(Tool):
    """Reads a file of the sandbox, as text or in base64.

    Where the tool has params `offset` and `limit` they choose lines, from 1. `allowed_paths` are
    globs; without any the whole sandbox may be read.
    """

    templates = ("path",)
    limits = ("allowed_paths",)
    usual_capabilities = ("fs:read",)

    def __init__(
        self,
        name: str,
        *,
        path: Template,
        encoding: Encoding = "utf-8",
        **options: Unpack[ToolOptions],
    ) -> None:
        super().__init__(name, **options)
        self.path = path
        self.encoding: Encoding = encoding

    async def run(self, args: Args, context: ToolContext) -> str:
        path = render_text(self.path, args, context.env)
        data, size = context.files().read(path, allowed=self.allowed_paths)
        if self.encoding == "base64":
            if size > len(data):
                raise ToolError(f"'{path}' has {size} bytes; at most {MAX_READ} can be returned")
            return base64.b64encode(data).decode("ascii")
        text = _decoded(path, data, cut=size > len(data))
        return _lines(text, args.get("offset"), args.get("limit"), size, len(data))


class FileWriteTool(Tool):
    """Writes a file of the sandbox, at once, or adds to its end.

    `mkdir` makes missing folders. With `base64` the content is decoded first.
    """

    templates = ("path", "content")
    limits = ("allowed_paths",)
    usual_capabilities = ("fs:write",)

    def __init__(
        self,
        name: str,
        *,
        path: Template,
        content: Template,
        mode: Literal["write", "append"] = "write",
        mkdir: bool = False,
        encoding: Encoding = "utf-8",
        **options: Unpack[ToolOptions],
    ) -> None:
        super().__init__(name, **options)
        self.path = path
        self.content = content
        self.mode = mode
        self.mkdir = mkdir
        self.encoding: Encoding = encoding

    async def run(self, args: Args, context: ToolContext) -> str:
        path = render_text(self.path, args, context.env)
        content = render_text(self.content, args, context.env)
        append = self.mode == "append"
        data = _encoded(content, self.encoding)
        context.files().write(
            path, data, append=append, make_folders=self.mkdir, allowed=self.allowed_paths
        )
        return f"{'added' if append else 'wrote'} {len(data)} bytes to {path}"


class ListFilesTool(Tool):
    """Lists files of the sandbox, one path a line."""

    limits = ("allowed_paths",)
    usual_capabilities = ("fs:read",)

    async def run(self, args: Args, context: ToolContext) -> str:
        names, more = context.files().list(
            args.get("path") or ".",
            pattern=args.get("pattern"),
            recursive=bool(args.get("recursive")),
            allowed=self.allowed_paths,
        )
        if more:
            names.append(f"[more than {len(names)} files: give a narrower path or pattern]")
        return "\n".join(names) or "(no files)"


def _decoded(path: str, data: bytes, *, cut: bool) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        # A cut may fall inside a character.
        if cut and problem.start >= len(data) - 3:
            return data[: problem.start].decode("utf-8-sig")
        raise ToolError(f"'{path}' is not UTF-8 text (byte {problem.start})") from None


def _encoded(content: str, encoding: Encoding) -> bytes:
    try:
        if encoding == "base64":
            return base64.b64decode(content, validate=True)
        return content.encode()
    except binascii.Error as problem:
        raise ToolError(f"the content is not base64: {problem}") from None
    except UnicodeEncodeError:
        raise ToolError("the content holds half a surrogate pair") from None


def _lines(text: str, offset: int | None, limit: int | None, size: int, read: int) -> str:
    if offset is not None or limit is not None:
        first = max(offset or 1, 1) - 1
        lines = text.splitlines(keepends=True)
        last = len(lines) if limit is None else first + max(limit, 0)
        text = "".join(lines[first:last])
    if size > read:
        text += f"\n[cut: the file has {size} bytes, only the first {read} were read]"
    return text
