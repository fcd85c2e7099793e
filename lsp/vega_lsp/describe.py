"""Agents, workflows, tools, filters and keys in words (Markdown)."""

import json

from vega_grammar import keys as grammar
from vega_grammar.filters import FILTERS
from vega_grammar.tools import BUILTIN_TOOLS
from vega_lsp.index import Symbol
from vega_lsp.program import Program
from vegac.ir import nodes as ir
from vegac.ir.build.models import known_models
from vegac.syntax.core_schema import to_value
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
_SHORT = 40
_WIDTH = 80


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
            return _parameter(program, symbol)
        case _:
            from vega_lsp.variables import variable_text

            return variable_text(program, symbol)


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
            if not text and name in BUILT_INS:
                text = BUILT_INS[name][1]
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
        if declared.has_default:
            text += f" = {default_text(declared)}"
        elif not declared.required:
            text += " = null"
        inputs.append(text)
    return f"{workflow.name}({', '.join(inputs)}) -> {workflow.result_type}", inputs


def default_text(declared: ir.Input) -> str:
    """The default of an input as JSON, shortened."""
    try:
        text = json.dumps(declared.default, ensure_ascii=False)
    except TypeError:
        return "..."
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."


def _in_lines(workflow: ir.Workflow) -> str:
    """The signature, on several lines where it is long."""
    text, inputs = signature(workflow)
    if len(text) <= _WIDTH or not inputs:
        return text
    lines = [f"{workflow.name}(", *(f"  {one}," for one in inputs)]
    return "\n".join([*lines, f") -> {workflow.result_type}"])


def _workflow(program: Program, name: str) -> str:
    workflow = workflow_of(program, name)
    if workflow is None:
        return ""
    lines = [code(f"workflow {_in_lines(workflow)}")]
    if workflow.description:
        lines.append(workflow.description)
    told = [f"- `{one.name}`: {one.description}" for one in workflow.inputs if one.description]
    lines.append("\n".join(told))
    if workflow.agents:
        lines.append("Sends to " + ", ".join(f"`{agent}`" for agent in workflow.agents) + ".")
    return "\n\n".join(line for line in lines if line)


def _tool(program: Program, name: str) -> str:
    node = _node(program, "tools", name)
    if node is None:
        return builtin_tool(name)
    found = parameters(node)
    lines = [code(f"tool {name}({', '.join(text for text, _ in found.values())})")]
    lines.append(_scalar(node.get("description")))
    lines.append("\n".join(f"- `{key}`: {doc}" for key, (_, doc) in found.items() if doc))
    lines.append(_carried_out(node.get("implementation")))
    return "\n\n".join(line for line in lines if line)


def parameters(tool: Mapping) -> dict[str, tuple[str, str]]:
    """The parameters of a declared tool: how each is written in its signature, and what it is."""
    node = tool.get("params")
    pairs: list[tuple[str, Node]] = []
    if isinstance(node, Mapping):
        pairs = [(entry.key.value, entry.value) for entry in node.entries]
    elif isinstance(node, Sequence):
        items = [item for item in node.items if isinstance(item, Mapping)]
        pairs = [(_scalar(item.get("name")), item) for item in items]
    return {name: _parameter_parts(name, value) for name, value in pairs}


def _parameter_parts(name: str, node: Node) -> tuple[str, str]:
    if not isinstance(node, Mapping):
        return f"{name}: {_scalar(node) or 'string'}", ""
    text = f"{name}: {_scalar(node.get('type')) or 'string'}"
    default = node.get("default")
    if isinstance(default, Scalar):
        text += f" = {json.dumps(to_value(default), ensure_ascii=False)}"
    elif _scalar(node.get("required")) != "true":
        text += " = null"
    return text, _scalar(node.get("description"))


def _parameter(program: Program, symbol: Symbol) -> str:
    node = _node(program, "tools", symbol.scope)
    text, doc = parameters(node).get(symbol.name, (symbol.name, "")) if node else (symbol.name, "")
    lines = [code(text), f"A parameter of the tool `{symbol.scope}`.", doc]
    return "\n\n".join(line for line in lines if line)


def _carried_out(node: Node | None) -> str:
    """What a call of a tool does."""
    if not isinstance(node, Mapping):
        return ""
    kind = _scalar(node.get("type"))
    match kind:
        case "http":
            return f"Calls `{_scalar(node.get('method')) or 'GET'} {_scalar(node.get('url'))}`."
        case "exec":
            command = node.get("command")
            words = command.items if isinstance(command, Sequence) else []
            shown = _scalar(command) or " ".join(_scalar(word) for word in words)
            return f"Runs `{_shortened(shown)}`."
        case "file_read" | "file_write":
            verb = "Reads" if kind == "file_read" else "Writes"
            return f"{verb} the file `{_scalar(node.get('path'))}`."
        case "builtin":
            return f"Calls the Python function `{_scalar(node.get('function'))}`."
        case _:
            return ""


def builtin_tool(name: str) -> str:
    """A tool that every program has."""
    tool = BUILTIN_TOOLS.get(name)
    if tool is None:
        return ""
    params = ", ".join(
        f"{key}: {param.type}" + ("" if param.required else " = null")
        for key, param in tool.params.items()
    )
    needs = ", ".join(f"`{word}`" for word in tool.capabilities)
    touches = f"It needs {needs}." if needs else ""
    lines = [code(f"tool {name}({params})"), f"{tool.doc} Every program has this tool.", touches]
    return "\n\n".join(line for line in lines if line)


# --- the language ---------------------------------------------------------------------------------


def filter_text(name: str) -> str:
    """A filter with its signature, meaning and an example."""
    spec = FILTERS.get(name)
    if spec is None:
        return ""
    lines = [code(f"{' or '.join(spec.receivers)} | {spec.usage}"), spec.doc]
    lines += [f"- `{one.name}` ({one.type}): {one.doc}" for one in spec.parameters]
    lines.append(f"Example: `{spec.example}` gives `{spec.shows}`")
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


def word_text(word: str, spec: grammar.Key) -> str:
    """A word that was chosen, and what else might be."""
    others = [f"`{value}`" for value in spec.values if value != word]
    if not spec.values and word in grammar.IMPLEMENTATION:
        return implementation_text(word)
    return f"`{word}`: {spec.doc}" + (f"\n\nOr {', '.join(others)}." if others else "")


def implementation_text(kind: str) -> str:
    """What a kind of tool needs and takes."""
    table = grammar.IMPLEMENTATION[kind]
    needed = [f"`{key}`" for key, spec in table.items() if spec.required and key != "type"]
    taken = [f"`{key}`" for key, spec in table.items() if not spec.required]
    text = f"`{kind}` needs {', '.join(needed)}"
    return text + (f" and may have {', '.join(taken)}." if taken else ".")


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
    lines = [code(f"model {name}")]
    if "context" in facts:
        lines.append(f"- context: {facts['context']:,} tokens")
    if "max_output" in facts:
        lines.append(f"- longest reply: {facts['max_output']:,} tokens")
    if facts.get("sampling") is False:
        lines.append("- takes no `temperature` other than 1")
    if "retires" in facts:
        successor = f"; its successor is `{facts['successor']}`" if "successor" in facts else ""
        lines.append(f"- is retired on {facts['retires']}{successor}")
    return "\n".join([lines[0], "", *lines[1:]])


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN].rsplit(" ", 1)[0] + " ..."
