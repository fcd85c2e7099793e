"""Loops that do not go round as they seem to."""

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.free_variables import ends
from vegac.ir.traverse import reads_clock, statements, targets, walk
from vegac.source.diagnostic import Label
from vegac.source.findings import Findings


def check_rounds(workflow: Contents, findings: Findings) -> None:
    """`until-never-changes`, `loop-runs-once` and `loop-changes-list`."""
    for loop in workflow.all(ir.Repeat):
        _until(loop, findings)
        _once(loop, findings)
    for loop in workflow.all(ir.For):
        _first_ends(loop, findings)
        _changed_list(loop, findings)


def _until(loop: ir.Repeat, findings: Findings) -> None:
    """Report an `until` that no round can change."""
    until = loop.until
    if until is None or _runs_once(loop) or ends(loop.body):
        return
    parts = walk(until)
    if any(isinstance(part, ir.LoopState | ir.ComputedVariable) for part in parts):
        return
    read = {part.name for part in parts if isinstance(part, ir.Variable)}
    if not read or reads_clock(until):
        return  # a condition that is constant, or that time decides
    set_inside = {
        target.name
        for statement in statements(loop.body)
        for target in targets(statement)
        if isinstance(target, ir.Target)
    }
    if read & set_inside:
        return
    names = ", ".join(f"'{name}'" for name in sorted(read))
    findings.report(
        "until-never-changes",
        until.span,
        f"no round changes {names}, so the loop ends after the first round or runs to its `max`",
        hint="test what the steps of the loop save",
        labels=(Label(loop.span, "the loop"),),
        subject=min(read),
    )


def _runs_once(loop: ir.Repeat) -> bool:
    return isinstance(loop.limit, ir.Const) and loop.limit.value == 1


def _once(loop: ir.Repeat, findings: Findings) -> None:
    if _runs_once(loop) and loop.until is not None:
        findings.report(
            "loop-runs-once",
            loop.limit.span,
            "with a `max` of 1 the steps run once, whatever `until` says",
            hint="raise `max`, or write the steps without the loop",
        )
    elif ends(loop.body):
        _report_end(loop, findings)


def _first_ends(loop: ir.For, findings: Findings) -> None:
    if ends(loop.body):
        _report_end(loop, findings)


def _report_end(loop: ir.Repeat | ir.For, findings: Findings) -> None:
    findings.report(
        "loop-runs-once",
        loop.span,
        "the first round always ends the workflow, so there is never a second one",
        hint="put the `return` or `fail` behind a condition, or after the loop",
    )


def _changed_list(loop: ir.For, findings: Findings) -> None:
    """Report steps that add to the list that the loop goes over."""
    if not isinstance(loop.collection, ir.Variable):
        return
    name = loop.collection.name
    for statement in statements(loop.body):
        if not isinstance(statement, ir.Assign):
            continue
        for target in statement.targets:
            if (
                isinstance(target, ir.Target)
                and target.name == name
                and _adds(statement.value, name)
            ):
                findings.report(
                    "loop-changes-list",
                    target.span,
                    f"the loop goes over '{name}' as it was at the start, not over what is added",
                    hint="collect in another list, or use `repeat` to work off a queue",
                    labels=(Label(loop.collection.span, "the list of the loop"),),
                )


def _adds(value: ir.Expr, name: str) -> bool:
    return (
        isinstance(value, ir.Binary)
        and value.operator == "+"
        and any(isinstance(s, ir.Variable) and s.name == name for s in (value.left, value.right))
    )
