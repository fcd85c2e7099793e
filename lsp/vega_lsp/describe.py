"""Agents, workflows, tools, filters and keys in words (Markdown)."""

import json

from vega_grammar import keys as grammar
from vega_grammar.filters import FILTERS
from vega_grammar.tools import BUILTIN_TOOLS
from vega_lsp.index import Occurrence, Symbol
from vega_lsp.program import Program
from vegac.ir import nodes as ir
from vegac.ir.build.models import known_models
from vegac.semantics.types import ANY, Type
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence

BUILT_INS: dict[str, tuple[str, str]] = {
    "result": ("any", "The latest result of an agent, a workflow or a parallel step."),
    "error": ("record{message, type, step} | null", "The failure that was caught last."),
    "loop": ("record{index, count, first, last, parent}", "Where the loop around this place is."),
    "date": ("string", "The day, YYYY-MM-DD."),
    "time": ("string", "The time, HH:MM:SS."),
    "now": ("string", "The time with its day (RFC 3339)."),
    "random": ("string", "A new UUID."),
    "env": ("map[string]", "Environment variables: `env.NAME`."),
    "run": ("record{id}", "This run: `run.id`."),
    "workflow": ("record{name}", "This workflow: `workflow.name`."),
    "steps": ("map[any]", "The outputs of named steps: `steps.NAME.output`."),
}
"""The names that mean something without being declared: their types and what they are."""
_SHOWN = 300


def described(program: Program, symbol: Symbol) -> str:
    """What is known of a symbol, or "" where there is nothing to say."""
    match symbol.kind:
        case "agent":
            return _agent(program, symbol.name)
        case "workflow":
            return _workflow(program, symbol.name)
        case "tool":
            return _tool(program, symbol.name)
        case "parameter":
            return f"```vega\n{symbol.name}\n```\nA parameter of the tool `{symbol.scope}`."
        case _:
            return _variable(program, symbol)


def about(program: Program, what: tuple[str, ...]) -> str:
    """What there is to say of a completion: a kind, a name, and for names of variables and
    parameters their owner (and on which path they have no value)."""
    match what:
        case ("filter", name):
            return filter_text(name)
        case ("model", name):
            return model_text(name)
        case ("agent" | "workflow" | "tool" as kind, name):
            return described(program, Symbol(kind, name))
        case ("parameter", name, owner, _):
            return described(program, Symbol("parameter", name, owner))
        case ("variable", name, owner, unset):
            text = described(program, Symbol("variable", name, owner))
            return f"{text}\n\nIt has no value {unset}." if unset else text
        case _:
            return ""


def code(text: str) -> str:
    return f"```vega\n{text}\n```"


# --- definitions ----------------------------------------------------------------------------------


def _node(program: Program, section: str, name: str) -> Mapping | None:
    declarations = program.report.declarations
    found = getattr(declarations, section, {}).get(name)
    return found.node if found is not None and isinstance(found.node, Mapping) else None


def _scalar(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) else ""


def _agent(program: Program, name: str) -> str:
    node = _node(program, "agents", name)
    if node is None:
        return ""
    lines = [code(f"agent {name}")]
    found = _field(program, node, "system")
    system = _scalar(found)
    if isinstance(found, Mapping):
        system = f"the text of `{_scalar(found.get('file'))}`"
    if system:
        lines.append(_shortened(system))
    facts = [
        f"{key}: `{value}`"
        for key in ("extends", "model", "fallback_model", "temperature", "max_tokens", "budget")
        if (value := _scalar(_field(program, node, key)))
    ]
    if not _scalar(_field(program, node, "model")) and program.report.program:
        default = program.report.program.settings.get("default_model")
        if isinstance(default, str):
            facts.append(f"model: `{default}` (by default)")
    tools = _field(program, node, "tools")
    if isinstance(tools, Sequence):
        facts.append("tools: " + ", ".join(f"`{_scalar(item)}`" for item in tools.items))
    lines.append("  \n".join(facts))
    return "\n\n".join(line for line in lines if line)


def _field(program: Program, node: Mapping, key: str) -> Node | None:
    """A field of an agent, its own or inherited."""
    seen: set[int] = set()
    current: Mapping | None = node
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        found = current.get(key)
        if found is not None:
            return found
        current = _node(program, "agents", _scalar(current.get("extends")))
    return None


def workflow_of(program: Program, name: str) -> ir.Workflow | None:
    """A lowered workflow."""
    lowered = program.report.program
    for workflow in lowered.workflows if lowered else ():
        if workflow.name == name:
            return workflow
    return None


def signature(workflow: ir.Workflow) -> tuple[str, list[str]]:
    """How a workflow is called, and its inputs alone as they stand in that."""
    inputs: list[str] = []
    for declared in workflow.inputs:
        text = f"{declared.name}: {declared.type}"
        if declared.has_default and isinstance(declared.default, str | int | float | bool):
            text += f" = {json.dumps(declared.default, ensure_ascii=False)}"
        elif not declared.required:
            text += " = null"
        inputs.append(text)
    return f"{workflow.name}({', '.join(inputs)}) -> {workflow.result_type}", inputs


def _workflow(program: Program, name: str) -> str:
    workflow = workflow_of(program, name)
    if workflow is None:
        return ""
    lines = [code(f"workflow {signature(workflow)[0]}")]
    if workflow.description:
        lines.append(workflow.description)
    lines += [f"- `{one.name}`: {one.description}" for one in workflow.inputs if one.description]
    if workflow.agents:
        lines.append("agents: " + ", ".join(f"`{agent}`" for agent in workflow.agents))
    return "\n\n".join(lines)


def _tool(program: Program, name: str) -> str:
    node = _node(program, "tools", name)
    if node is None:
        return builtin_tool(name)
    params = node.get("params")
    names = [entry.key.value for entry in params.entries] if isinstance(params, Mapping) else []
    implementation = node.get("implementation")
    kind = _scalar(implementation.get("type")) if isinstance(implementation, Mapping) else ""
    lines = [code(f"tool {name}({', '.join(names)})"), _scalar(node.get("description"))]
    if kind:
        lines.append(f"carried out by `{kind}`")
    return "\n\n".join(line for line in lines if line)


def builtin_tool(name: str) -> str:
    """A tool that every program has."""
    tool = BUILTIN_TOOLS.get(name)
    if tool is None:
        return ""
    params = ", ".join(
        f"{key}: {param.type}" + ("" if param.required else "?")
        for key, param in tool.params.items()
    )
    needs = ", ".join(f"`{word}`" for word in tool.capabilities)
    return f"{code(f'tool {name}({params})')}\n\n{tool.doc}\n\ntouches: {needs or 'nothing'}"


# --- variables ------------------------------------------------------------------------------------


def type_of(program: Program, symbol: Symbol) -> Type:
    """The type of a variable over all its assignments."""
    return program.types.variables.get((symbol.scope, symbol.name), ANY)


def _variable(program: Program, symbol: Symbol) -> str:
    definition = program.index.definition(symbol)
    type_ = type_of(program, symbol)
    workflow = workflow_of(program, symbol.scope)
    inputs = workflow.inputs if workflow else []
    declared = next((one for one in inputs if one.name == symbol.name), None)
    lines = [code(f"{symbol.name}: {type_}")]
    if declared is not None:
        lines.append(f"An input of `{symbol.scope}`.")
        if declared.description:
            lines.append(declared.description)
    elif definition is not None:
        lines.append(_origin(definition))
    return "\n\n".join(line for line in lines if line)


def _origin(definition: Occurrence) -> str:
    return {
        "save": "Saved by a step.",
        "set": "Set by a step.",
        "for": "The variable of a loop.",
        "step": "The output of a step.",
    }.get(definition.what, "")


# --- the language ---------------------------------------------------------------------------------


def filter_text(name: str) -> str:
    """A filter with its signature, meaning and an example."""
    spec = FILTERS.get(name)
    if spec is None:
        return ""
    lines = [code(f"{' or '.join(spec.receivers)} | {spec.usage}"), spec.doc]
    lines += [f"- `{one.name}` ({one.type}): {one.doc}" for one in spec.parameters]
    lines.append(f"`{spec.example}` gives `{spec.shows}`")
    return "\n\n".join(lines)


_KINDS = {
    "condition": "condition",
    "strings": "list of texts",
    "words": "list of words",
    "agents": "list of agents",
    "tools": "list of tools",
    "string": "text",
    "value": "any value",
    "for": "item in items",
    "save": "name",
    "implementation": "map",
    "rate_limits": "map",
    "any": "any value",
    "steps": "steps",
}


def kind_text(spec: grammar.Key) -> str:
    """What a key takes, in a few words."""
    words: list[str] = []
    for kind in spec.kind.split("|"):
        if kind == "word" and spec.values:
            words += spec.values
        elif kind.startswith("table:"):
            words.append("map")
        elif kind.startswith("tables:"):
            words.append("list of maps")
        else:
            words.append(_KINDS.get(kind, kind))
    return " | ".join(dict.fromkeys(words))


def key_text(name: str, spec: grammar.Key) -> str:
    """What a key means and takes."""
    lines = [code(f"{name}: {kind_text(spec)}"), spec.doc]
    if spec.values and "words" in spec.kind:
        lines.append("Words: " + ", ".join(f"`{value}`" for value in spec.values))
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("at least", spec.minimum), ("at most", spec.maximum))
        if bound is not None
    ]
    if spec.required:
        bounds.insert(0, "required")
    if bounds:
        lines.append(", ".join(bounds).capitalize() + ".")
    return "\n\n".join(lines)


def model_text(name: str) -> str:
    """What is known of a model."""
    facts = known_models().get(name)
    if facts is None:
        return ""
    lines = [f"- {key.replace('_', ' ')}: {value}" for key, value in facts.items()]
    return "\n".join([code(f"model {name}"), "", *lines])


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN].rsplit(" ", 1)[0] + " ..."
