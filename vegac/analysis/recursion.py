"""Workflows that call themselves or each other with nothing to stop them."""

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.source.findings import Findings


def check_recursion(workflows: list[Contents], findings: Findings) -> None:
    """`unbounded-recursion` and `workflow-cycle`: calls that every run reaches."""
    calls = {
        contents.workflow.name: _certain_calls(contents.workflow.body)
        for contents in workflows
        if contents.all(ir.Call)
    }
    reported: set[str] = set()
    for name, certain in calls.items():
        for call in certain:
            if call.workflow == name:
                findings.report(
                    "unbounded-recursion",
                    call.span,
                    f"workflow '{name}' always calls itself",
                    hint="put an `if` before the call that ends it",
                )
                reported.add(name)
    for name in calls:
        path = _cycle(name, calls)
        if path and not reported & set(path):
            reported.update(path)
            call = next(c for c in calls[path[-1]] if c.workflow == name)
            findings.report(
                "workflow-cycle",
                call.span,
                "these workflows always call each other: " + " -> ".join([*path, name]),
                hint="put an `if` before one of the calls",
            )


def _certain_calls(block: ir.Block) -> list[ir.Call]:
    """The calls at the start of a block that nothing can prevent."""
    found: list[ir.Call] = []
    for statement in block:
        match statement:
            case ir.Call():
                found.append(statement)
            case ir.Return() | ir.Fail() | ir.If() | ir.For() | ir.ParallelFor() | ir.Try():
                break
            case ir.Scope() | ir.Attempts() | ir.Repeat():
                found += _certain_calls(statement.body)
                if not _plain(statement.body):
                    break
            case ir.Parallel():
                for branch in statement.branches:
                    found += _certain_calls(branch.body)
            case _:
                pass
    return found


def _plain(block: ir.Block) -> bool:
    return all(isinstance(s, ir.Send | ir.Assign | ir.Call | ir.Ask | ir.Recall) for s in block)


def _cycle(name: str, calls: dict[str, list[ir.Call]]) -> list[str]:
    """A path of certain calls from `name` back to it, without the last step; else empty."""
    paths = [[name]]
    seen = {name}
    while paths:
        path = paths.pop(0)
        for call in calls.get(path[-1], []):
            if call.workflow == name and len(path) > 1:
                return path
            if call.workflow not in seen:
                seen.add(call.workflow)
                paths.append([*path, call.workflow])
    return []
