"""The function that is being written: its names, what is known of its variables, its lines."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct, field

from vegac.emit.annotations import either, fits, may_be_none, not_null
from vegac.emit.code import Atom, Call, Code, call, literal, name, unplaced
from vegac.emit.document import INDENT, Line
from vegac.emit.layout import statement
from vegac.emit.names import Names
from vegac.ir import nodes as ir
from vegac.semantics.types import (
    ANY,
    LIST,
    MAP,
    NULL,
    ListOf,
    MapOf,
    Record,
    Type,
    join,
    members,
)
from vegac.source.span import Span

if TYPE_CHECKING:
    from vegac.emit.context import ModuleContext

Literals = frozenset[str | int | float | bool | None]


class Value(Struct, eq=False):
    """An expression of emitted code.

    `type` is what the language knows of it and `static` what a type checker sees (`any`: it takes
    everything). `literals` are all values it can have, where a checker knows them. `items`,
    `entries` and `choices` are the parts of a list, of a map and of a choice between values, for
    which a checker looks at what is expected.
    """

    code: Code
    type: Type
    static: Type
    literals: Literals | None = None
    items: "tuple[Value, ...] | None" = None
    entries: "dict[str, Value] | None" = None
    choices: "tuple[Value, ...]" = ()


class Known(Struct, frozen=True, eq=False):
    """What is known of a variable at one point."""

    type: Type
    static: Type
    literals: Literals | None = None


def merged(left: Known, right: Known) -> Known:
    """What is known where two paths meet."""
    if left is right:
        return left
    literals = None
    if left.literals is not None and right.literals is not None:
        literals = left.literals | right.literals
    return Known(join(left.type, right.type), either((left.static, right.static)), literals)


Environment = dict[str, Known]


class WorkflowNames(Struct):
    """The identifiers of a workflow and of the branches in it: one table for all its functions."""

    variables: dict[str, str]
    taken: Names
    temporaries: dict[str, str] = field(default_factory=dict[str, str])

    def temporary(self, wanted: str) -> str:
        """The identifier for a purpose of the emitter: the same each time it is asked for."""
        if wanted not in self.temporaries:
            self.temporaries[wanted] = self.taken.take(wanted)
        return self.temporaries[wanted]


class Function:
    """A function while its body is written.

    `reads` are the variables that it reads anywhere: others are not kept. `known` says what is
    certain of each variable that is set at this point; it is None after `return` and `raise`.
    """

    def __init__(
        self,
        module: "ModuleContext",
        workflow: ir.Workflow,
        names: WorkflowNames,
        reads: set[str],
        declared: dict[str, Type],
        write: "Callable[[Function, ir.Block], None]",
        indent: int = INDENT,
    ) -> None:
        self.module = module
        self.workflow = workflow
        self.names = names
        self.reads = reads
        self.declared = declared
        self.known: Environment | None = {}
        self.lines: list[Line] = []
        self.indent = indent
        self.publish = False
        self.is_last = False
        """Whether the statement being written is the last of the function."""
        self.result: Type = ANY
        """What a checker expects of a `return`."""
        self.returned: Value | None = None
        """The value of the last `return` that was written."""
        self.in_try = False
        self.outer_names: str | None = None
        """In a branch: the argument with the computed names that were set before it."""
        self.own_names: str | None = None
        """The local with the computed names that this function sets."""
        self.loops: dict[int, str] = {}
        """The local of each loop whose state is at hand, by level."""
        self.loops_after: set[int] = set()
        """Levels whose state is read after the loop."""
        self.body: ir.Block = []
        self.read_at_end: tuple[str, ...] = ()
        self.write = write
        self._annotated: set[str] = set()

    def block(self, body: ir.Block) -> None:
        """Write the statements of a block."""
        self.write(self, body)

    # --- lines ---------------------------------------------------------------------------------

    def put(self, prefix: str, code: Code, suffix: str = "", span: Span | None = None) -> None:
        """Write a statement; `span` is the place it comes from, if it can fail."""
        for line in statement(prefix, code, suffix, self.indent):
            self.lines.append(Line(line.text, line.origin or span))

    def text(self, text: str, span: Span | None = None) -> None:
        self.lines.append(Line(" " * self.indent + text, span))

    @contextmanager
    def indented(self) -> Generator[None]:
        """Lines of a block; an empty one gets `pass`."""
        self.indent += INDENT
        start = len(self.lines)
        yield
        if len(self.lines) == start:
            self.text("pass")
        self.indent -= INDENT

    # --- names ---------------------------------------------------------------------------------

    def local(self, variable: str) -> str:
        return self.names.variables[variable]

    def temporary(self, wanted: str) -> str:
        return self.names.temporary(wanted)

    def typing(self, name_: str) -> str:
        return self.module.imports.typing(name_)

    def runtime(self, name_: str) -> str:
        return self.module.imports.runtime(name_)

    # --- variables -----------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Whether this point is reached."""
        return self.known is not None

    @property
    def environment(self) -> Environment:
        return self.known if self.known is not None else {}

    def set(self, variable: str, known: Known) -> None:
        if self.known is not None:
            self.known[variable] = known

    def annotation(self, variable: str) -> str | None:
        """`: type` for the first place that sets a declared variable, None elsewhere."""
        if variable in self._annotated:
            return None
        self._annotated.add(variable)
        type_ = self.declared.get(variable)
        return None if type_ is None else f": {self.module.annotations.text(type_)}"

    def mark_annotated(self, variable: str) -> None:
        self._annotated.add(variable)

    def declare(self, *variables: str) -> None:
        """Declare variables on lines of their own, where the code that sets them cannot."""
        for variable in variables:
            annotation = self.annotation(variable)
            if annotation is not None:
                self.text(self.local(variable) + annotation)

    def start_null(self, variable: str) -> None:
        """Set a variable to None before some path reads it unset."""
        annotation = self.annotation(variable) or ""
        self.text(f"{self.local(variable)}{annotation} = None")
        self.set(variable, Known(NULL, NULL, frozenset({None})))

    def start_loop_state(self, level: int) -> None:
        """Set the state of a loop that never ran."""
        local = self.temporary("loop" if level == 1 else f"loop_{level}")
        self.text(f"{local} = {self.runtime('Loop')}.none()")
        self.loops[level] = local

    def coerced(self, value: Value, target: Type) -> Code:
        """The value's code, with a cast where a checker would not take it as a `target`."""
        if value_fits(value, target):
            return value.code
        return call(self.typing("cast"), name(self.typing("Any")), value.code)

    def after_assignment(self, variable: str, value: Value) -> Known:
        """What is known of a variable that was just set to `value`."""
        declared = self.declared.get(variable)
        if declared is None:
            return Known(value.type, value.static, value.literals)
        plain = value.items is None and value.entries is None and not value.choices
        if plain and fits(value.static, declared) and value.static != ANY:
            return Known(value.type, value.static, value.literals)
        if value.static != ANY and not may_be_none(value.static):
            declared = not_null(declared)
        return Known(value.type, declared, value.literals)


def is_element(code: Code) -> bool:
    """Whether a filter found the value in a list, or null in an empty one, as a checker sees."""
    bare = unplaced(code)
    return (
        isinstance(bare, Call)
        and isinstance(bare.function, Atom)
        and bare.function.text in ("filters.first", "filters.last", "filters.min_", "filters.max_")
    )


def value_fits(value: Value, target: Type) -> bool:
    """Whether a checker takes the value where a `target` is declared."""
    if target == ANY:
        return True
    if value.static == ANY and is_element(value.code):
        return NULL in members(target)
    if len(members(target)) > 1:
        return any(value_fits(value, member) for member in members(target)) or (
            value.items is None and value.entries is None and fits(value.static, target)
        )
    if value.choices:
        return all(value_fits(choice, target) for choice in value.choices)
    if value.items is not None and isinstance(target, ListOf):
        return all(value_fits(item, target.element) for item in value.items)
    if value.entries is not None:
        match target:
            case MapOf(element):
                return all(value_fits(item, element) for item in value.entries.values())
            case Record(fields):
                return set(value.entries) == {key for key, _ in fields} and all(
                    value_fits(value.entries[key], type_) for key, type_ in fields
                )
            case _:
                return False
    return fits(value.static, target)


def settled(f: Function, value: Value) -> Value:
    """The value, with a type where a checker would find none or another one by itself: for an empty
    display in it, and for maps beside other things in a list."""
    if not _is_vague(value):
        return value
    if value.choices:
        return plain(call(f.typing("cast"), name(f.typing("Any")), value.code), value.type, ANY)
    type_ = LIST if value.items is not None else MAP
    code = call(f.typing("cast"), literal(f.module.annotations.text(type_)), value.code)
    return Value(code, value.type, type_)


def _is_vague(value: Value) -> bool:
    if value.choices:
        return any(map(_is_vague, value.choices))
    if value.entries is not None:
        return not value.entries or any(map(_is_vague, value.entries.values()))
    if value.items is None:
        return False
    mixed = isinstance(value.static, ListOf) and len(members(value.static.element)) > 1
    return not value.items or any(
        _is_vague(item) or (mixed and item.entries is not None) for item in value.items
    )


def plain(code: Code | str, type_: Type, static: Type | None = None) -> Value:
    """A value without parts; what a checker sees is its type, unless told otherwise."""
    made = Atom(code) if isinstance(code, str) else code
    return Value(made, type_, type_ if static is None else static)
