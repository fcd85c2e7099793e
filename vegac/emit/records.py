"""The records of a program that get a class: replies with a schema, and results of workflows."""

from collections.abc import Iterator

from vegac.emit.annotations import Annotations, is_field_name, normal
from vegac.emit.code import Call, DictDisplay, literal, name
from vegac.emit.document import Line
from vegac.emit.layout import statement
from vegac.emit.names import Names, class_name
from vegac.ir import nodes as ir
from vegac.ir.traverse import statements
from vegac.semantics.types import ERROR, LOOP, ListOf, MapOf, Record, Type, Union, members


def name_records(program: ir.Program, names: Names) -> dict[Record, str]:
    """Classes for the records that replies are made of, inner records before those around them."""
    found: dict[Record, str] = {}
    for workflow in program.workflows:
        for step in statements(workflow.body):
            if isinstance(step, ir.Send):
                _, _, label = step.site.partition("/")
                wanted = class_name(f"{workflow.name}-{label.partition('#')[0]}".replace("/", "-"))
                for record, stem in _records(step.type, wanted):
                    if record not in found:
                        found[record] = names.take(record.name or stem, "")
    return found


def _records(type_: Type, wanted: str) -> Iterator[tuple[Record, str]]:
    match type_:
        case ListOf(element):
            yield from _records(element, wanted)
        case MapOf(value):
            yield from _records(value, wanted)
        case Record(fields) if type_ not in (LOOP, ERROR) and fields:
            for key, inner in fields:
                yield from _records(inner, wanted + class_name(key))
            yield type_, wanted
        case _ if len(members(type_)) > 1:
            for member in members(type_):
                yield from _records(member, wanted)
        case _:
            pass


def class_lines(record: Record, class_: str, annotations: Annotations, base: str) -> list[Line]:
    """The TypedDict of a record."""
    fields = [
        (key, annotations.text(normal(type_, annotations.records))) for key, type_ in record.fields
    ]
    if all(is_field_name(key) for key, _ in fields):
        return [
            Line(f"class {class_}({base}):"),
            *(Line(f"    {key}: {annotation}") for key, annotation in fields),
        ]
    table = DictDisplay(
        tuple(literal(key) for key, _ in fields), tuple(name(text) for _, text in fields)
    )
    return statement(f"{class_} = ", Call(name(base), (literal(class_), table)), "", 0)


def depth(type_: Type) -> int:
    """How deep records lie inside each other in a type."""
    match type_:
        case ListOf(inner) | MapOf(inner):
            return depth(inner)
        case Record(fields):
            return 1 + max((depth(inner) for _, inner in fields), default=0)
        case Union(several):
            return max(map(depth, several))
        case _:
            return 0
