"""Conditions that are texts, and so nearly always true."""

from collections.abc import Iterator

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.traverse import targets
from vegac.semantics.types import STRING
from vegac.source.findings import Findings


def check_truth(workflow: Contents, findings: Findings) -> None:
    """`text-as-condition`: a model's reply, or one of several choices, used as a condition."""
    asked = [
        part
        for condition in _conditions(workflow)
        for part in _operands(condition)
        if isinstance(part, ir.Variable) and part.type == STRING
    ]
    texts = _never_empty(workflow) if asked else {}
    for part in asked:
        if part.name in texts:
            findings.report(
                "text-as-condition",
                part.span,
                f"this holds whatever {texts[part.name]} was: every text but the empty "
                "one is true, 'no' and 'false' too",
                hint=f"compare it, such as `'yes' in {part.name} | lower`, or ask for "
                "`format: boolean`",
            )


def _never_empty(workflow: Contents) -> dict[str, str]:
    """The variables that are only ever set to replies and choices, with what they are."""
    found: dict[str, str] = {}
    others = {declared.name for declared in workflow.workflow.inputs}
    for statement in workflow.statements:
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


def _conditions(workflow: Contents) -> list[ir.Expr]:
    choices = [part.condition for part in workflow.parts(ir.Conditional)]
    return workflow.conditions() + choices


def _operands(condition: ir.Expr) -> Iterator[ir.Expr]:
    match condition:
        case ir.Not(operand=operand):
            yield from _operands(operand)
        case ir.Logical(operands=operands):
            for operand in operands:
                yield from _operands(operand)
        case _:
            yield condition
