"""Tools that are written in YAML files, for Python programs that have no compiled program.

The form is that of `tools` in a program: one tool with its `name`, or a map of tools. A hole holds
the name of a parameter and nothing else, for expressions are the compiler's; and a command with
holes is a list of words, for only the compiler can tell what a shell would make of them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from vega_runtime.durations import parse_duration
from vega_runtime.env import EnvText
from vega_runtime.errors import ConfigError, VegaError
from vega_runtime.tools.definition import Args, Joined, Template, Tool
from vega_runtime.tools.schema import Param, type_schema

Table = Mapping[str, Any]

_HOLE = re.compile(r"<<\s*(.*?)\s*>>|\{\{\s*(.*?)\s*\}\}")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_PARAMETER = re.compile(r"[A-Za-z_]\w*")
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+[/?#]|[^/?#]*\$\{[^}]*\}[^/?#]*[/?#]")
_ENV = re.compile(r"\$\{[A-Za-z_]\w*(?::-[^}]*)?\}|\$\$\{")

_LIMITS = ("allowed_paths", "allowed_commands", "allowed_hosts")
_KEYS = (
    *("name", "description", "params", "implementation", "capabilities", "confirm"),
    *_LIMITS,
)
_PARAM_KEYS = ("name", "type", "description", "required", "default", "enum", "glob")
_IMPLEMENTATIONS: Mapping[str, tuple[str, ...]] = {
    "http": ("method", "url", "headers", "query", "body", "timeout", "retry"),
    "exec": ("command", "env", "cwd", "timeout"),
    "file_read": ("path", "encoding"),
    "file_write": ("path", "content", "mode", "mkdir", "encoding"),
    "builtin": ("function",),
}
_NEEDED = {
    "http": ("url",),
    "exec": ("command",),
    "file_read": ("path",),
    "file_write": ("path", "content"),
    "builtin": ("function",),
}
_WORDS: Mapping[str, Sequence[str]] = {
    "method": ("GET", "POST", "PUT", "PATCH", "DELETE"),
    "encoding": ("utf-8", "base64"),
    "mode": ("write", "append"),
}


def load_tools(path: Path) -> list[Tool]:
    """The tools of a file. Raises ConfigError that names the file, the tool and what is wrong."""
    from vega_runtime.yaml_data import load

    try:
        written = load(path.read_text("utf-8-sig"), str(path))
    except OSError as problem:
        raise ConfigError(f"cannot read the tools of {path}: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"cannot read the tools of {path}: it is not UTF-8 text") from None
    except VegaError as problem:
        raise ConfigError(f"cannot read the tools of {path}: {problem.message}") from None
    if not isinstance(written, Mapping) or not written:
        raise ConfigError(f"{path} holds no tools: write one with its `name`, or a map of them")
    table = cast("Table", written)
    try:
        if "implementation" in table:
            name = _text(table, "name", f"the tool of {path}")
            return [tool_from(name, table)]
        return [
            tool_from(name, _table(tool, f"tool '{name}'"))
            for name, tool in table.items()
            if not name.startswith("x-")
        ]
    except ConfigError as problem:
        raise ConfigError(f"{path}: {problem.message}") from None


def tool_from(name: str, written: Table) -> Tool:
    """A tool from its written form. Raises ConfigError that says what is wrong."""
    owner = f"tool '{name}'"
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{owner}: names hold letters, digits, '-' and '_'")
    _known(written, _KEYS, owner)
    description = _text(written, "description", owner)
    implementation = _table(written.get("implementation"), f"`implementation` of {owner}")
    kind = _text(implementation, "type", f"`implementation` of {owner}")
    if kind not in _IMPLEMENTATIONS:
        near = _near(kind, _IMPLEMENTATIONS)
        raise ConfigError(f"{owner}: there is no tool type '{kind}'{near}")
    _known(implementation, ("type", *_IMPLEMENTATIONS[kind]), f"an implementation of {owner}")
    params = dict(_params(written.get("params"), owner))
    options: dict[str, Any] = {"description": description, "params": params}
    for key in ("capabilities", *_LIMITS):
        if key in written:
            options[key] = tuple(_texts(written[key], f"`{key}` of {owner}"))
    if "confirm" in written:
        options["confirm"] = _boolean(written["confirm"], f"`confirm` of {owner}")
    for key in _NEEDED[kind]:
        if implementation.get(key) is None:
            raise ConfigError(f"{owner}: an implementation of type {kind} needs `{key}`")
    fields = {key: value for key, value in implementation.items() if key != "type"}
    return _MAKERS[kind](name, _Reader(owner, params), fields, options)


class _Reader:
    """Reads the fields of one tool, whose holes name its parameters."""

    def __init__(self, owner: str, params: Mapping[str, Param]) -> None:
        self.owner = owner
        self.params = params

    def tree(self, value: Any) -> Any:
        """A value with templates inside; a hole alone keeps its type."""
        if isinstance(value, str):
            return self.template(value)
        if isinstance(value, Mapping):
            items = cast("Table", value).items()
            return {key: self.tree(item) for key, item in items}
        if isinstance(value, list):
            return [self.tree(item) for item in cast("list[Any]", value)]
        return value

    def template(self, written: Any, wrap: Callable[[Any], Any] = lambda value: value) -> Template:
        """A text with holes, each passed through `wrap`."""
        text = written if isinstance(written, str) else str(written)
        parts: list[Template] = []
        end = 0
        for found in _HOLE.finditer(text):
            parts += self._literal(text[end : found.start()])
            parts.append(self._hole(found[1] if found[1] is not None else found[2], wrap))
            end = found.end()
        parts += self._literal(text[end:])
        if len(parts) == 1:
            return parts[0]
        return Joined(*parts) if parts else ""

    def has_holes(self, text: str) -> bool:
        return _HOLE.search(text) is not None

    def _literal(self, text: str) -> list[Template]:
        if not text:
            return []
        return [EnvText(text) if _ENV.search(text) else text]

    def _hole(self, name: str, wrap: Callable[[Any], Any]) -> Callable[[Args], Any]:
        if not _PARAMETER.fullmatch(name):
            raise ConfigError(
                f"{self.owner}: '{name}' is more than the name of a parameter; expressions are for "
                "tools of a compiled program"
            )
        if name not in self.params:
            raise ConfigError(f"{self.owner} has no parameter '{name}'{_near(name, self.params)}")
        return lambda args: wrap(args[name])

    def seconds(self, value: Any) -> float:
        try:
            return parse_duration(value) if isinstance(value, str) else float(value)
        except (TypeError, ValueError) as problem:
            raise ConfigError(f"{self.owner}: `timeout`: {problem}") from None

    def word(self, fields: Table, key: str) -> dict[str, Any]:
        if key not in fields:
            return {}
        if fields[key] not in _WORDS[key]:
            words = ", ".join(_WORDS[key])
            raise ConfigError(f"{self.owner}: `{key}` is one of {words}, not {fields[key]!r}")
        return {key: fields[key]}


def _http(name: str, reader: _Reader, fields: Table, options: dict[str, Any]) -> Tool:
    from vega_runtime.tools.http import HttpTool, ToolRetry, quote

    url = str(fields["url"])
    first = _HOLE.search(url)
    if first is not None and not _HOST.match(url[: first.start()]):
        raise ConfigError(f"{reader.owner}: a hole must not decide which host is called")
    more: dict[str, Any] = reader.word(fields, "method")
    for key in ("headers", "query", "body"):
        if key in fields:
            more[key] = reader.tree(fields[key])
    if "timeout" in fields:
        more["timeout"] = reader.seconds(fields["timeout"])
    if "retry" in fields:
        retry = _table(fields["retry"], f"`retry` of {reader.owner}")
        _known(retry, ("attempts", "backoff"), f"`retry` of {reader.owner}")
        values: dict[str, Any] = dict(retry)
        if "backoff" in retry:
            values["backoff"] = reader.seconds(retry["backoff"])
        more["retry"] = ToolRetry(**values)
    return HttpTool(name, url=reader.template(url, quote), **more, **options)


def _exec(name: str, reader: _Reader, fields: Table, options: dict[str, Any]) -> Tool:
    from vega_runtime.tools.execute import Argv, Command, ExecTool

    written = fields["command"]
    if isinstance(written, str):
        if reader.has_holes(written):
            raise ConfigError(
                f"{reader.owner}: a command with holes is a list of words here, such as "
                "[grep, -c, --, <<pattern>>, file.txt]"
            )
        if "allowed_commands" in options:
            raise ConfigError(f"{reader.owner}: `allowed_commands` needs a list of words here")
        command: Any = Command(written, {})
    else:
        words = _texts(written, f"`command` of {reader.owner}")
        command = Argv.of([reader.template(word) for word in words])
    more: dict[str, Any] = {}
    if "env" in fields:
        more["env"] = reader.tree(_table(fields["env"], f"`env` of {reader.owner}"))
    if "cwd" in fields:
        more["cwd"] = reader.template(fields["cwd"])
    if "timeout" in fields:
        more["timeout"] = reader.seconds(fields["timeout"])
    return ExecTool(name, command=command, **more, **options)


def _file_read(name: str, reader: _Reader, fields: Table, options: dict[str, Any]) -> Tool:
    from vega_runtime.tools.files import FileReadTool

    path = reader.template(fields["path"])
    return FileReadTool(name, path=path, **reader.word(fields, "encoding"), **options)


def _file_write(name: str, reader: _Reader, fields: Table, options: dict[str, Any]) -> Tool:
    from vega_runtime.tools.files import FileWriteTool

    more = {**reader.word(fields, "encoding"), **reader.word(fields, "mode")}
    if "mkdir" in fields:
        more["mkdir"] = _boolean(fields["mkdir"], f"`mkdir` of {reader.owner}")
    return FileWriteTool(
        name,
        path=reader.template(fields["path"]),
        content=reader.template(fields["content"]),
        **more,
        **options,
    )


def _builtin(name: str, reader: _Reader, fields: Table, options: dict[str, Any]) -> Tool:
    from vega_runtime.tools.functions import BuiltinTool

    return BuiltinTool(name, function=_text(fields, "function", reader.owner), **options)


_MAKERS: Mapping[str, Callable[[str, _Reader, Table, dict[str, Any]], Tool]] = {
    "http": _http,
    "exec": _exec,
    "file_read": _file_read,
    "file_write": _file_write,
    "builtin": _builtin,
}


# Parameters


def _params(written: Any, owner: str) -> Iterator[tuple[str, Param]]:
    if written is None:
        return
    items: list[tuple[Any, Any]]
    if isinstance(written, Mapping):
        items = list(cast("Table", written).items())
    elif isinstance(written, list):
        items = [
            (cast("Table", item).get("name"), cast("Any", item))
            if isinstance(item, Mapping)
            else (item, None)
            for item in cast("list[Any]", written)
        ]
    else:
        raise ConfigError(f"{owner}: `params` is a map from names to parameters")
    for name, value in items:
        if not isinstance(name, str) or not _PARAMETER.fullmatch(name):
            raise ConfigError(f"{owner}: {name!r} cannot name a parameter")
        yield name, _param(name, value, owner)


def _param(name: str, value: Any, owner: str) -> Param:
    about = f"the parameter '{name}' of {owner}"
    if value is None or isinstance(value, str):
        fields: dict[str, Any] = {"type": value or "string"}
    else:
        table = _table(value, about)
        _known(table, _PARAM_KEYS, about)
        fields = {key: field for key, field in table.items() if key != "name"}
    try:
        type_schema(str(fields.get("type", "string")))
    except ValueError as problem:
        raise ConfigError(f"{about}: {problem}") from None
    return Param(**fields)


# Values


def _table(value: Any, owner: str) -> Table:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{owner} is a map")
    return cast("Table", value)


def _text(table: Table, key: str, owner: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{owner} needs a text as `{key}`")
    return value


def _texts(value: Any, owner: str) -> list[str]:
    items = cast("list[Any]", value if isinstance(value, list) else [value])
    if any(isinstance(item, dict | list) or item is None for item in items):
        raise ConfigError(f"{owner} is a list of texts")
    return [item if isinstance(item, str) else str(item) for item in items]


def _boolean(value: Any, owner: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{owner} is true or false, not {value!r}")
    return value


def _known(table: Table, keys: Sequence[str], owner: str) -> None:
    for key in table:
        if key not in keys and not key.startswith("x-"):
            raise ConfigError(f"{owner} has no key '{key}'{_near(key, keys)}")


def _near(name: str, names: Sequence[str] | Mapping[str, Any]) -> str:
    found = get_close_matches(name, list(names), n=1)
    if found:
        return f"; did you mean '{found[0]}'?"
    return f" (there are {', '.join(names)})" if names else ""
