"""The text form of the IR: stable, without places, one statement a line. Golden tests read it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from vegac.ir import nodes as ir

INDENT = "  "


def program_text(program: ir.Program) -> str:
    """The whole program."""
    lines = [f"program {quoted(program.file)}"]
    for label, text in (("name", program.name), ("description", program.description)):
        if text:
            lines.append(f"{INDENT}{label} {quoted(text)}")
    settings = program.settings.items()
    lines += (f"{INDENT}setting {key} = {static_text(value)}" for key, value in settings)
    lines += (f"tool {tool.name} = {static_text(tool.construct)}" for tool in program.tools)
    for agent in program.agents:
        lines.append(f"agent {agent.name}")
        lines += (f"{INDENT}{key} = {static_text(value)}" for key, value in agent.options.items())
    for workflow in program.workflows:
        lines += ["", *workflow_lines(workflow)]
    return "\n".join(lines) + "\n"


def workflow_lines(workflow: ir.Workflow) -> Iterator[str]:
    inputs = ", ".join(map(_input, workflow.inputs))
    yield f"workflow {workflow.name}({inputs}) -> {workflow.result_type}"
    if workflow.description:
        yield f"{INDENT}description {quoted(workflow.description)}"
    if workflow.agents:
        yield f"{INDENT}agents {', '.join(workflow.agents)}"
    if workflow.tools:
        yield f"{INDENT}tools {', '.join(workflow.tools)}"
    for key, limit in (("timeout", workflow.timeout), ("budget", workflow.budget)):
        if limit is not None:
            yield f"{INDENT}{key} {limit:g}"
    if workflow.initial:
        yield f"{INDENT}null at first {', '.join(workflow.initial)}"
    if workflow.computed:
        yield f"{INDENT}computed names"
    yield from block_lines(workflow.body, 1)


def _input(declared: ir.Input) -> str:
    text = f"{declared.name}: {declared.type}"
    if declared.has_default:
        text += f" = {static_text(declared.default)}"
    elif not declared.required:
        text += "?"
    bounds = [
        f"{key} {bound:g}"
        for key in ("min", "max")
        if (bound := getattr(declared, key)) is not None
    ]
    return f"{text} ({', '.join(bounds)})" if bounds else text


# --- statements ----------------------------------------------------------------------------------


def block_lines(block: ir.Block, depth: int) -> Iterator[str]:
    """The lines of a block, indented by `depth`."""
    if not block:
        yield f"{INDENT * depth}nothing"
    for statement in block:
        yield from _LINES[type(statement)](statement, depth)


def _line(depth: int, text: str, statement: ir.Statement | None = None) -> str:
    site = f"  @{statement.site}" if statement is not None else ""
    return f"{INDENT * depth}{text}{site}"


def _stores(targets: tuple[ir.AnyTarget, ...]) -> str:
    return f"{', '.join(map(_target, targets))} = " if targets else ""


def _target(target: ir.AnyTarget) -> str:
    if isinstance(target, ir.Target):
        return target.name
    return f"[{expression_text(target.name)}]"


def _send(step: ir.Send, depth: int) -> Iterator[str]:
    options = "".join(f" {key}={_option(option)}" for key, option in step.options.items())
    text = f"{_stores(step.targets)}send {step.agent} {expression_text(step.message)}{options}"
    yield _line(depth, f"{text} : {step.type}", step)


def _option(option: "ir.StaticValue | ir.Expr") -> str:
    return expression_text(option) if isinstance(option, ir.Expr) else static_text(option)


def _assign(step: ir.Assign, depth: int) -> Iterator[str]:
    text = f"{_stores(step.targets)}{expression_text(step.value)} : {step.value.type}"
    yield _line(depth, text)


def _if(step: ir.If, depth: int) -> Iterator[str]:
    certain = " (certain)" if step.certain else ""
    yield _line(depth, f"if {expression_text(step.condition)}{certain}")
    yield from block_lines(step.then, depth + 1)
    if step.otherwise:
        yield _line(depth, "else")
        yield from block_lines(step.otherwise, depth + 1)


def _header(step: ir.For | ir.ParallelFor) -> str:
    names = ", ".join(target.name for target in step.names)
    return f"{names} in {step.over} {expression_text(step.collection)} level {step.level}"


def _for(step: ir.For, depth: int) -> Iterator[str]:
    yield _line(depth, f"{_stores(step.targets)}for {_header(step)}", step)
    yield from block_lines(step.body, depth + 1)
    if step.collected is not None:
        yield _line(depth + 1, f"collect {expression_text(step.collected)}")


def _parallel_for(step: ir.ParallelFor, depth: int) -> Iterator[str]:
    limit = "" if step.limit is None else f" limit {expression_text(step.limit)}"
    yield _line(depth, f"{_stores(step.targets)}parallel for {_header(step)}{limit}", step)
    yield from block_lines(step.body, depth + 1)
    if step.result is not None:
        yield _line(depth + 1, f"collect {expression_text(step.result)}")


def _repeat(step: ir.Repeat, depth: int) -> Iterator[str]:
    limit = expression_text(step.limit)
    yield _line(depth, f"{_stores(step.targets)}repeat {limit} level {step.level}", step)
    yield from block_lines(step.body, depth + 1)
    if step.until is not None:
        yield _line(depth + 1, f"until {expression_text(step.until)}")


def _parallel(step: ir.Parallel, depth: int) -> Iterator[str]:
    limit = "" if step.limit is None else f" limit {expression_text(step.limit)}"
    yield _line(depth, f"{_stores(step.targets)}parallel{limit}", step)
    for branch in step.branches:
        yield _line(depth + 1, f"branch {quoted(branch.name)}  @{branch.site}")
        yield from block_lines(branch.body, depth + 2)
        if branch.saves:
            yield _line(depth + 2, f"save {', '.join(target.name for target in branch.saves)}")
        if branch.result is not None:
            yield _line(depth + 2, f"collect {expression_text(branch.result)}")


def _call(step: ir.Call, depth: int) -> Iterator[str]:
    given = ", ".join(f"{key}: {expression_text(value)}" for key, value in step.arguments.items())
    fresh = " fresh" if step.fresh else ""
    text = f"{_stores(step.targets)}call {step.workflow}({given}){fresh} : {step.type}"
    yield _line(depth, text, step)


def _return(step: ir.Return, depth: int) -> Iterator[str]:
    yield _line(depth, f"return {expression_text(step.value)} : {step.value.type}")


def _fail(step: ir.Fail, depth: int) -> Iterator[str]:
    yield _line(depth, f"fail {expression_text(step.message)}", step)


def _try(step: ir.Try, depth: int) -> Iterator[str]:
    yield _line(depth, "try")
    yield from block_lines(step.body, depth + 1)
    if step.reset_error:
        yield _line(depth + 1, f"{_stores(step.reset_error)}null")
    if step.handler is not None:
        errors = ", ".join(target.name for target in step.error_targets)
        yield _line(depth, f"catch {errors}".rstrip())
        yield from block_lines(step.handler, depth + 1)
    if step.finally_:
        yield _line(depth, "finally")
        yield from block_lines(step.finally_, depth + 1)


def _on_timeout(step: ir.OnTimeout, depth: int) -> Iterator[str]:
    yield _line(depth, "try")
    yield from block_lines(step.body, depth + 1)
    yield _line(depth, f"on timeout of {step.deadline_site}")
    yield from block_lines(step.handler, depth + 1)


def _scope(step: ir.Scope, depth: int) -> Iterator[str]:
    limits = [
        f"{key} {limit:g}"
        for key, limit in (("timeout", step.timeout), ("budget", step.budget))
        if limit is not None
    ]
    yield _line(depth, " ".join(["scope", *limits]), step)
    yield from block_lines(step.body, depth + 1)


def _attempts(step: ir.Attempts, depth: int) -> Iterator[str]:
    yield _line(depth, f"attempts {static_text(step.retry)}", step)
    yield from block_lines(step.body, depth + 1)


def _remember(step: ir.Remember, depth: int) -> Iterator[str]:
    text = f"remember {expression_text(step.key)} {expression_text(step.value)}"
    yield _line(depth, text, step)


def _recall(step: ir.Recall, depth: int) -> Iterator[str]:
    default = "" if step.default is None else f" default {expression_text(step.default)}"
    text = f"{_stores(step.targets)}recall {expression_text(step.key)}{default}"
    yield _line(depth, text, step)


def _ask(step: ir.Ask, depth: int) -> Iterator[str]:
    choices = "" if step.choices is None else f" choices {expression_text(step.choices)}"
    default = "" if step.default is None else f" default {expression_text(step.default)}"
    text = f"{_stores(step.targets)}ask {expression_text(step.question)}{choices}{default}"
    yield _line(depth, text, step)


_LINES: dict[type[ir.Statement], Callable[[Any, int], Iterator[str]]] = {
    ir.Send: _send,
    ir.Assign: _assign,
    ir.If: _if,
    ir.For: _for,
    ir.ParallelFor: _parallel_for,
    ir.Repeat: _repeat,
    ir.Parallel: _parallel,
    ir.Call: _call,
    ir.Return: _return,
    ir.Fail: _fail,
    ir.Try: _try,
    ir.OnTimeout: _on_timeout,
    ir.Scope: _scope,
    ir.Attempts: _attempts,
    ir.Remember: _remember,
    ir.Recall: _recall,
    ir.Ask: _ask,
}


# --- expressions ---------------------------------------------------------------------------------


def expression_text(expr: ir.Expr) -> str:
    """An expression on one line, every operation in parentheses."""
    show = expression_text
    match expr:
        case ir.Const(value=value):
            return quoted(value) if isinstance(value, str) else json.dumps(value)
        case ir.Variable(name=name, guarded=guarded):
            return f"{name}?" if guarded else name
        case ir.ComputedVariable(name=name, guarded=guarded):
            return f"[{name}]?" if guarded else f"[{name}]"
        case ir.Parameter(name=name):
            return f"args.{name}"
        case ir.LoopState(level=level):
            return f"loop#{level}"
        case ir.RunValue(name=name):
            return f"run.{name}"
        case ir.EnvValue(name=name):
            return f"env.{name}"
        case ir.Template(parts=parts):
            shown = (quoted(part) if isinstance(part, str) else show(part) for part in parts)
            return f"text({', '.join(shown)})"
        case ir.ListValue(items=items):
            return f"[{', '.join(map(show, items))}]"
        case ir.MapValue(keys=keys, values=values):
            entries = zip(keys, values, strict=True)
            return "{" + ", ".join(f"{quoted(key)}: {show(value)}" for key, value in entries) + "}"
        case ir.Negate(operand=operand):
            return f"-{show(operand)}"
        case ir.Not(operand=operand):
            return f"(not {show(operand)})"
        case ir.Binary() | ir.Compare():
            return f"({show(expr.left)} {expr.operator} {show(expr.right)})"
        case ir.Logical(operator=operator, operands=operands):
            return "(" + f" {operator} ".join(map(show, operands)) + ")"
        case ir.Conditional(then=then, condition=condition, otherwise=otherwise):
            return f"({show(then)} if {show(condition)} else {show(otherwise)})"
        case _:
            return _part_text(expr)


def _part_text(expr: ir.Expr) -> str:
    show = expression_text
    match expr:
        case ir.Field(value=value, name=name):
            return f"{show(value)}.{name}"
        case ir.Index(value=value, index=index):
            return f"{show(value)}[{show(index)}]"
        case ir.Slice(value=value, lower=lower, upper=upper):
            bounds = ("" if bound is None else show(bound) for bound in (lower, upper))
            return f"{show(value)}{'?' if expr.guarded else ''}[{':'.join(bounds)}]"
        case ir.Dig(base=base, path=path):
            return f"dig({', '.join(map(show, (base, *path)))})"
        case ir.FilterCall(name=name, value=value, arguments=arguments):
            given = f"({', '.join(map(show, arguments))})" if arguments else ""
            return f"({show(value)} | {name}{given})"
        case _:
            raise TypeError(f"no text form of {type(expr).__name__}")


def static_text(value: "ir.StaticValue | list[ir.StaticValue]") -> str:
    """A static value on one line."""
    match value:
        case str():
            return quoted(value)
        case ir.EnvText(text=text):
            return f"env({quoted(text)})"
        case ir.Construct(name=name, arguments=arguments, positional=positional):
            given = [*map(static_text, positional)]
            given += [f"{key}={static_text(item)}" for key, item in arguments.items()]
            return f"{name}({', '.join(given)})"
        case ir.ToolReference(name=name):
            return f"tool {name}"
        case ir.Computed(value=expr, parameter=parameter):
            return f"({parameter} => {expression_text(expr)})"
        case dict():
            entries = (f"{quoted(key)}: {static_text(item)}" for key, item in value.items())
            return "{" + ", ".join(entries) + "}"
        case tuple() | list():
            return f"[{', '.join(map(static_text, value))}]"
        case _:
            return json.dumps(value)


def quoted(text: str) -> str:
    """A string in JSON's form, printable characters as they are."""
    found = json.dumps(text, ensure_ascii=False)
    if found.isprintable():
        return found
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in found)
