"""Lowering one workflow: its inputs, its steps, its output."""

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from vega_grammar import keys as grammar
from vegac.ir import nodes as ir
from vegac.ir.build.arguments import constant_problem, near_values
from vegac.ir.build.fields import FieldReader, Invalid, kind_of, yaml_boolean
from vegac.ir.build.prescan import assigned_by
from vegac.ir.build.scope import WorkflowScope
from vegac.ir.build.steps import StepBuilder
from vegac.semantics.constants import is_of_type, type_of_constant
from vegac.semantics.declarations import Declaration
from vegac.semantics.literals import NAME_HINT, unfit_variable
from vegac.semantics.type_syntax import article, parse_type, type_hint, types_like
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    NULL,
    STRING,
    Enum,
    Type,
    assignable,
    union,
)
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.syntax.core_schema import scalar_value, to_value
from vegac.syntax.document import Step, StepReader, entry_for
from vegac.syntax.nodes import Entry, ErrorNode, Mapping, Node, Scalar, Sequence, is_null

if TYPE_CHECKING:
    from vegac.ir.build.program import ProgramContext


class Built(Struct, eq=False):
    """A lowered workflow with what others need to know of it: `reads` are the names it reads,
    `saved` those that it saves or sets, with their places, `repeated` names of two steps, `steps`
    the steps as they were written."""

    workflow: ir.Workflow
    calls: tuple[str, ...]
    agents: tuple[str, ...]
    reads: frozenset[str]
    saved: dict[str, Span]
    repeated: tuple[tuple[str, Span, Span], ...]
    steps: list[Step]


def build_workflow(context: "ProgramContext", declaration: Declaration) -> Built:
    """Lower a workflow; findings go to the context's list."""
    findings = context.findings
    fields = FieldReader(findings)
    name = declaration.name
    node = declaration.node
    table = _entries(fields, declaration)
    inputs = read_inputs(findings, table["inputs"].value) if "inputs" in table else {}
    reader = StepReader(context.agents, context.agents, findings)
    if "steps" in table and is_null(table["steps"].value):
        del table["steps"]
    steps = reader.block(table["steps"].value) if "steps" in table else []
    listed = table["steps"].value if "steps" in table else None
    empty = isinstance(listed, Sequence) and not listed.items
    if empty or ("steps" not in table and isinstance(node, Mapping)):
        _no_steps(findings, declaration)
    assigned = assigned_by(steps)
    context.explicit_names = set(assigned.explicit)
    scope = WorkflowScope(
        findings, inputs, assigned.names, assigned.patterns, implicit="inputs" not in table
    )
    scope.step_names = assigned.step_names
    for declared in inputs.values():
        scope.assign(declared.name, declared.type, declared.span)
    builder = StepBuilder(context, scope, name)
    body = [*_name_inputs(scope, inputs, name), *builder.block(steps, name)]
    _output(builder, table.get("output"), body, declaration.key.span, name)
    options: dict[str, float | None] = {}
    for key in ("timeout", "budget"):
        if key in table:
            value = fields.read(table[key].value, grammar.WORKFLOW[key], key)
            options[key] = float(value) if isinstance(value, int | float) else None
    description = table.get("description")
    workflow = ir.Workflow(
        name,
        declaration.key.span,
        description.value.value if description and isinstance(description.value, Scalar) else "",
        list(scope.inputs.values()),
        body,
        union(builder.returns) if builder.returns else NULL,
        scope.variables,
        tuple(name for name in scope.initial if name not in scope.inputs),
        bool(assigned.patterns),
        tuple(builder.agents),
        options.get("timeout"),
        options.get("budget"),
    )
    return Built(
        workflow,
        tuple(builder.calls),
        tuple(builder.agents),
        frozenset(scope.reads),
        assigned.explicit,
        tuple(assigned.repeated),
        steps,
    )


def _name_inputs(scope: WorkflowScope, inputs: dict[str, ir.Input], site: str) -> ir.Block:
    """Put inputs that have computed names into the table of these, too."""
    return [
        ir.Assign(
            declared.span,
            site,
            scope.targets(declared.name, declared.span)[1:],
            ir.Variable(declared.type, declared.span, declared.name),
        )
        for declared in inputs.values()
        if scope.is_computed(declared.name)
    ]


def _entries(fields: FieldReader, declaration: Declaration) -> dict[str, Entry]:
    node = declaration.node
    if isinstance(node, ErrorNode):
        return {}
    if not isinstance(node, Mapping):
        fields.findings.report(
            "not-a-mapping",
            declaration.key.span if is_null(node) else node.span,
            f"workflow '{declaration.name}' is a map with its `steps`; here stands {kind_of(node)}",
            hint="add `steps:` below it",
        )
        return {}
    required = grammar.WORKFLOW["steps"]
    table = {**grammar.WORKFLOW, "steps": required._replace(required=False)}
    return fields.table(node, table, "a workflow")


def _no_steps(findings: Findings, declaration: Declaration) -> None:
    findings.report(
        "no-steps",
        declaration.key.span,
        f"workflow '{declaration.name}' has no steps",
        hint="add `steps:` with a list of steps",
        subject="steps",
    )


def _output(
    builder: StepBuilder, entry: Entry | None, body: ir.Block, span: Span, site: str
) -> None:
    """The `return` at the end: of `output`, or of the latest result."""
    if not builder.scope.flow.live:
        if entry is not None:
            builder.findings.report(
                "unreachable-step",
                entry.key.span,
                "this output is never reached",
                hint="every path through the steps ends before it",
            )
        return
    if entry is not None:
        value = builder.texts.output(entry.value, builder.scope)
        span = entry.key.span
    else:
        value = builder.scope.hidden(builder.scope.latest, span)
    builder.returns.append(value.type)
    body.append(ir.Return(span, f"{site}/output", value))


# --- inputs ---------------------------------------------------------------------------------------


def read_inputs(findings: Findings, node: Node) -> dict[str, ir.Input]:
    """The declared inputs by name."""
    inputs: dict[str, ir.Input] = {}
    if isinstance(node, Sequence):
        for item in node.items:
            if not isinstance(item, Scalar):
                findings.report(
                    "wrong-type",
                    item.span,
                    "in a list, an input is a name",
                    hint="write `inputs` as a map: `NAME: {type: string}`",
                )
                named = entry_for(item, "name", grammar.PARAM)
                name = named.value if named is not None else None
                if isinstance(name, Scalar) and not unfit_variable(name.value):
                    inputs.setdefault(name.value, ir.Input(name.value, ANY, "any", name.span))
            elif _name_fits(findings, item):
                inputs.setdefault(item.value, ir.Input(item.value, ANY, "any", item.span))
        return inputs
    described = json_schema(findings, node, "inputs") if isinstance(node, Mapping) else None
    node = described or node
    if not isinstance(node, Mapping):
        if not isinstance(node, ErrorNode) and not is_null(node):
            findings.report(
                "wrong-type",
                node.span,
                f"`inputs` is a map or a list of names; here stands {kind_of(node)}",
                hint="write `inputs: {topic: string}`",
            )
        return inputs
    for entry in node.entries:
        if _name_fits(findings, entry.key):
            inputs[entry.key.value] = _input(findings, entry.key, entry.value)
    return inputs


def _name_fits(findings: Findings, node: Scalar) -> bool:
    hint = unfit_variable(node.value)
    if not hint:
        return True
    if hint == NAME_HINT:
        fitting = re.sub(r"^(?![A-Za-z_])", "_", re.sub(r"\W", "_", node.value))
        hint = f"{hint}: '{fitting}'"
    findings.report("bad-name", node.span, f"'{node.value}' cannot name an input", hint=hint)
    return False


def _input(findings: Findings, key: Scalar, node: Node) -> ir.Input:
    name = key.value
    if isinstance(node, Scalar):
        if is_null(node):
            return ir.Input(name, ANY, "any", key.span)
        type_ = read_type(findings, node)
        return ir.Input(name, type_ or ANY, node.value if type_ else "any", key.span)
    fields = FieldReader(findings)
    table = fields.table(node, grammar.INPUT, f"input '{name}'")
    declared = ir.Input(name, ANY, "any", key.span)
    type_entry = table.get("type")
    if type_entry is not None and isinstance(type_entry.value, Scalar):
        type_ = read_type(findings, type_entry.value)
        if type_ is not None:
            declared.type, declared.type_text = type_, type_entry.value.value.strip()
    elif type_entry is not None:
        fields.string(type_entry.value, "type")
    for bound in ("min", "max"):
        if bound in table:
            value = fields.read(table[bound].value, grammar.INPUT[bound], bound)
            if not isinstance(value, Invalid):
                setattr(declared, bound, value)
    if "description" in table and isinstance(table["description"].value, Scalar):
        declared.description = table["description"].value.value
    if "enum" in table:
        _enum(findings, declared, table["enum"].value)
    if "required" in table:
        required = fields.read(table["required"].value, grammar.INPUT["required"], "required")
        declared.required = required is not False
    if "default" in table:
        _default(findings, declared, table["default"].value)
    elif not declared.required:
        declared.has_default = True
        declared.type = union((declared.type, NULL))
    return declared


def json_schema(findings: Findings, node: Mapping, what: str) -> Mapping | None:
    """The properties of what is written as JSON Schema, after a finding."""
    kind, properties = node.get("type"), node.get("properties")
    if (
        not isinstance(kind, Scalar)
        or kind.value != "object"
        or not isinstance(properties, Mapping)
        or not any(isinstance(entry.value, Mapping) for entry in properties.entries)
    ):
        return None
    findings.report(
        "wrong-type",
        node.span,
        f"{what} stand by their names, each with its type; this is JSON Schema",
        hint="write what stands under `properties` alone, with `required: true` where it is",
    )
    return properties


def read_type(findings: Findings, node: Scalar) -> Type | None:
    """A type as written, reported when there is none."""
    type_ = parse_type(node.value)
    if type_ is None:
        near = types_like(node.value)
        findings.report(
            "unknown-value",
            node.span,
            f"there is no type '{node.value}'",
            hint=type_hint(node.value, near, ", ".join(grammar.INPUT_TYPES)),
            subject=node.value,
            suggestions=near,
        )
    return type_


def _enum(findings: Findings, declared: ir.Input, node: Node) -> None:
    values = read_enum(findings, node, declared.type, "input", declared.name)
    declared.enum = values
    if declared.type in (STRING, ANY) and values and all(isinstance(v, str) for v in values):
        declared.type = Enum(tuple(str(value) for value in values))
        declared.type_text = "string"


def read_enum(
    findings: Findings, node: Node, type_: Type, kind: str, name: str
) -> tuple[str | int | float, ...]:
    """The values that `enum` allows for something of a type, those that cannot be left out."""
    if not isinstance(node, Sequence):
        if not isinstance(node, ErrorNode):
            findings.report("wrong-type", node.span, "`enum` is a list of values")
        return ()
    values: list[str | int | float] = []
    for item in node.items:
        if not isinstance(item, Scalar):
            findings.report("wrong-type", item.span, "the values of an `enum` are texts or numbers")
            continue
        value = item.value if type_ == STRING else scalar_value(item)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            findings.report("wrong-type", item.span, "the values of an `enum` are texts or numbers")
        elif type_ != ANY and not assignable(type_of_constant(value), type_):
            findings.report(
                "wrong-type",
                item.span,
                f"the {kind} '{name}' is {article(type_)}, and this is "
                f"{article(type_of_constant(value))}",
                hint=f"no value of the {kind} could be equal to it",
            )
        else:
            values.append(value)
    if not node.items:
        findings.report(
            "wrong-type",
            node.span,
            "an `enum` without values allows nothing",
            hint="list the values, or leave `enum` out",
        )
    return tuple(values)


def _default(findings: Findings, declared: ir.Input, node: Node) -> None:
    declared.has_default = True
    declared.required = False
    value = to_value(node)
    if isinstance(node, Scalar) and isinstance(declared.type, Enum | type(STRING)):
        wants_text = declared.type == STRING or isinstance(declared.type, Enum)
        if wants_text and value is not None and not isinstance(value, str):
            value = node.value
    declared.default = _frozen(value)
    if isinstance(node, Scalar) and value is None:
        declared.type = union((declared.type, NULL))
        return
    if (
        declared.type == BOOLEAN
        and isinstance(node, Scalar)
        and yaml_boolean(findings, node, f"the input '{declared.name}'") is not None
    ):
        return
    fits = isinstance(declared.type, Enum) and isinstance(value, str)
    if not fits and not is_of_type(value, declared.type):
        findings.report(
            "bad-default",
            node.span,
            f"the default of '{declared.name}' does not fit: "
            f"the input is {article(declared.type)}, this is {article(value_type(value))}",
        )
    elif isinstance(value, str | int | float | list):
        problem = constant_problem(declared, value)
        if problem is not None:
            findings.report(
                "bad-default",
                node.span,
                problem[1].replace(f"input '{declared.name}'", f"the default of '{declared.name}'"),
                hint=problem[2],
                subject=str(value),
                suggestions=near_values(declared, value),
            )


def _frozen(value: object) -> ir.StaticValue:
    if isinstance(value, list):
        return [_frozen(item) for item in value]  # type: ignore[return-value]
    if isinstance(value, dict):
        return {str(key): _frozen(item) for key, item in value.items()}  # type: ignore[misc]
    assert value is None or isinstance(value, str | int | float | bool)
    return value


def value_type(value: object) -> Type:
    """The type of a plain value."""
    from vegac.semantics.types import ListOf, MapOf

    if isinstance(value, list):
        return ListOf(union(value_type(item) for item in value))  # type: ignore[misc]
    if isinstance(value, dict):
        return MapOf(union(value_type(item) for item in value.values()))  # type: ignore[misc]
    return type_of_constant(value)
