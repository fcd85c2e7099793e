"""What a program holds, for `vegac list` and `vegac show`."""

import sys
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from vegac.cli.problem import Problem
from vegac.cli.programs import find_program
from vegac.cli.results import yaml_text
from vegac.cli.terminal import announce, note
from vegac.ir import nodes as ir
from vegac.source.file import Placements
from vegac.source.render import locate
from vegac.source.render.text import place
from vegac.source.span import Span
from vegac.source.suggest import available, did_you_mean
from vegac.workspace import UsageError, Workspace

Kind = Literal["agent", "workflow", "tool"]


class Opened(Struct):
    """A program that may have errors, with where its parts lie."""

    path: Path
    program: ir.Program
    placements: Placements


def opened(given: str | None) -> Opened:
    """Read a program. Errors in it are counted, not shown, as long as something can be read.

    Raises Problem.
    """
    path = find_program(given)
    try:
        report = Workspace().check(path)
    except UsageError as error:
        raise Problem(str(error)) from error
    if report.program is None:
        from vegac.source.render.canvas import style_of
        from vegac.source.render.text import render

        note(render(report.diagnostics, report.placements, style_of(sys.stderr)))
        raise Problem(f"'{path}' cannot be read", status=1)
    if report.has_errors:
        announce("note", "info", f"'{path}' has errors; 'vegac check' shows them")
    return Opened(path, report.program, report.placements)


def contents(opened: Opened) -> str:
    """The agents, workflows and tools of a program, a line each."""
    program = opened.program
    lines = [str(opened.path)]
    title = ": ".join(part for part in (program.name, program.description) if part)
    if title:
        lines.append(f"  {title}")
    agents = [(agent.name, _model(agent, program), "") for agent in program.agents]
    workflows = [
        (workflow.name, _signature(workflow), workflow.description)
        for workflow in program.workflows
    ]
    tools = [(tool.name, "", _line(tool.construct.arguments)) for tool in program.tools]
    for heading, rows in (("agents", agents), ("workflows", workflows), ("tools", tools)):
        if rows:
            lines += ["", heading, *_table(rows)]
    return "\n".join(lines)


def described(opened: Opened, kind: Kind, name: str) -> str:
    """One agent, workflow or tool as YAML, under a comment that says where it stands.

    Raises Problem for an unknown name.
    """
    program = opened.program
    found: dict[str, Any] = {
        item.name: item
        for item in {
            "agent": program.agents,
            "workflow": program.workflows,
            "tool": program.tools,
        }[kind]
    }
    if name not in found:
        near = did_you_mean(name, found)
        hint = near[:1].upper() + near[1:] if near else available(f"{kind}s", found)
        raise Problem(f"'{opened.path}' has no {kind} '{name}'", hint=hint)
    item = found[name]
    if isinstance(item, ir.Agent):
        data = {key: _plain(value, opened) for key, value in item.options.items()}
        data.setdefault("model", _model(item, program))
    elif isinstance(item, ir.Workflow):
        data = _workflow(item, opened)
    else:
        data = {key: _plain(value, opened) for key, value in item.construct.arguments.items()}
    location = locate(item.span, opened.placements)
    where = f", {place(location)}" if location else ""
    return f"# {kind} {name}{where}\n{yaml_text(data)}"


def _workflow(workflow: ir.Workflow, opened: Opened) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if workflow.description:
        data["description"] = workflow.description
    data["inputs"] = {
        declared.name: {
            "type": declared.type_text,
            **({"description": declared.description} if declared.description else {}),
            **({"default": _plain(declared.default, opened)} if declared.has_default else {}),
            **({"enum": list(declared.enum)} if declared.enum else {}),
            **({"min": declared.min} if declared.min is not None else {}),
            **({"max": declared.max} if declared.max is not None else {}),
            **({} if declared.required or declared.has_default else {"required": False}),
        }
        for declared in workflow.inputs
    }
    data["result"] = str(workflow.result_type)
    data["agents"] = list(workflow.agents)
    if workflow.timeout is not None:
        data["timeout"] = f"{workflow.timeout:g}s"
    if workflow.budget is not None:
        data["budget"] = f"${workflow.budget:.2f}"
    return data


def _plain(value: Any, opened: Opened) -> Any:
    """A static value as plain data; what is computed is shown as it stands in the source."""
    match value:
        case ir.EnvText():
            return value.text
        case ir.Construct(name="env_text"):
            return value.positional[0]
        case (ir.Computed() as part, *_) | (_, ir.Computed() as part, *_):
            return _source(part.value.span, opened)
        case ir.Construct():
            parts = {key: _plain(item, opened) for key, item in value.arguments.items()}
            if value.positional:
                rest = [_plain(item, opened) for item in value.positional]
                return {"limit": rest[0], **parts} if parts else rest[0] if len(rest) == 1 else rest
            return parts
        case ir.ToolReference():
            return value.name
        case ir.Computed():
            return _source(value.value.span, opened)
        case tuple() | list():
            return [_plain(item, opened) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {str(key): _plain(item, opened) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return value


def _source(span: Span, opened: Opened) -> str:
    location = locate(span, opened.placements)
    return location.file.text[location.start : location.end] if location else ""


def _model(agent: ir.Agent, program: ir.Program) -> str:
    value = agent.options.get("model") or program.settings.get("default_model")
    if isinstance(value, ir.EnvText):
        return value.text
    return str(value) if value else "no model"


def _signature(workflow: ir.Workflow) -> str:
    return " ".join(
        f"--{declared.name}" if declared.required else f"[--{declared.name}]"
        for declared in workflow.inputs
    )


def _line(arguments: dict[str, Any]) -> str:
    description = arguments.get("description")
    return " ".join(description.split()) if isinstance(description, str) else ""


def _table(rows: list[tuple[str, str, str]]) -> list[str]:
    first = max(len(row[0]) for row in rows)
    second = max(len(row[1]) for row in rows)
    return [
        f"  {name:<{first}}  {detail:<{second}}  {text}".rstrip() for name, detail, text in rows
    ]
