"""The files beside a program that its runs read, named relative to the program's folder."""

import ast
from collections.abc import Iterator
from pathlib import Path

from vegac.ir import nodes as ir
from vegac.ir.traverse import statements, static_expressions
from vegac.workspace import SKILL_PATTERNS, names_of

_SANDBOX = "workspace"


def files_of(program: ir.Program, root: Path) -> Iterator[str]:
    """Prompts, knowledge, skills, what messages attach, and the Python of `builtin` tools."""
    for agent in program.agents:
        knowledge = agent.options.get("knowledge")
        yield from (str(name) for name in knowledge) if isinstance(knowledge, tuple) else ()
        system = agent.options.get("system")
        if isinstance(system, ir.Construct) and system.name == "file_text":
            yield str(system.positional[0])
    options = [program.settings, *(agent.options for agent in program.agents)]
    for skills in (option.get("skills") for option in options):
        folders = skills.arguments.get("directories") if isinstance(skills, ir.Construct) else ()
        for name in folders if isinstance(folders, tuple) else ():
            if isinstance(name, str):  # others are read from the environment
                for pattern in SKILL_PATTERNS:
                    yield from (f"{name}/{file}" for file in names_of(pattern, root / name))
    yield from _attached(program, root)
    yield from _modules(program, root)


def _attached(program: ir.Program, root: Path) -> Iterator[str]:
    """Files in the sandbox that messages attach by name; a run may make others."""
    sandbox = program.settings.get("sandbox", _SANDBOX)
    if not isinstance(sandbox, str) or Path(sandbox).is_absolute():
        return
    for workflow in program.workflows:
        for statement in statements(workflow.body):
            option = statement.options.get("attach") if isinstance(statement, ir.Send) else None
            for expr in static_expressions(option):
                for part in expr.items if isinstance(expr, ir.ListValue) else (expr,):
                    if isinstance(part, ir.Const) and (root / sandbox / str(part.value)).is_file():
                        yield Path(sandbox, str(part.value)).as_posix()


def _modules(program: ir.Program, root: Path) -> Iterator[str]:
    """The modules and packages of `builtin` tools that lie beside the program, and those that they
    import: nothing is run to find them."""
    left = [
        str(tool.construct.arguments["function"]).partition(":")[0].partition(".")[0]
        for tool in program.tools
        if "function" in tool.construct.arguments
    ]
    seen: set[str] = set()
    while left:
        name = left.pop()
        if not name or name in seen:
            continue
        seen.add(name)
        module, package = root / f"{name}.py", root / name
        paths = [module] if module.is_file() else sorted(package.rglob("*"))
        for path in paths:
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            yield path.relative_to(root).as_posix()
            if path.suffix == ".py":
                left += _imports(path)


def _imports(path: Path) -> list[str]:
    """The first parts of the names of what a module imports."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []  # it says so itself when it is run
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module.partition(".")[0])
    return found
