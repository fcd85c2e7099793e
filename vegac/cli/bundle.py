"""What `vegac build --bundle` writes: all that is needed to run without the compiler."""

import re
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vegac.cli.bundle_files import files_of
from vegac.cli.problem import Problem
from vegac.cli.terminal import note, write_file
from vegac.ir import nodes as ir
from vegac.workspace import Compiled

_SCRIPT = "bundle_main.py"
_OBSERVING = {
    "tracing": ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"),
    "metrics": (
        "opentelemetry-sdk",
        "opentelemetry-exporter-otlp-proto-http",
        "opentelemetry-exporter-prometheus",
    ),
}
_OPENAI = re.compile(r"openai/|gpt-|chatgpt-|o\d")


def write_bundle(folder: Path, compiled: Mapping[Path, Compiled]) -> None:
    """Write the modules, the runtime, a start script and requirements.txt. Raises Problem."""
    if folder.exists() and not folder.is_dir():
        raise Problem(f"'{folder}' is not a folder")
    from vegac.emit.module import module_name

    modules = {
        module_name(path.name): result.module.text
        for path, result in compiled.items()
        if result.module
    }
    if len(modules) < len(compiled):
        raise Problem("two of the programs would become modules of the same name")
    for name, text in modules.items():
        write_file(folder / f"{name}.py", text)
    for path, data in _runtime():
        write_file(folder / "vega_runtime" / path, data)
    script = (Path(__file__).parent / _SCRIPT).read_text(encoding="utf-8")
    write_file(folder / "run.py", script)
    write_file(folder / "__main__.py", "from run import main\n\nmain()\n")
    programs = [result.program for result in compiled.values() if result.program]
    needed = sorted({requirement for program in programs for requirement in _needs(program)})
    write_file(folder / "requirements.txt", "".join(f"{line}\n" for line in needed))
    _write_texts(folder, compiled)
    note(f"wrote {', '.join(f'{name}.py' for name in modules)} and the runtime to {folder}")
    note("next:")
    if needed:
        note(f"  {Path(sys.executable).name} -m pip install -r {folder / 'requirements.txt'}")
    first = next((item.name for program in programs for item in program.workflows), "WORKFLOW")
    note(f"  {Path(sys.executable).name} {folder / 'run.py'} {first} --help")


def _write_texts(folder: Path, compiled: Mapping[Path, Compiled]) -> None:
    """Copy the files that a run reads: prompts, knowledge, skills, attachments, Python of tools.

    Raises Problem for what lies outside of its program's folder, and where programs disagree.
    """
    texts: dict[str, bytes] = {}
    for path, result in compiled.items():
        for name in files_of(result.program, path.parent) if result.program else ():
            if name.startswith("../") or Path(name).is_absolute():
                raise Problem(
                    f"'{name}' lies outside of the folder of {path}: no bundle can take it"
                )
            if name in ("run.py", "__main__.py"):
                raise Problem(f"'{name}' is the bundle's own: give that module another name")
            try:
                data = (path.parent / name).read_bytes()
            except OSError as error:
                raise Problem(f"cannot read '{path.parent / name}': {error.strerror}") from error
            if texts.setdefault(name, data) != data:
                raise Problem(f"two of the programs have a file '{name}', each another one")
    for name, data in texts.items():
        write_file(folder / name, data)


def _runtime() -> Iterator[tuple[Path, bytes]]:
    """The files of the runtime package."""
    spec = find_spec("vega_runtime")
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path.relative_to(root), path.read_bytes()


def _needs(program: ir.Program) -> Iterator[str]:
    """The packages that a program may call for, as lines of requirements.txt."""
    names = list(_models(program))
    for name in names:
        if isinstance(name, ir.EnvText) or name.startswith("claude-"):
            yield _requirement("anthropic")
        if isinstance(name, str) and _OPENAI.match(name):
            yield _requirement("openai")
        if isinstance(name, str) and name.startswith("local/"):
            yield _requirement("xllamacpp")
    if any(agent.options.get("base_url") for agent in program.agents):
        yield _requirement("openai")
    if program.agents and not names:
        # The model is chosen when the program is run.
        yield _requirement("anthropic")
        yield _requirement("openai")
    words = set(_words([program.agents, program.tools, program.workflows, program.settings]))
    if words & {"HttpTool", "http_get", "http_post", "web_search"}:
        yield _requirement("httpx")
    if words & {"yaml", "YAML", "Skills"}:
        yield _requirement("pyyaml")
    if program.settings.get("mcp"):
        yield _requirement("mcp")
    for key, packages in _OBSERVING.items():
        setting = program.settings.get(key)
        if isinstance(setting, ir.Construct) and setting.arguments.get("enabled", True) is True:
            yield from map(_requirement, packages)


def _models(program: ir.Program) -> Iterator[Any]:
    values = [program.settings.get("default_model")]
    for agent in program.agents:
        values += [agent.options.get("model"), agent.options.get("fallback_model")]
        context = agent.options.get("context")
        if isinstance(context, ir.Construct):
            values.append(context.arguments.get("model"))
    yield from (value for value in values if value)


def _words(value: Any) -> Iterator[str]:
    """All names and texts in a program, by which features are recognised."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from _words(key)
            yield from _words(item)
    elif isinstance(value, list | tuple):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _words(item)
    elif hasattr(value, "__struct_fields__"):
        yield type(value).__name__
        for name in value.__struct_fields__:
            if name not in ("span", "type"):
                yield from _words(getattr(value, name))


def _requirement(package: str) -> str:
    """The package with the versions that this compiler was made for."""
    try:
        declared = requires("vegac") or []
    except PackageNotFoundError:
        declared = []
    for line in declared:
        specifier = line.partition(";")[0].strip()
        if re.match(rf"{re.escape(package)}\b", specifier, re.IGNORECASE):
            return specifier
    return package
