"""The package: what importing it loads, and its names."""

import inspect
import subprocess
import sys
from typing import Any

import vega_runtime

HEAVY = {"anthropic", "openai", "httpx", "yaml", "sqlite3", "lark", "typer", "rich", "jinja2"}


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_importing_the_package_loads_next_to_nothing() -> None:
    loaded = modules_after("import vega_runtime")
    assert "asyncio" not in loaded
    assert {name for name in loaded if name.startswith("vega_runtime")} == {"vega_runtime"}


def test_what_a_compiled_module_imports_is_light() -> None:
    loaded = modules_after(
        "from vega_runtime import FAILURES, Agent, Budget, Input, Loop, Retry, Run, Settings,"
        " TimeoutExceeded, branch, env_text, filters, forms, loops, program, text, values, workflow"
    )
    assert not loaded & HEAVY
    assert not {name for name in loaded if name.startswith("vega_runtime.tools")}


def test_a_function_keeps_its_name_though_its_module_has_it_too() -> None:
    code = (
        "import vega_runtime.program, vega_runtime.text\n"
        "import vega_runtime.workflow, vega_runtime.loops\n"
        "from vega_runtime import loops, program, text, workflow\n"
        "assert all(callable(f) for f in (loops, program, text, workflow))\n"
        "import vega_runtime\n"
        "assert vega_runtime.program is program\n"
        "from vega_runtime.program import Program\n"
    )
    modules_after(code)


def test_every_name_can_be_imported() -> None:
    code = (
        "import vega_runtime\n"
        "for name in dir(vega_runtime):\n"
        "    getattr(vega_runtime, name)\n"
        "try:\n    vega_runtime.nope\n"
        "except AttributeError as error:\n    assert 'nope' in str(error)\n"
        "else:\n    raise SystemExit('found nope')\n"
    )
    modules_after(code)


def test_a_star_takes_all_names_and_nothing_else() -> None:
    code = (
        "names = {}\n"
        "exec('from vega_runtime import *', names)\n"
        "import vega_runtime\n"
        "assert names['Agent'] is vega_runtime.Agent\n"
        "assert names['Orchestrator'] is vega_runtime.Orchestrator\n"
        "assert not {'sys', 'Any', 'TYPE_CHECKING'} & set(names)\n"
    )
    modules_after(code)


def test_the_names_for_models_and_tools_of_ones_own_are_there() -> None:
    code = (
        "from vega_runtime import (Attachment, Message, Model, Request, Response, Root, Sandbox,\n"
        "    TextDelta, ToolCall, ToolContext, ToolDef, ToolResult, ToolSchema, Usage)\n"
        "from vega_runtime.models.base import Model as Same\n"
        "assert Model is Same\n"
    )
    assert not modules_after(code) & HEAVY


def test_everything_public_has_a_docstring() -> None:
    missing: list[str] = []
    names: list[str] = vars(vega_runtime)["__all__"]
    for name in names:
        kind: Any = getattr(vega_runtime, name)
        if inspect.isclass(kind):
            for member, value in inspect.getmembers(kind):
                value = value.fget if isinstance(value, property) else value
                if member[0] != "_" and inspect.isfunction(value) and not inspect.getdoc(value):
                    missing.append(f"{name}.{member}")
        if (inspect.isclass(kind) or inspect.isfunction(kind)) and not kind.__doc__:
            missing.append(name)
    assert missing == []
