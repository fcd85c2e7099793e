"""The tools that every program has, by name: for the checker, completion, hover and the docs.

The runtime holds the same table with what each tool does (a test keeps the two equal).
"""

from typing import NamedTuple


class BuiltinParam(NamedTuple):
    """A parameter of a built-in tool; `default` None stands for none."""

    type: str
    doc: str
    required: bool = False
    default: str | int | bool | None = None


class BuiltinTool(NamedTuple):
    """A built-in tool; `capabilities` are words of `fs:read fs:write net exec`."""

    doc: str
    params: dict[str, BuiltinParam]
    capabilities: tuple[str, ...]


_PATH = BuiltinParam("string", "Path relative to the sandbox", required=True)
_HEADERS = BuiltinParam("map[string]", "Request headers")

_RUN_COMMAND = BuiltinTool(
    "Run a shell command in the sandbox and return its output.",
    {
        "command": BuiltinParam("string", "The command", required=True),
        "cwd": BuiltinParam("string", "Folder relative to the sandbox", default="."),
        "timeout": BuiltinParam("number", "Seconds before it is stopped", default=60),
    },
    ("exec",),
)

BUILTIN_TOOLS: dict[str, BuiltinTool] = {
    "read_file": BuiltinTool(
        "Read a text file.",
        {
            "path": _PATH,
            "offset": BuiltinParam("integer", "First line to return, from 1"),
            "limit": BuiltinParam("integer", "Number of lines to return"),
        },
        ("fs:read",),
    ),
    "write_file": BuiltinTool(
        "Write a text file, replacing what it held. Missing folders are made.",
        {
            "path": _PATH,
            "content": BuiltinParam("string", "The whole new content", required=True),
        },
        ("fs:write",),
    ),
    "append_file": BuiltinTool(
        "Add text to the end of a file. Missing files and folders are made.",
        {"path": _PATH, "content": BuiltinParam("string", "Text to add", required=True)},
        ("fs:write",),
    ),
    "list_files": BuiltinTool(
        "List files, one path a line; folders end in '/'.",
        {
            "path": BuiltinParam("string", "Folder relative to the sandbox", default="."),
            "pattern": BuiltinParam("string", "Only paths or names that fit, such as *.py"),
            "recursive": BuiltinParam("boolean", "Also in the folders inside", default=False),
        },
        ("fs:read",),
    ),
    "run_command": _RUN_COMMAND,
    "exec": _RUN_COMMAND,
    "http_get": BuiltinTool(
        "Fetch a URL and return the body of the response.",
        {
            "url": BuiltinParam("string", "An http or https URL", required=True),
            "headers": _HEADERS,
        },
        ("net",),
    ),
    "http_post": BuiltinTool(
        "Send a POST request and return the body of the response.",
        {
            "url": BuiltinParam("string", "An http or https URL", required=True),
            "body": BuiltinParam("any", "A text, or a value that is sent as JSON"),
            "headers": _HEADERS,
        },
        ("net",),
    ),
    "web_search": BuiltinTool(
        "Search the web; returns titles, addresses and excerpts.",
        {
            "query": BuiltinParam("string", "What to look for", required=True),
            "limit": BuiltinParam("integer", "Number of results at most", default=5),
        },
        ("net",),
    ),
    "send_email": BuiltinTool(
        "Send an e-mail.",
        {
            "to": BuiltinParam("string", "Addresses, separated by commas", required=True),
            "subject": BuiltinParam("string", "Subject line", required=True),
            "body": BuiltinParam("string", "Text of the message", required=True),
            "cc": BuiltinParam("string", "Addresses for a copy, separated by commas"),
        },
        ("net",),
    ),
    "memory_store": BuiltinTool(
        "Remember a value under a key, for later runs too.",
        {
            "key": BuiltinParam("string", "Name of the memory", required=True),
            "value": BuiltinParam("any", "What to remember", required=True),
        },
        ("fs:write",),
    ),
    "memory_search": BuiltinTool(
        "Search what was remembered.",
        {
            "query": BuiltinParam("string", "Words to look for", required=True),
            "limit": BuiltinParam("integer", "Number of results at most", default=5),
        },
        ("fs:read",),
    ),
}

ALIASES: dict[str, str] = {"exec": "run_command"}
"""Other names of built-in tools, which stand in the table too."""
