"""The tools that every program has, by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Literal, Unpack

from vega_runtime.tools.definition import OtherOptions, Tool, ToolOptions
from vega_runtime.tools.schema import Param


@dataclass(frozen=True, slots=True)
class Builtin:
    """What a built-in tool looks like."""

    description: str
    params: Mapping[str, Param]
    capabilities: Sequence[str] = field(default=())


def _needed(description: str, kind: str = "string") -> Param:
    return Param(kind, description, required=True)


_PATH = "Path relative to the sandbox"
_HEADERS = Param("map[string]", "Request headers")

BUILTIN_TOOLS: Mapping[str, Builtin] = MappingProxyType(
    {
        "read_file": Builtin(
            "Read a text file.",
            {
                "path": _needed(_PATH),
                "offset": Param("integer", "First line to return, from 1"),
                "limit": Param("integer", "Number of lines to return"),
            },
            ("fs:read",),
        ),
        "write_file": Builtin(
            "Write a text file, replacing what it held. Missing folders are made.",
            {"path": _needed(_PATH), "content": _needed("The whole new content")},
            ("fs:write",),
        ),
        "append_file": Builtin(
            "Add text to the end of a file. Missing files and folders are made.",
            {"path": _needed(_PATH), "content": _needed("Text to add")},
            ("fs:write",),
        ),
        "list_files": Builtin(
            "List files, one path a line; folders end in '/'.",
            {
                "path": Param("string", "Folder relative to the sandbox", default="."),
                "pattern": Param("string", "Only paths or names that fit, such as *.py"),
                "recursive": Param("boolean", "Also in the folders inside", default=False),
            },
            ("fs:read",),
        ),
        "run_command": Builtin(
            "Run a shell command in the sandbox and return its output.",
            {
                "command": _needed("The command"),
                "cwd": Param("string", "Folder relative to the sandbox", default="."),
                "timeout": Param("number", "Seconds before it is stopped", default=60),
            },
            ("exec",),
        ),
        "http_get": Builtin(
            "Fetch a URL and return the body of the response.",
            {"url": _needed("An http or https URL"), "headers": _HEADERS},
            ("net",),
        ),
        "http_post": Builtin(
            "Send a POST request and return the body of the response.",
            {
                "url": _needed("An http or https URL"),
                "body": Param("any", "A text, or a value that is sent as JSON"),
                "headers": _HEADERS,
            },
            ("net",),
        ),
        "web_search": Builtin(
            "Search the web; returns titles, addresses and excerpts.",
            {
                "query": _needed("What to look for"),
                "limit": Param("integer", "Number of results at most", default=5),
            },
            ("net",),
        ),
        "send_email": Builtin(
            "Send an e-mail.",
            {
                "to": _needed("Addresses, separated by commas"),
                "subject": _needed("Subject line"),
                "body": _needed("Text of the message"),
                "cc": Param("string", "Addresses for a copy, separated by commas"),
            },
            ("net",),
        ),
        "memory_store": Builtin(
            "Remember a value under a key, for later runs too.",
            {"key": _needed("Name of the memory"), "value": _needed("What to remember", "any")},
            ("fs:write",),
        ),
        "memory_search": Builtin(
            "Search what was remembered.",
            {
                "query": _needed("Words to look for"),
                "limit": Param("integer", "Number of results at most", default=5),
            },
            ("fs:read",),
        ),
    }
)

ALIASES: Mapping[str, str] = MappingProxyType({"exec": "run_command"})
"""Other names of built-in tools."""


def builtin_tool(name: str, **options: Unpack[OtherOptions]) -> Tool:
    """A built-in tool by its name, narrowed where wanted. Raises KeyError for an unknown name."""
    known = ALIASES.get(name, name)
    table = BUILTIN_TOOLS.get(known)
    if table is None:
        raise KeyError(f"there is no built-in tool '{name}' (tools: {', '.join(BUILTIN_TOOLS)})")
    all_options: ToolOptions = {
        "description": table.description,
        "params": table.params,
        "capabilities": table.capabilities,
        **options,
    }
    return _MAKERS[known](name, all_options)


def _read_file(name: str, options: ToolOptions) -> Tool:
    from vega_runtime.tools.files import FileReadTool

    return FileReadTool(name, path=lambda a: a["path"], **options)


def _write_file(name: str, options: ToolOptions, mode: Literal["write", "append"]) -> Tool:
    from vega_runtime.tools.files import FileWriteTool

    return FileWriteTool(
        name,
        path=lambda a: a["path"],
        content=lambda a: a["content"],
        mode=mode,
        mkdir=True,
        **options,
    )


def _list_files(name: str, options: ToolOptions) -> Tool:
    from vega_runtime.tools.files import ListFilesTool

    return ListFilesTool(name, **options)


def _run_command(name: str, options: ToolOptions) -> Tool:
    from vega_runtime.tools.execute import RunCommandTool

    return RunCommandTool(name, **options)


def _fetch(name: str, options: ToolOptions, method: Literal["GET", "POST"]) -> Tool:
    from vega_runtime.tools.web import FetchTool

    return FetchTool(name, method=method, **options)


def _search(name: str, options: ToolOptions) -> Tool:
    from vega_runtime.tools.web import SearchTool

    return SearchTool(name, **options)


def _send_email(name: str, options: ToolOptions) -> Tool:
    from vega_runtime.tools.mail import SendEmailTool

    return SendEmailTool(name, **options)


def _memory_store(name: str, options: ToolOptions) -> Tool:
    from vega_runtime.tools.remembering import MemoryStoreTool

    return MemoryStoreTool(name, **options)


def _memory_search(name: str, options: ToolOptions) -> Tool:
    from vega_runtime.tools.remembering import MemorySearchTool

    return MemorySearchTool(name, **options)


_MAKERS: Mapping[str, Callable[[str, ToolOptions], Tool]] = {
    "read_file": _read_file,
    "write_file": partial(_write_file, mode="write"),
    "append_file": partial(_write_file, mode="append"),
    "list_files": _list_files,
    "run_command": _run_command,
    "http_get": partial(_fetch, method="GET"),
    "http_post": partial(_fetch, method="POST"),
    "web_search": _search,
    "send_email": _send_email,
    "memory_store": _memory_store,
    "memory_search": _memory_search,
}
