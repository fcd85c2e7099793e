"""What `vegac doctor` looks at."""

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from vegac import __version__
from vegac.cli.environment import env_file, load_env
from vegac.cli.terminal import out
from vegac.source.render.canvas import Role, style_of

State = Literal["ok", "note", "broken"]
_ROLES: dict[State, Role] = {"ok": "good", "note": "warning", "broken": "error"}


def examine() -> int:
    """Print what was found; 1 where something is broken."""
    remarks = load_env()
    found = [*_basis(), *_environment(remarks), *_models(), *_tools(), *_place()]
    style = style_of(sys.stdout)
    for state, text in found:
        out(f"{style.paint(f'{state:<6}', _ROLES[state])}  {text}")
    return int(any(state == "broken" for state, _ in found))


def _basis() -> Iterator[tuple[State, str]]:
    system = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "ok", f"vegac {__version__}, {system}"
    from yaml import __with_libyaml__ as fast

    if not fast:
        yield "note", "PyYAML has no C library here, so reading programs is slow"
    for package in ("anthropic", "httpx"):
        if find_spec(package) is None:
            yield "broken", f"the package '{package}' is missing: pip install --upgrade vegac"
        else:
            yield "ok", f"{package} {_version(package)}"


def _environment(remarks: list[str]) -> Iterator[tuple[State, str]]:
    path = env_file()
    if path.is_file() and os.name == "posix" and path.stat().st_mode & 0o077:
        yield "note", f"others can read {path}, where your keys are: chmod 600 {path}"
    for remark in remarks:
        yield "note", remark
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        if os.environ.get(name):
            yield "ok", f"{name} is set"
    for name in ("ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "OPENAI_MODEL", "VEGA_MODEL"):
        if os.environ.get(name):
            yield "ok", f"{name} is {os.environ[name]}"
    limit = os.environ.get("VEGA_MAX_TOKENS")
    if limit and not (limit.isdecimal() and int(limit) > 0):
        yield "broken", f"VEGA_MAX_TOKENS is {limit!r}, which is not a whole number above 0"
    timeout = os.environ.get("VEGA_TIMEOUT")
    if timeout:
        from vegac.semantics.literals import parse_duration

        if parse_duration(timeout) is None:
            yield "broken", f"VEGA_TIMEOUT is {timeout!r}, which is not a duration such as 5m"


def _models() -> Iterator[tuple[State, str]]:
    from vega_runtime.models.download import FILES, installed

    embedded = find_spec("xllamacpp") is not None
    key = any(os.environ.get(f"{name}_API_KEY") for name in ("ANTHROPIC", "OPENAI"))
    if embedded:
        fetched = [name for name in FILES if installed(name, os.environ)]
        state = "fetched" if fetched else "fetched at first use, or now with 'vegac models pull'"
        yield "ok", f"the embedded model local/smollm2: {state}"
    else:
        yield "note", "no embedded models: pip install 'vegac[local]'"
    if not key and not os.environ.get("OPENAI_BASE_URL"):
        yield (
            "note",
            "no API key: set ANTHROPIC_API_KEY, or write ANTHROPIC_API_KEY=... into ~/.vega/env",
        )


def _tools() -> Iterator[tuple[State, str]]:
    from vega_runtime.tools.landlock import confinement
    from vega_runtime.tools.mcp import INSTALL, missing_package

    if missing_package() is None:
        yield "ok", f"MCP servers: mcp {_version('mcp')}"
    else:
        yield "note", f"no MCP servers: {INSTALL}"
    if _has("opentelemetry.sdk") and _has("opentelemetry.exporter.prometheus"):
        yield "ok", f"traces and figures: OpenTelemetry {_version('opentelemetry-sdk')}"
    else:
        yield "note", "no traces and figures: pip install 'vegac[otel]'"
    reason = confinement()
    if reason is None:
        yield "ok", "commands of agents are confined to the sandbox (Landlock)"
    else:
        yield "note", f"commands of agents are not confined to the sandbox: {reason}"


def _place() -> Iterator[tuple[State, str]]:
    here = Path.cwd()
    if os.access(here, os.W_OK):
        yield "ok", f"{here} can be written to"
    else:
        yield "note", f"{here} cannot be written to, so agents cannot keep files here"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(of unknown version)"


def _has(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # not even the package around it
        return False
