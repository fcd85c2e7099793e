"""Conditions that are texts, and so nearly always true."""

from collections.abc import Iterator

from vegac.ir import nodes as ir
from vegac.ir.traverse import expressions, statements, targets, walk
from vegac.semantics.types import STRING
from vegac.source.findings import Findings


def check_truth(program: ir.Program, findings: Findings) -> None:
    """`text-as-condition`: a model's reply, or one of several choices, used as a condition."""
    for workflow in program.workflows:
        texts = _never_empty(workflow)
        for condition in _conditions(workflow):
            for part in _operands(condition):
                if isinstance(part, ir.Variable) and part.name in texts and part.type == STRING:
                    findings.report(
                        "text-as-condition",
                        part.span,
                        f"this holds whatever {texts[part.name]} was: every text but the empty "
                        "one is true, 'no' and 'false' too",
                        hint=f"compare it, such as `'yes' in {part.name} | lower`, or ask for "
                        "`format: boolean`",
                    )


def _never_empty(workflow: ir.Workflow) -> dict[str, str]:
    """The variables that are only ever set to replies and choices, with what they are."""
    found: dict[str, str] = {}
    others = {declared.name for declared in workflow.inputs}
    for statement in statements(workflow.body):
        what = _text_of(statement)
        for target in targets(statement):
            if isinstance(target, ir.Target):
                if what:
                    found.setdefault(target.name, what)
                elif not _is_null(statement):
                    others.add(target.name)
    return {name: what for name, what in found.items() if name not in others}


def _text_of(statement: ir.Statement) -> str:
    match statement:
        case ir.Send(options=options) if "form" not in options:
            return "the reply"
        case ir.Ask(choices=ir.ListValue(items=items)) if all(map(_is_word, items)):
            return "the answer"
        case _:
            return ""


def _is_word(item: ir.Expr) -> bool:
    return isinstance(item, ir.Const) and isinstance(item.value, str) and item.value != ""


def _is_null(statement: ir.Statement) -> bool:
    return (
        isinstance(statement, ir.Assign)
        and isinstance(statement.value, ir.Const)
        and statement.value.value is None
    )


def _conditions(workflow: ir.Workflow) -> Iterator[ir.Expr]:
    for statement in statements(workflow.body):
        match statement:
            case ir.If(condition=condition):
                yield condition
            case ir.Repeat(until=until) if until is not None:
                yield until
            case _:
                pass
        for expression in expressions(statement):
            for part in walk(expression):
                if isinstance(part, ir.Conditional):
                    yield part.condition


def _operands(condition: ir.Expr) -> Iterator[ir.Expr]:
    match condition:
        case ir.Not(operand=operand):
            yield from _operands(operand)
        case ir.Logical(operands=operands):
            for operand in operands:
                yield from _operands(operand)
        case _:
            yield condition
