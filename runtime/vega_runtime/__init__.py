"""The runtime of compiled Vega programs: agents, runs, and what happens around a model call.

Names are loaded when they are first used, so that importing the package costs nothing.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import events as events
    from . import filters as filters
    from . import forms as forms
    from . import values as values
    from .actor import Body as Body
    from .agent import Agent as Agent
    from .agent import Budget as Budget
    from .agent import CircuitBreaker as CircuitBreaker
    from .agent import Context as Context
    from .agent import Delegation as Delegation
    from .agent import RateLimit as RateLimit
    from .agent import Retry as Retry
    from .agent import Skills as Skills
    from .agent import Supervision as Supervision
    from .budget import budget as budget
    from .checkpoints import Checkpoints as Checkpoints
    from .child_specs import IGNORE as IGNORE
    from .child_specs import ChildCounts as ChildCounts
    from .child_specs import ChildError as ChildError
    from .child_specs import ChildInfo as ChildInfo
    from .child_specs import ChildSpec as ChildSpec
    from .child_specs import SupervisorFailed as SupervisorFailed
    from .child_specs import SupervisorSpec as SupervisorSpec
    from .combinators import batch as batch
    from .combinators import fan_out as fan_out
    from .combinators import parallel as parallel
    from .combinators import pipeline as pipeline
    from .combinators import router as router
    from .env import EnvText as EnvText
    from .env import FileText as FileText
    from .env import env_text as env_text
    from .env import file_text as file_text
    from .errors import FAILURES as FAILURES
    from .errors import BudgetExceeded as BudgetExceeded
    from .errors import Cancelled as Cancelled
    from .errors import CircuitOpen as CircuitOpen
    from .errors import ConfigError as ConfigError
    from .errors import ErrorInfo as ErrorInfo
    from .errors import ExpressionError as ExpressionError
    from .errors import FormatError as FormatError
    from .errors import InputError as InputError
    from .errors import MaxIterationsExceeded as MaxIterationsExceeded
    from .errors import MaxProcessesReached as MaxProcessesReached
    from .errors import ModelError as ModelError
    from .errors import Place as Place
    from .errors import RateLimited as RateLimited
    from .errors import TimeoutExceeded as TimeoutExceeded
    from .errors import ToolError as ToolError
    from .errors import UnmatchedCall as UnmatchedCall
    from .errors import VegaError as VegaError
    from .errors import WorkflowFailed as WorkflowFailed
    from .exits import KILL as KILL
    from .exits import KILLED as KILLED
    from .exits import NOPROC as NOPROC
    from .exits import NORMAL as NORMAL
    from .exits import SHUTDOWN as SHUTDOWN
    from .exits import Down as Down
    from .exits import Exit as Exit
    from .exits import ExitSignal as ExitSignal
    from .exits import Monitor as Monitor
    from .exits import ProcessEnded as ProcessEnded
    from .exits import ProcessExit as ProcessExit
    from .forms import Form as Form
    from .group import Branch as Branch
    from .group import Group as Group
    from .health import Alert as Alert
    from .health import HealthMonitor as HealthMonitor
    from .health import HealthRules as HealthRules
    from .inputs import Input as Input
    from .loops import Loop as Loop
    from .loops import loops as loops
    from .memory import FileMemory as FileMemory
    from .memory import InProcessMemory as InProcessMemory
    from .memory import Memory as Memory
    from .memory import MemoryStore as MemoryStore
    from .meter import ProcessMetrics as ProcessMetrics
    from .models.base import Attachment as Attachment
    from .models.base import Message as Message
    from .models.base import Model as Model
    from .models.base import Request as Request
    from .models.base import Response as Response
    from .models.base import TextDelta as TextDelta
    from .models.base import ToolCall as ToolCall
    from .models.base import ToolResult as ToolResult
    from .models.base import ToolSchema as ToolSchema
    from .models.base import Usage as Usage
    from .options import RunOptions as RunOptions
    from .orchestrator import Orchestrator as Orchestrator
    from .persistence import JsonStates as JsonStates
    from .persistence import Persistence as Persistence
    from .persistence import SqliteStates as SqliteStates
    from .persistence import recover as recover
    from .process import Process as Process
    from .process_group import ProcessGroup as ProcessGroup
    from .program import Program as Program
    from .program import VersionMismatch as VersionMismatch
    from .program import program as program
    from .run import Run as Run
    from .run import open_run as open_run
    from .settings import Logging as Logging
    from .settings import McpServer as McpServer
    from .settings import MemorySettings as MemorySettings
    from .settings import Metrics as Metrics
    from .settings import Settings as Settings
    from .settings import Tracing as Tracing
    from .streams import Done as Done
    from .streams import EventStream as EventStream
    from .streams import TextStream as TextStream
    from .streams import ToolEnd as ToolEnd
    from .streams import ToolStart as ToolStart
    from .streams import Used as Used
    from .supervisor import Supervisor as Supervisor
    from .text import text as text
    from .tools import Argv as Argv
    from .tools import BuiltinTool as BuiltinTool
    from .tools import Command as Command
    from .tools import ExecTool as ExecTool
    from .tools import FileReadTool as FileReadTool
    from .tools import FileWriteTool as FileWriteTool
    from .tools import HttpTool as HttpTool
    from .tools import Joined as Joined
    from .tools import Param as Param
    from .tools import Root as Root
    from .tools import Sandbox as Sandbox
    from .tools import Tool as Tool
    from .tools import ToolContext as ToolContext
    from .tools import ToolDef as ToolDef
    from .tools import ToolRetry as ToolRetry
    from .tools import Tools as Tools
    from .version import RUNTIME_VERSION as RUNTIME_VERSION
    from .workflow import Workflow as Workflow
    from .workflow import branch as branch
    from .workflow import workflow as workflow

_MODULE_OF = {
    "Agent": "agent",
    "Budget": "agent",
    "CircuitBreaker": "agent",
    "Context": "agent",
    "Delegation": "agent",
    "RateLimit": "agent",
    "Retry": "agent",
    "Skills": "agent",
    "Supervision": "agent",
    "EnvText": "env",
    "FileText": "env",
    "env_text": "env",
    "file_text": "env",
    "BudgetExceeded": "errors",
    "Cancelled": "errors",
    "CircuitOpen": "errors",
    "ConfigError": "errors",
    "ErrorInfo": "errors",
    "ExpressionError": "errors",
    "FAILURES": "errors",
    "FormatError": "errors",
    "InputError": "errors",
    "MaxIterationsExceeded": "errors",
    "MaxProcessesReached": "errors",
    "ModelError": "errors",
    "Place": "errors",
    "RateLimited": "errors",
    "TimeoutExceeded": "errors",
    "ToolError": "errors",
    "UnmatchedCall": "errors",
    "VegaError": "errors",
    "WorkflowFailed": "errors",
    "Form": "forms",
    "Branch": "group",
    "Group": "group",
    "Input": "inputs",
    "Loop": "loops",
    "loops": "loops",
    "RunOptions": "options",
    "Program": "program",
    "VersionMismatch": "program",
    "program": "program",
    "Run": "run",
    "open_run": "run",
    "Logging": "settings",
    "McpServer": "settings",
    "MemorySettings": "settings",
    "Metrics": "settings",
    "Settings": "settings",
    "Tracing": "settings",
    "text": "text",
    "Argv": "tools",
    "BuiltinTool": "tools",
    "Command": "tools",
    "ExecTool": "tools",
    "FileReadTool": "tools",
    "FileWriteTool": "tools",
    "HttpTool": "tools",
    "Joined": "tools",
    "Param": "tools",
    "Tool": "tools",
    "ToolRetry": "tools",
    "Tools": "tools",
    "RUNTIME_VERSION": "version",
    "Workflow": "workflow",
    "branch": "workflow",
    "workflow": "workflow",
    "Body": "actor",
    "Down": "exits",
    "Exit": "exits",
    "ExitSignal": "exits",
    "Monitor": "exits",
    "NORMAL": "exits",
    "SHUTDOWN": "exits",
    "KILL": "exits",
    "KILLED": "exits",
    "NOPROC": "exits",
    "ProcessEnded": "exits",
    "ProcessExit": "exits",
    "Process": "process",
    "ProcessGroup": "process_group",
    "Orchestrator": "orchestrator",
    "Alert": "health",
    "HealthMonitor": "health",
    "HealthRules": "health",
    "ProcessMetrics": "meter",
    "Attachment": "models.base",
    "Message": "models.base",
    "Model": "models.base",
    "Request": "models.base",
    "Response": "models.base",
    "TextDelta": "models.base",
    "ToolCall": "models.base",
    "ToolResult": "models.base",
    "ToolSchema": "models.base",
    "Usage": "models.base",
    "Root": "tools",
    "Sandbox": "tools",
    "ToolContext": "tools",
    "ToolDef": "tools",
    "ChildCounts": "child_specs",
    "ChildError": "child_specs",
    "ChildInfo": "child_specs",
    "ChildSpec": "child_specs",
    "IGNORE": "child_specs",
    "Supervisor": "supervisor",
    "SupervisorFailed": "child_specs",
    "SupervisorSpec": "child_specs",
    "Done": "streams",
    "EventStream": "streams",
    "TextStream": "streams",
    "ToolEnd": "streams",
    "ToolStart": "streams",
    "Used": "streams",
    "batch": "combinators",
    "fan_out": "combinators",
    "parallel": "combinators",
    "pipeline": "combinators",
    "router": "combinators",
    "budget": "budget",
    "Checkpoints": "checkpoints",
    "FileMemory": "memory",
    "InProcessMemory": "memory",
    "Memory": "memory",
    "MemoryStore": "memory",
    "JsonStates": "persistence",
    "Persistence": "persistence",
    "SqliteStates": "persistence",
    "recover": "persistence",
}
_MODULES = ("events", "filters", "forms", "values")


class _Package(ModuleType):
    """The package; a function keeps its name though the module it lives in is called the same."""

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and _MODULE_OF.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


if not TYPE_CHECKING:  # or every misspelt name would pass a type checker
    __all__ = [*_MODULE_OF, *_MODULES]

    def __getattr__(name: str) -> Any:
        home = _MODULE_OF.get(name)
        if home is None:
            if name in _MODULES:
                return import_module(f"{__name__}.{name}")
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{home}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted([*globals(), *_MODULE_OF, *_MODULES])
