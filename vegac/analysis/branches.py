"""Branches that are never taken because an earlier one asks the same."""

from typing import cast

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.traverse import reads_clock
from vegac.source.diagnostic import Label
from vegac.source.findings import Findings


def check_branches(workflow: Contents, findings: Findings) -> None:
    """`repeated-condition`: a condition that stood before in the same chain of `elif`."""
    inner: set[int] = set()
    for choice in workflow.all(ir.If):
        if id(choice) not in inner:
            links = _chain(choice)
            inner.update(map(id, links))
            if len(links) > 1:
                _check(links, findings)


def _chain(first: ir.If) -> list[ir.If]:
    links = [first]
    while len(links[-1].otherwise) == 1 and isinstance(links[-1].otherwise[0], ir.If):
        links.append(links[-1].otherwise[0])
    return links


def _check(links: list[ir.If], findings: Findings) -> None:
    seen: dict[str, ir.Expr] = {}
    for link in links:
        condition = link.condition
        if reads_clock(condition):
            continue
        key = shape(condition)
        if key in seen:
            findings.report(
                "repeated-condition",
                condition.span,
                "this is asked before, so these steps never run",
                hint="ask something else, or join the two branches",
                labels=(Label(seen[key].span, "asked here"),),
            )
        seen.setdefault(key, condition)


def shape(value: object) -> str:
    """A text that is the same for expressions that mean the same and are written alike."""
    if isinstance(value, ir.Expr):
        fields = (name for name in value.__struct_fields__ if name not in ("type", "span"))
        inner = ", ".join(shape(getattr(value, name)) for name in fields)
        return f"{type(value).__name__}({inner})"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(shape, cast("tuple[object, ...]", value))) + ")"
    return repr(value)
