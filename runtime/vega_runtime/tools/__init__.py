"""Tools that agents call: built-in ones, commands, HTTP, files, and Python functions."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vega_runtime.tools.catalog import ALIASES, BUILTIN_TOOLS, builtin_tool
    from vega_runtime.tools.definition import (
        Args,
        Ask,
        Joined,
        Memory,
        Template,
        Tool,
        ToolContext,
    )
    from vega_runtime.tools.execute import Argv, Command, ExecTool, RunCommandTool
    from vega_runtime.tools.files import FileReadTool, FileWriteTool
    from vega_runtime.tools.functions import BuiltinTool, FunctionTool, ToolDef
    from vega_runtime.tools.http import HttpTool, ToolRetry, quote
    from vega_runtime.tools.middleware import log_calls, rate_limit, time_limit
    from vega_runtime.tools.registry import Middleware, Tools, ToolSet, resolve
    from vega_runtime.tools.sandbox import Root, Sandbox
    from vega_runtime.tools.schema import MISSING, Param

_MODULES = {
    "catalog": ("ALIASES", "BUILTIN_TOOLS", "builtin_tool"),
    "definition": ("Args", "Ask", "Joined", "Memory", "Template", "Tool", "ToolContext"),
    "execute": ("Argv", "Command", "ExecTool", "RunCommandTool"),
    "files": ("FileReadTool", "FileWriteTool"),
    "functions": ("BuiltinTool", "FunctionTool", "ToolDef"),
    "http": ("HttpTool", "ToolRetry", "quote"),
    "middleware": ("log_calls", "rate_limit", "time_limit"),
    "registry": ("Middleware", "ToolSet", "Tools", "resolve"),
    "sandbox": ("Root", "Sandbox"),
    "schema": ("MISSING", "Param"),
}
_WHERE = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "ALIASES",
    "BUILTIN_TOOLS",
    "MISSING",
    "Args",
    "Argv",
    "Ask",
    "BuiltinTool",
    "Command",
    "ExecTool",
    "FileReadTool",
    "FileWriteTool",
    "FunctionTool",
    "HttpTool",
    "Joined",
    "Memory",
    "Middleware",
    "Param",
    "Root",
    "RunCommandTool",
    "Sandbox",
    "Template",
    "Tool",
    "ToolContext",
    "ToolDef",
    "ToolRetry",
    "ToolSet",
    "Tools",
    "builtin_tool",
    "log_calls",
    "quote",
    "rate_limit",
    "resolve",
    "time_limit",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value
