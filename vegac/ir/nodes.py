"""The IR: a program as typed expressions and a dozen kinds of statements.

Lowering removes all sugar, so passes and the emitter meet few shapes. Every statement that has an
effect carries its `site`, the stable name that errors, traces and journals use for it.
"""

from typing import Literal

from msgspec import Struct

from vegac.semantics.types import Type
from vegac.source.span import Span
from vegac.syntax.expressions import BinaryOperator, CompareOperator

# --- expressions ---------------------------------------------------------------------------------


class Expr(Struct, eq=False):
    """A typed expression."""

    type: Type
    span: Span


class Const(Expr, eq=False):
    value: str | int | float | bool | None


class Variable(Expr, eq=False):
    """A workflow variable by its name in the source.

    Hidden variables: `result`, `error`, and `steps.NAME` for `steps.NAME.output`. A `guarded` read
    (under `default`) counts an unset variable as null.
    """

    name: str
    guarded: bool = False


class ComputedVariable(Expr, eq=False):
    """A name that a computed `save` may have set; looked up in the table of computed names."""

    name: str
    guarded: bool = False


class Parameter(Expr, eq=False):
    """An argument of a tool call, inside the templates of a tool."""

    name: str


class LoopState(Expr, eq=False):
    """`loop` of the loop at nesting `level` (1 is outermost). At workflow level after a loop: 1."""

    level: int


class RunValue(Expr, eq=False):
    """A value that the run gives: `date`, `time`, `now`, `random`, `id`, `workflow_name`."""

    name: Literal["date", "time", "now", "random", "id", "workflow_name"]


class EnvValue(Expr, eq=False):
    """`env.NAME`: a string or null."""

    name: str


class Template(Expr, eq=False):
    """Text with values in it; string parts are literal."""

    parts: tuple[str | Expr, ...]


class ListValue(Expr, eq=False):
    items: tuple[Expr, ...]


class MapValue(Expr, eq=False):
    keys: tuple[str, ...]
    values: tuple[Expr, ...]


class Negate(Expr, eq=False):
    operand: Expr


class Not(Expr, eq=False):
    operand: Expr


class Binary(Expr, eq=False):
    operator: BinaryOperator
    left: Expr
    right: Expr


class Compare(Expr, eq=False):
    operator: CompareOperator
    left: Expr
    right: Expr


class Logical(Expr, eq=False):
    operator: Literal["and", "or"]
    operands: tuple[Expr, ...]


class Conditional(Expr, eq=False):
    then: Expr
    condition: Expr
    otherwise: Expr


class Field(Expr, eq=False):
    value: Expr
    name: str


class Index(Expr, eq=False):
    value: Expr
    index: Expr


class Slice(Expr, eq=False):
    """`value[lower:upper]`; `guarded`, under `default`, that of null is null."""

    value: Expr
    lower: Expr | None
    upper: Expr | None
    guarded: bool = False


class Dig(Expr, eq=False):
    """`base.a[i].b` under `default`: null when anything on the way is missing or null."""

    base: Expr
    path: tuple[Expr, ...]


class FilterCall(Expr, eq=False):
    name: str
    value: Expr
    arguments: tuple[Expr, ...]


# --- static values: what stands in agents, tools and settings -------------------------------------


class EnvText(Struct, eq=False):
    """A string with `${NAME}` or `${NAME:-default}` in it, read from the environment at start."""

    text: str
    span: Span


class Construct(Struct, eq=False):
    """A call of a constructor of the runtime, such as `Retry(max_attempts=3)`."""

    name: str
    arguments: dict[str, "StaticValue"]
    positional: tuple["StaticValue", ...] = ()


class ToolReference(Struct, eq=False):
    """A tool that this program declares."""

    name: str


class Computed(Struct, eq=False):
    """A value that is computed when it is used: a function of the run (an agent's `system`) or of
    a tool call's arguments (templates of a tool). `parameter` says which."""

    value: Expr
    parameter: Literal["run", "args"]


StaticValue = (
    str
    | int
    | float
    | bool
    | None
    | EnvText
    | Construct
    | ToolReference
    | Computed
    | tuple["StaticValue", ...]
    | dict[str, "StaticValue"]
)
"""Tuples become tuples in emitted code, dicts become dicts."""


# --- statements -----------------------------------------------------------------------------------


class Target(Struct, eq=False):
    """A variable that a statement sets."""

    name: str
    span: Span


class ComputedTarget(Struct, eq=False):
    """A variable whose name is computed (`save: "result_<<loop.index>>"`)."""

    name: Expr
    span: Span


AnyTarget = Target | ComputedTarget


class Statement(Struct, eq=False):
    span: Span
    site: str


Block = list[Statement]


class Send(Statement, eq=False):
    """Send `message` to an agent; the reply, of type `type`, is stored in every target.

    `options` are keyword arguments of `Run.send` (timeout and total_timeout in seconds, budget in
    USD, retry, form, tools, fresh, attach).
    """

    agent: str
    message: Expr
    targets: tuple[AnyTarget, ...]
    type: Type
    options: dict[str, "StaticValue | Expr"]


class Assign(Statement, eq=False):
    targets: tuple[AnyTarget, ...]
    value: Expr


class If(Statement, eq=False):
    """`certain` says that the condition holds whenever it is asked, for the conditions before it
    have left no other value; then there is no `otherwise`."""

    condition: Expr
    then: Block
    otherwise: Block
    certain: bool = False


class For(Statement, eq=False):
    """A sequential loop.

    `over`: `list` (item), `positions` (position, item), `keys` (key), `items` (key, value), or
    `any` (item of a list or key of a map, decided at run time). `targets` collect each iteration's
    result, `collected`, in a list.
    """

    names: tuple[Target, ...]
    over: Literal["list", "positions", "keys", "items", "any"]
    collection: Expr
    body: Block
    level: int
    targets: tuple[AnyTarget, ...] = ()
    collected: Expr | None = None


class ParallelFor(Statement, eq=False):
    """Iterations at once, at most `limit` (an expression, or None: no limit).

    Each gives the value of `result` (an expression evaluated at the end of the body, None where
    nobody collects) and the computed names it set. The `level` is 0 where it is no loop of the
    program's: `loop` says nothing of it.
    """

    names: tuple[Target, ...]
    over: Literal["list", "positions", "keys", "items", "any"]
    collection: Expr
    body: Block
    level: int
    limit: Expr | None
    targets: tuple[AnyTarget, ...]
    result: Expr | None


class Repeat(Statement, eq=False):
    body: Block
    until: Expr | None
    limit: Expr
    level: int
    targets: tuple[AnyTarget, ...] = ()


class Branch(Struct, eq=False):
    """A branch of a parallel step: `saves` are the variables that it hands to the steps after the
    join, `result` the expression (evaluated at its end) that stands for it in the list."""

    name: str
    site: str
    body: Block
    saves: tuple[Target, ...]
    result: Expr | None


class Parallel(Statement, eq=False):
    branches: list[Branch]
    targets: tuple[AnyTarget, ...]
    limit: Expr | None = None


class Call(Statement, eq=False):
    workflow: str
    arguments: dict[str, Expr]
    targets: tuple[AnyTarget, ...]
    type: Type
    fresh: bool = False


class Return(Statement, eq=False):
    value: Expr


class Fail(Statement, eq=False):
    message: Expr


class Try(Statement, eq=False):
    """`handler` runs on a failure that may be caught here. `error_targets` get the ErrorInfo before
    it. `reset_error` (of `continue_on_error`): targets set to null when the body succeeds."""

    body: Block
    handler: Block | None
    error_targets: tuple[Target, ...]
    finally_: Block
    reset_error: tuple[Target, ...] = ()


class OnTimeout(Statement, eq=False):
    """`handler` runs when the deadline of the step at `deadline_site` passes inside `body`."""

    body: Block
    handler: Block
    deadline_site: str


class Scope(Statement, eq=False):
    """A deadline (seconds) and a budget (USD) around a block."""

    body: Block
    timeout: float | None
    budget: float | None


class Attempts(Statement, eq=False):
    """Run the block again while it fails in a way that a retry may cure."""

    body: Block
    retry: Construct


class Remember(Statement, eq=False):
    key: Expr
    value: Expr


class Recall(Statement, eq=False):
    key: Expr
    default: Expr | None
    targets: tuple[AnyTarget, ...]


class Ask(Statement, eq=False):
    question: Expr
    choices: Expr | None
    default: Expr | None
    targets: tuple[AnyTarget, ...]


# --- programs -------------------------------------------------------------------------------------


class Input(Struct, eq=False):
    """A declared input. `type_text` is the declaration (`list[number]`), `default` is absent unless
    `has_default`."""

    name: str
    type: Type
    type_text: str
    span: Span
    description: str = ""
    has_default: bool = False
    default: StaticValue = None
    required: bool = True
    enum: tuple[str | int | float, ...] = ()
    min: float | None = None
    max: float | None = None


class Workflow(Struct, eq=False):
    """A workflow. `initial` names the variables that start as null because some path reads them
    unset; `variables` has the type of every variable over all its assignments; `computed` says that
    the table of computed names is needed; `agents` are all agents that it or what it calls may
    send to, `tools` the program's own tools that single messages of theirs name; `emits_loop` tells
    whether `loop` is read at workflow level after a loop."""

    name: str
    span: Span
    description: str
    inputs: list[Input]
    body: Block
    result_type: Type
    variables: dict[str, Type]
    initial: tuple[str, ...]
    computed: bool
    agents: tuple[str, ...]
    timeout: float | None = None
    budget: float | None = None
    tools: tuple[str, ...] = ()


class Agent(Struct, eq=False):
    """An agent, inheritance resolved; `options` are keyword arguments of the runtime's Agent."""

    name: str
    span: Span
    options: dict[str, StaticValue]


class Tool(Struct, eq=False):
    """A custom tool; `construct` builds it (`ExecTool(...)`, `HttpTool(...)`, ...)."""

    name: str
    span: Span
    construct: Construct


class Program(Struct, eq=False):
    """A whole program: a file with all it includes. `settings` are keyword arguments of the
    runtime's Settings; `records` the named record types of results, in order of definition."""

    file: str
    name: str
    description: str
    agents: list[Agent]
    tools: list[Tool]
    workflows: list[Workflow]
    settings: dict[str, StaticValue]
