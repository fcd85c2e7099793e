"""The forms of replies: `format` and `schema`."""

from vega_grammar import keys as grammar
from vegac.ir import nodes as ir
from vegac.ir.build.fields import FieldReader, Invalid
from vegac.semantics.type_syntax import parse_type, type_hint, types_like
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    NUMBER,
    STRING,
    ListOf,
    Record,
    Type,
    optional,
)
from vegac.syntax.document import Step
from vegac.syntax.nodes import ErrorNode, Mapping, Node, Scalar, Sequence

FORMATS: dict[str, Type] = {
    "text": STRING,
    "json": ANY,
    "yaml": ANY,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "list": ListOf(ANY),
}


def reply_form(fields: FieldReader, step: Step) -> tuple[ir.StaticValue, Type]:
    """The form of a send's reply (a format's name, a schema as a dict, or None) and its type."""
    node, schema = step.get("format"), step.get("schema")
    word: ir.StaticValue = None
    invalid = False
    if node is not None:
        read = fields.word(node, grammar.SEND["format"], "format")
        invalid = isinstance(read, Invalid)
        word = None if isinstance(read, Invalid) else read
    if schema is not None:
        if word not in (None, "json") and node is not None and not invalid:
            fields.findings.report(
                "unknown-value",
                node.span,
                "a reply with a `schema` has the format json",
                hint="write `format: json`, or leave `format` out",
            )
        read_schema = _schema(fields, schema)
        return read_schema if read_schema is not None else (None, ANY)
    if invalid:
        return None, ANY
    if word is None or word == "text":
        return None, STRING
    return word, FORMATS[str(word)]


def _schema(fields: FieldReader, node: Node) -> tuple[ir.StaticValue, Type] | None:
    if isinstance(node, ErrorNode):
        return None
    if not isinstance(node, Mapping):
        fields.findings.report(
            "wrong-type",
            node.span,
            "a schema is a map from fields to their types",
            hint='such as `{name: string, tags: "list[string]"}`',
        )
        return None
    if _is_json_schema(node):
        fields.findings.report(
            "wrong-type",
            node.span,
            "a schema names the fields of a reply with their types; this is JSON Schema",
            hint='such as `{name: string, tags: "list[string]"}`',
        )
        return None
    schema: dict[str, ir.StaticValue] = {}
    types: list[tuple[str, Type]] = []
    for entry in node.entries:
        name, value = entry.key.value, entry.value
        if isinstance(value, Mapping):
            inner = _schema(fields, value)
            if inner is not None:
                schema[name] = inner[0]
            types.append((name, inner[1] if inner is not None else ANY))
            continue
        type_ = _field_type(fields, value)
        if type_ is not None and isinstance(value, Scalar):
            schema[name] = value.value
        types.append((name, type_ or ANY))
    return schema, Record(tuple(types))


def _is_json_schema(node: Mapping) -> bool:
    """Whether a map describes a type by the keys of JSON Schema, rather than naming fields."""
    kind = node.get("type")
    if not isinstance(kind, Scalar):
        return False
    if kind.value in ("object", "array"):
        inner = node.get("properties" if kind.value == "object" else "items")
        return isinstance(inner, Mapping)
    return kind.value in grammar.INPUT_TYPES and isinstance(node.get("enum"), Sequence)


def _field_type(fields: FieldReader, node: Node) -> Type | None:
    if not isinstance(node, Scalar):
        fields.findings.report(
            "wrong-type",
            node.span,
            "the type of a field is a word",
            hint=_list_hint(node) if isinstance(node, Sequence) else "",
        )
        return None
    text = node.value.removesuffix("?")
    type_ = parse_type(text)
    if type_ is None:
        near = types_like(text)
        fields.findings.report(
            "unknown-value",
            node.span,
            f"there is no type '{node.value}'",
            hint=type_hint(text, near, "string, number, integer, boolean, any"),
            subject=node.value,
            suggestions=tuple(word + node.value[len(text) :] for word in near),
        )
        return None
    return optional(type_) if node.value.endswith("?") else type_


def _list_hint(node: Sequence) -> str:
    """What to write for `[string]` and `[{name: string}]`."""
    match node.items:
        case [Scalar(value=word)] if parse_type(word) is not None:
            return f"write `list[{word}]`"
        case [Mapping()]:
            return "write `list[object]`: what the elements hold is not checked"
        case _:
            return "such as `list[string]`"
