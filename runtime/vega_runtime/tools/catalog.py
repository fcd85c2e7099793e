"""The tools that every program has, by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from vega_runtime.tools.definition import Tool
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


def builtin_tool(
    name: str,
    *,
    allowed_paths: Sequence[str] = (),
    allowed_commands: Sequence[str] = (),
    allowed_hosts: Sequence[str] = (),
    confirm: bool = False,
) -> Tool:
    """A built-in tool by its name, narrowed where wanted. Raises KeyError for an unknown name."""
    known = ALIASES.get(name, name)
    table = BUILTIN_TOOLS[known]

    def files() -> Tool:
        from vega_runtime.tools.files import FileReadTool, FileWriteTool, ListFilesTool

        if known == "list_files":
            return ListFilesTool(
                name,
                description=table.description,
                params=table.params,
                confirm=confirm,
                capabilities=table.capabilities,
            )
        if known == "read_file":
            return FileReadTool(
                name,
                description=table.description,
                params=table.params,
                path=lambda a: a["path"],
                allowed_paths=allowed_paths,
                confirm=confirm,
            )
        return FileWriteTool(
            name,
            description=table.description,
            params=table.params,
            path=lambda a: a["path"],
            content=lambda a: a["content"],
            mode="append" if known == "append_file" else "write",
            mkdir=True,
            allowed_paths=allowed_paths,
            confirm=confirm,
        )

    def command() -> Tool:
        from vega_runtime.tools.execute import RunCommandTool

        return RunCommandTool(
            name,
            description=table.description,
            params=table.params,
            allowed_commands=allowed_commands,
            confirm=confirm,
        )

    def web() -> Tool:
        from vega_runtime.tools.web import FetchTool, SearchTool

        if known == "web_search":
            return SearchTool(
                name, description=table.description, params=table.params, confirm=confirm
            )
        return FetchTool(
            name,
            description=table.description,
            params=table.params,
            method="GET" if known == "http_get" else "POST",
            allowed_hosts=allowed_hosts,
            confirm=confirm,
        )

    def mail() -> Tool:
        from vega_runtime.tools.mail import SendEmailTool

        return SendEmailTool(
            name, description=table.description, params=table.params, confirm=confirm
        )

    def memory() -> Tool:
        from vega_runtime.tools.remembering import MemorySearchTool, MemoryStoreTool

        kind = MemoryStoreTool if known == "memory_store" else MemorySearchTool
        return kind(
            name,
            description=table.description,
            params=table.params,
            confirm=confirm,
            capabilities=table.capabilities,
        )

    makers: Mapping[str, Callable[[], Tool]] = {
        "run_command": command,
        "http_get": web,
        "http_post": web,
        "web_search": web,
        "send_email": mail,
        "memory_store": memory,
        "memory_search": memory,
    }
    return makers.get(known, files)()
