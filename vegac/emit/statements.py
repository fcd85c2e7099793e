"""Statements of the IR as Python: sends, assignments, conditions, calls, ends."""

from collections.abc import Callable
from typing import Any

from vegac.emit import annotations as types
from vegac.emit import branches, failures, loops
from vegac.emit.assignment import Produced, as_string, assign, meet, placed
from vegac.emit.code import (
    Atom,
    Await,
    Code,
    DictDisplay,
    Keyword,
    ListComprehension,
    Placed,
    TupleDisplay,
    call,
    literal,
    name,
)
from vegac.emit.document import INDENT
from vegac.emit.expressions import narrow, value
from vegac.emit.function import Environment, Function, Value, plain
from vegac.emit.plan import is_dead
from vegac.emit.statics import static
from vegac.ir import nodes as ir
from vegac.ir.traverse import may_fail, static_expressions
from vegac.semantics.types import ANY, BOOLEAN, NULL, STRING, Type
from vegac.source.span import Span


def block(f: Function, body: ir.Block) -> None:
    """Write the statements of a block, as far as they are reached."""
    for index, statement in enumerate(body):
        if f.known is None:
            return
        after = body[index + 1] if index + 1 < len(body) else None
        f.is_last = after is None and f.indent == INDENT
        if isinstance(after, ir.Return) and _is_returned(f, statement, after):
            found, span = _PRODUCE[type(statement)](f, statement)
            _end(f, found, span)
        else:
            _WRITE[type(statement)](f, statement)


def _is_returned(f: Function, statement: ir.Statement, after: ir.Return) -> bool:
    """Whether all that is done with a statement's value is to return it."""
    if not isinstance(statement, _Storing) or f.publish or f.in_try:
        return False
    kept = [t for t in statement.targets if isinstance(t, ir.ComputedTarget) or t.name in f.reads]
    match after.value, kept:
        case ir.Variable(name=variable), [ir.Target(name=stored)]:
            return variable == stored
        case _:
            return False


_Storing = ir.Assign | ir.Send | ir.Call | ir.Recall | ir.Ask | ir.Parallel | ir.ParallelFor


def _store(f: Function, step: _Storing) -> None:
    if is_dead(step, f.reads):
        return
    found, span = _PRODUCE[type(step)](f, step)
    assign(f, step.targets, found, span)


def _assign(f: Function, step: ir.Assign) -> Produced:
    return value(f, step.value), step.value.span if may_fail(step.value) else None


# --- sends and calls -----------------------------------------------------------------------------


def _send(f: Function, step: ir.Send) -> Produced:
    options = [Keyword(key, _option(f, step, key, option)) for key, option in step.options.items()]
    message = as_string(f, step.message)
    agent = name(f.module.agents[step.agent])
    sent = call("run.send", literal(step.site), agent, message, *options)
    return plain(Await(sent), step.type, _reply_type(f, step)), step.span


def _reply_type(f: Function, step: ir.Send) -> Type:
    return types.normal(step.type, f.module.record_names) if "form" in step.options else STRING


def _option(f: Function, step: ir.Send, key: str, option: "ir.StaticValue | ir.Expr") -> Code:
    if key == "form":
        return f.module.form(option, step, f.workflow)
    if isinstance(option, ir.Expr) or any(True for _ in static_expressions(option)):
        return _dynamic_option(f, key, option)
    return static(f.module, option)


def _dynamic_option(f: Function, key: str, option: "ir.StaticValue | ir.Expr") -> Code:
    match option:
        case tuple():
            return TupleDisplay(tuple(_dynamic_option(f, "", item) for item in option))
        case ir.ListValue(items=items) if key in ("attach", "tools"):
            return TupleDisplay(tuple(as_string(f, item) for item in items))
        case ir.Expr() if key in ("attach", "tools"):
            return texts(f, option, lone=key == "attach")
        case ir.Expr() if not key:
            return as_string(f, option)
        case ir.Expr():
            return placed(f, option)
        case _:
            return static(f.module, option)


def texts(f: Function, expr: ir.Expr, lone: bool = False) -> Code:
    """A tuple of texts out of a list; with `lone`, out of a text that is no list too."""
    if isinstance(expr, ir.ListValue):
        return TupleDisplay(tuple(as_string(f, item) for item in expr.items))
    found = value(f, expr)
    if types.is_list(found.static) and types.is_text(types.element_of(found.static)):
        return call("tuple", Placed(found.code, expr.span))
    each = f.temporary("each")
    items = call(f.runtime("values.several" if lone else "values.iterate"), found.code)
    element = call(f.runtime("text"), name(each))
    return call("tuple", Placed(ListComprehension(element, each, items), expr.span))


def _call(f: Function, step: ir.Call) -> Produced:
    callee = f.module.workflows[step.workflow]
    arguments: list[Code] = []
    for key, expr in step.arguments.items():
        declared = callee.parameter_types.get(key, ANY)
        code = Placed(f.coerced(value(f, expr), declared), expr.span)
        arguments.append(Keyword(callee.parameters.get(key, key), code))
    function = "run.call_fresh" if step.fresh else "run.call"
    called = call(function, literal(step.site), name(callee.function), *arguments)
    return plain(Await(called), step.type, callee.result), step.span


# --- control flow --------------------------------------------------------------------------------


def _if(f: Function, step: ir.If) -> None:
    ends: list[Environment | None] = []
    word = "if"
    while True:
        step = _merged(step)
        if step.certain and word == "if":
            f.block(step.then)
            return
        if step.certain:
            # What a checker makes of the conditions before may be less, so it is left to `else`.
            f.text("else:")
            f.known = dict(f.environment)
            with f.indented():
                f.block(step.then)
            ends.append(f.known)
            break
        _condition(f, word, step.condition)
        start = f.known
        narrow(f, step.condition, True)
        f.known = dict(f.environment)
        with f.indented():
            f.block(step.then)
        ends.append(f.known)
        f.known = dict(start) if start is not None else None
        narrow(f, step.condition, False)
        match step.otherwise:
            case [ir.If() as inner]:
                step, word = inner, "elif"
                continue
            case []:
                pass
            case otherwise:
                f.text("else:")
                f.known = dict(f.environment)
                with f.indented():
                    f.block(otherwise)
        ends.append(f.known)
        break
    f.known = meet(ends)


def _merged(step: ir.If) -> ir.If:
    """A condition right inside another one, with the two as one."""
    match step:
        case ir.If(then=[ir.If(otherwise=[], certain=False) as inner], otherwise=[], certain=False):
            inner = _merged(inner)
            both = (step.condition, inner.condition)
            condition = ir.Logical(BOOLEAN, step.condition.span, "and", both)
            return ir.If(step.span, step.site, condition, inner.then, [])
        case _:
            return step


def _condition(f: Function, word: str, condition: ir.Expr) -> None:
    found = value(f, condition)
    span = condition.span if may_fail(condition) else None
    f.put(f"{word} ", found.code, ":", span)


def _return(f: Function, step: ir.Return) -> None:
    found = value(f, step.value)
    span = step.value.span if may_fail(step.value) else None
    if f.publish:
        _publish(f)
    _end(f, found, span)


def _publish(f: Function) -> None:
    """Tell the observers of a test the variables that are set here: those that surely are by their
    values, others by their names in the function, and computed ones."""
    visible = [variable for variable in f.names.variables if not variable.startswith("steps.")]
    known = [variable for variable in visible if variable in f.environment]
    others = [variable for variable in visible if variable not in f.environment]
    table = DictDisplay(
        tuple(map(literal, known)), tuple(name(f.local(variable)) for variable in known)
    )
    arguments: list[Code] = [table]
    if others or f.own_names is not None:
        names_ = tuple(literal(f.local(variable)) for variable in others)
        arguments += [DictDisplay(tuple(map(literal, others)), names_), call("locals")]
    if f.own_names is not None:
        arguments.append(name(f.own_names))
    if known or others or f.own_names is not None:
        f.put("", call("run.publish", *arguments))


def _end(f: Function, found: Value, span: Span | None) -> None:
    f.known = None
    f.returned = found
    if f.result == NULL and isinstance(found.code, Atom) and found.code.text == "None":
        if not f.is_last:
            f.text("return")
        return
    f.put("return ", f.coerced(found, f.result), span=span)


def _fail(f: Function, step: ir.Fail) -> None:
    failed = call("run.failed", literal(step.site), as_string(f, step.message))
    f.put("raise ", failed, span=step.span)
    f.known = None


# --- memory and people ---------------------------------------------------------------------------


def _remember(f: Function, step: ir.Remember) -> None:
    key, kept = as_string(f, step.key), placed(f, step.value)
    f.put("", Await(call("run.remember", literal(step.site), key, kept)), span=step.span)


def _recall(f: Function, step: ir.Recall) -> Produced:
    arguments = [literal(step.site), as_string(f, step.key)]
    if step.default is not None:
        arguments.append(Keyword("default", placed(f, step.default)))
    return plain(Await(call("run.recall", *arguments)), ANY), step.span


def _ask(f: Function, step: ir.Ask) -> Produced:
    arguments: list[Code] = [literal(step.site), as_string(f, step.question)]
    if step.choices is not None:
        arguments.append(Keyword("choices", texts(f, step.choices)))
    if step.default is not None:
        arguments.append(Keyword("default", as_string(f, step.default)))
    return plain(Await(call("run.ask", *arguments)), STRING), step.span


_PRODUCE: dict[type[ir.Statement], Callable[[Function, Any], Produced]] = {
    ir.Assign: _assign,
    ir.Send: _send,
    ir.Call: _call,
    ir.Recall: _recall,
    ir.Ask: _ask,
    ir.Parallel: branches.parallel,
    ir.ParallelFor: branches.parallel_for,
}

_WRITE: dict[type[ir.Statement], Callable[[Function, Any], None]] = {
    ir.Send: _store,
    ir.Assign: _store,
    ir.If: _if,
    ir.For: loops.for_each,
    ir.Repeat: loops.repeat,
    ir.Parallel: _store,
    ir.ParallelFor: _store,
    ir.Call: _store,
    ir.Return: _return,
    ir.Fail: _fail,
    ir.Try: failures.try_,
    ir.OnTimeout: failures.on_timeout,
    ir.Scope: failures.scope,
    ir.Attempts: failures.attempts,
    ir.Remember: _remember,
    ir.Recall: _store,
    ir.Ask: _store,
}
