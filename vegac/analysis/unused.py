"""What is declared and never used."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from vega_grammar.keys import STEPS
from vegac.ir import nodes as ir
from vegac.ir.build.program import ProgramContext
from vegac.ir.traverse import expressions, statements, walk
from vegac.semantics.declarations import Declaration
from vegac.semantics.literals import NAME, PUBLIC_NAME
from vegac.source.diagnostic import Diagnostic, Edit, Fix, Label
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.source.suggest import Names, did_you_mean, may_mean


def check_unused(context: ProgramContext, program: ir.Program, findings: Findings) -> None:
    """`unused-variable`, `unused-input`, `unused-agent`, `unused-tool`, `unused-workflow`.

    Any workflow may be run by itself; one whose name begins with `_` says that it is there for
    others. Agents and tools of included files are a library: not every program needs all of them.
    """
    unset: dict[str, list[Diagnostic]] = {}
    for finding in findings.items:
        if finding.code == "maybe-unset":
            unset.setdefault(finding.span.unit, []).append(finding)
    for built in context.built.values():
        _names(built.workflow, built.reads, built.saved, findings, unset)
    declarations = context.declarations
    if declarations.server or not declarations.workflows:
        return
    called = {
        callee for name, built in context.built.items() for callee in built.calls if callee != name
    }
    for declaration in declarations.workflows.values():
        name = declaration.name
        if name.startswith("_") and name not in called and _is_own(declaration, context):
            findings.report(
                "unused-workflow",
                declaration.key.span,
                f"no other workflow calls '{name}', which its name says is not run by itself",
                hint="call it, remove it, or name it without the '_'",
                subject=name,
            )
    agents = context.agent_builder
    used = {name for workflow in program.workflows for name in workflow.agents}
    used |= agents.extended | agents.used_agents
    for declaration in declarations.agents.values():
        name = declaration.name
        if name in used or name in STEPS or not PUBLIC_NAME.fullmatch(name):
            continue
        if _is_own(declaration, context):
            findings.report(
                "unused-agent",
                declaration.key.span,
                f"no step sends anything to agent '{declaration.name}'",
                hint="use it or remove it",
                subject=declaration.name,
            )
    for declaration in declarations.tools.values():
        name = declaration.name
        if name in agents.used_tools or not PUBLIC_NAME.fullmatch(name):
            continue
        if _is_own(declaration, context):
            findings.report(
                "unused-tool",
                declaration.key.span,
                f"no agent has the tool '{declaration.name}'",
                hint="add it to the `tools` of an agent, or remove it",
                subject=declaration.name,
            )


def _is_own(declaration: Declaration, context: ProgramContext) -> bool:
    return declaration.file == context.declarations.file


def _names(
    workflow: ir.Workflow,
    reads: frozenset[str],
    saved: dict[str, Span],
    findings: Findings,
    unset: dict[str, list[Diagnostic]],
) -> None:
    inputs = {declared.name: declared for declared in workflow.inputs}
    texts: dict[str, ir.Expr] | None = None
    for name, declared in inputs.items():
        if name not in reads and _can_be_read(name):
            texts = _written(workflow) if texts is None else texts
            written = texts.get(name)
            findings.report(
                "unused-input",
                declared.span,
                f"nothing reads the input '{name}'",
                hint=f"write `<<{name}>>` to use it" if written else "use it or remove it",
                labels=(Label(written.span, "here its name is text"),) if written else (),
                subject=name,
            )
    used = Names(name for name in saved if name in reads)
    for name, span in saved.items():
        if name in reads or name in inputs or not _can_be_read(name):
            continue
        if unset and _explains(name, span, findings, unset):
            continue
        near = used.nearest(name)
        findings.report(
            "unused-variable",
            span,
            f"nothing reads '{name}'",
            hint=did_you_mean(name, used) or "remove it, or use it in a message or the output",
            subject=name,
            suggestions=near,
            fixes=tuple(_rename(span, other) for other in near),
        )
    if unset:
        for target in _loop_variables(workflow):
            if target.name not in reads:
                _explains(target.name, target.span, findings, unset)


_WRITTEN = re.compile(r"\{\s*(?P<braced>\w+)\s*\}|\{%(?P<tag>[^%]*)%\}|\$\(?(?P<dollar>\w+)")


def _written(workflow: ir.Workflow) -> dict[str, ir.Expr]:
    """What texts have as other languages of templates do (`{name}`, `{% if name %}`, `$name`), with
    the first text of each."""
    found: dict[str, ir.Expr] = {}
    for statement in statements(workflow.body):
        for expression in expressions(statement):
            for part in walk(expression):
                texts = part.parts if isinstance(part, ir.Template) else (_text(part),)
                for text in texts:
                    if isinstance(text, str) and ("{" in text or "$" in text):
                        for match in _WRITTEN.finditer(text):
                            words = match["braced"] or match["dollar"]
                            for word in (words,) if words else re.findall(r"\w+", match["tag"]):
                                found.setdefault(word, part)
    return found


def _text(part: ir.Expr) -> object:
    return part.value if isinstance(part, ir.Const) else None


def _loop_variables(workflow: ir.Workflow) -> Iterator[ir.Target]:
    for statement in statements(workflow.body):
        if isinstance(statement, ir.For | ir.ParallelFor):
            yield from statement.names


def _rename(span: Span, name: str) -> Fix:
    return Fix(f"write '{name}'", (Edit(span, name),), "unsafe")


def _explains(
    name: str, span: Span, findings: Findings, unset: dict[str, list[Diagnostic]]
) -> bool:
    """Whether a name that nothing reads is the misspelling of one that is not set elsewhere.

    That finding then says so, and is the only one.
    """
    near = unset.get(span.unit, [])
    first = next((finding for finding in near if may_mean(finding.subject, name)), None)
    if first is None:
        return False
    explained = replace(
        first,
        hint=f"did you mean '{name}', which is saved and never read?",
        labels=(*first.labels, Label(span, "saved here")),
        suggestions=(name,),
        fixes=(_rename(span, first.subject),),
    )
    later = {id(one) for one in near if one is not first and one.subject == first.subject}
    for kept in (findings.items, near):
        kept[:] = [explained if one is first else one for one in kept if id(one) not in later]
    return True


def _can_be_read(name: str) -> bool:
    """Whether something should read a variable: not one that says otherwise, nor one whose name is
    a mistake of its own."""
    return not name.startswith("_") and NAME.fullmatch(name) is not None
