"""Failures, deadlines and retries of blocks."""

from vegac.emit.assignment import assign, may_repeat, meet, set_before
from vegac.emit.code import Code, Keyword, call, literal, name
from vegac.emit.function import Environment, Function, merged, plain
from vegac.emit.literals import number
from vegac.emit.plan import assigned, is_wanted
from vegac.emit.statics import static
from vegac.ir import nodes as ir
from vegac.semantics.types import ERROR, NULL


def try_(f: Function, step: ir.Try) -> None:
    if step.handler is None and not step.finally_:
        f.block(step.body)
        return
    set_before(f, step.finally_, step)
    was_in_try, f.in_try = f.in_try, True
    handler_start = may_repeat(f, step.body)
    finally_start = may_repeat(f, [*step.body, *(step.handler or []), _errors(step)])
    f.text("try:")
    with f.indented():
        f.block(step.body)
        if f.live and is_wanted(step.reset_error, f.reads):
            assign(f, step.reset_error, plain("None", NULL), None)
    ends = [f.known]
    if step.handler is not None:
        f.known = handler_start
        _handler(f, step, step.handler)
        ends.append(f.known)
    f.known = meet(ends)
    f.in_try = was_in_try
    if step.finally_:
        _finally(f, step, finally_start)


def _errors(step: ir.Try) -> ir.Statement:
    """The assignments that the step makes itself, as a statement."""
    nothing = ir.Const(NULL, step.span, None)
    return ir.Assign(step.span, step.site, (*step.error_targets, *step.reset_error), nothing)


def _handler(f: Function, step: ir.Try, handler: ir.Block) -> None:
    failure = f.temporary("failure")
    f.text(f"except {f.runtime('FAILURES')} as {failure}:")
    with f.indented():
        caught = plain(call("run.caught", name(failure)), ERROR)
        assign(f, step.error_targets, caught, step.span)
        f.block(handler)


def _finally(f: Function, step: ir.Try, start: Environment) -> None:
    after = f.known
    f.known = dict(start)
    f.text("finally:")
    with f.indented():
        f.text("async with run.cleanup():")
        with f.indented():
            f.block(step.finally_)
    ended = f.known
    if after is None or not f.live:
        if after is not None and f.result != NULL:
            # A type checker takes the clean-up for something that may swallow a failure.
            f.text('raise AssertionError("not reached")')
        f.known = None
        return
    f.known = dict(after)
    for variable in assigned(step.finally_):
        if variable in ended and variable in after:
            f.known[variable] = merged(after[variable], ended[variable])


def on_timeout(f: Function, step: ir.OnTimeout) -> None:
    was_in_try, f.in_try = f.in_try, True
    start = may_repeat(f, step.body)
    f.text("try:")
    with f.indented():
        f.block(step.body)
    ends = [f.known]
    f.known = start
    expired = f.temporary("expired")
    f.text(f"except {f.runtime('TimeoutExceeded')} as {expired}:")
    with f.indented():
        own = call("run.own", name(expired), literal(step.deadline_site))
        f.put("", own, span=step.span)
        f.block(step.handler)
    ends.append(f.known)
    f.known = meet(ends)
    f.in_try = was_in_try


def scope(f: Function, step: ir.Scope) -> None:
    match step.body:
        case [ir.Scope(timeout=seconds, budget=None) as inner] if (
            step.timeout is None and seconds is not None and inner.site == step.site
        ):
            # The time of the attempts inside is that of the whole, as there is but one.
            step = ir.Scope(step.span, step.site, inner.body, inner.timeout, step.budget)
        case _:
            pass
    limits: list[Code] = [literal(step.site)]
    if step.timeout is not None:
        limits.append(Keyword("timeout", name(number(step.timeout))))
    if step.budget is not None:
        limits.append(Keyword("budget", name(number(step.budget))))
    f.put("async with ", call("run.scope", *limits), ":", step.span)
    with f.indented():
        f.block(step.body)


def attempts(f: Function, step: ir.Attempts) -> None:
    local = f.names.taken.take("attempts")
    made = call("run.attempts", literal(step.site), static(f.module, step.retry))
    f.put(f"{local} = ", made, span=step.span)
    was_in_try, f.in_try = f.in_try, True
    f.known = may_repeat(f, step.body)
    f.text("while True:")
    with f.indented():
        f.text("try:")
        with f.indented():
            f.block(step.body)
            if f.live:
                f.text("break")
        failure = f.temporary("failure")
        f.text(f"except {f.runtime('FAILURES')} as {failure}:")
        with f.indented():
            f.text(f"await {local}.again({failure})", step.span)
    f.in_try = was_in_try
