"""Questions of a workflow for which a test has no answer, or none that would do."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from vegac.ir import nodes as ir
from vegac.ir.traverse import blocks, branches, statements
from vegac.source.diagnostic import Diagnostic
from vegac.source.registry import report
from vegac.testing.cases import Case


def questions(case: Case, workflow: ir.Workflow) -> Iterator[Diagnostic]:
    """The first question that a run of the test reaches and cannot go on with."""
    place = case.answers_key or case.key
    asked = _asked(workflow.body)
    sure = len(list(takewhile(lambda one: isinstance(one, ir.Ask | ir.Assign), workflow.body)))
    first = [one for one in workflow.body[:sure] if isinstance(one, ir.Ask)]
    for answer, ask in zip(case.answers, first, strict=False):
        choices = _texts(ask.choices)
        if choices and not _fits(answer, choices):
            yield report(
                "unknown-value",
                place.span,
                f"the answer {answer!r} to {_shown(ask)} is none of the choices "
                + ", ".join(choices),
                hint="write one of them",
            )
            return
    for ask in asked[len(case.answers) :]:
        if ask.default is None:
            choices = _texts(ask.choices)
            among = f" (one of {', '.join(choices)})" if choices else ""
            yield report(
                "missing-key",
                place.span,
                f"the test has no answer left for the question {_shown(ask)}",
                hint=f"add one{among} to `answers:`",
            )
            return


def _asked(block: ir.Block) -> list[ir.Ask]:
    """The questions that every run which does not fail asks."""
    found: list[ir.Ask] = []
    for statement in block:
        match statement:
            case ir.Ask():
                found.append(statement)
            case ir.Scope() | ir.Attempts() | ir.Repeat() | ir.OnTimeout():
                found += _asked(statement.body)
            case ir.Try(handler=None):
                found += _asked(statement.body)
            case _:
                pass
        if any(isinstance(one, ir.Return) for one in _inside(statement)):
            break
    return found


def _inside(statement: ir.Statement) -> Iterator[ir.Statement]:
    yield statement
    for block in (*blocks(statement), *branches(statement)):
        yield from statements(block)


def _texts(choices: ir.Expr | None) -> list[str]:
    """The choices of a question as far as they are written, all of them or none."""
    items = choices.items if isinstance(choices, ir.ListValue) else ()
    found = [item.value for item in items if isinstance(item, ir.Const)]
    return [str(value) for value in found] if len(found) == len(items) else []


def _fits(answer: str, choices: Sequence[str]) -> bool:
    from vega_runtime.ask import match_choice

    return match_choice(answer, choices) is not None


def _shown(ask: ir.Ask) -> str:
    question = ask.question
    if isinstance(question, ir.Const):
        return repr(question.value)
    parts = question.parts if isinstance(question, ir.Template) else (question,)
    return repr("".join(part if isinstance(part, str) else "..." for part in parts))
