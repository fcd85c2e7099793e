"""The module that is being written: its names, imports and finished parts."""

from collections.abc import Callable

from msgspec import Struct

from vegac.emit.annotations import Annotations, normal
from vegac.emit.code import Call, Code, Placed, flat, name
from vegac.emit.document import Line
from vegac.emit.function import Function, Value, WorkflowNames
from vegac.emit.imports import Imports
from vegac.emit.layout import statement
from vegac.emit.names import RESERVED, Names, identifier
from vegac.emit.names import constant as constant_name
from vegac.emit.statics import constructors, static
from vegac.ir import nodes as ir
from vegac.semantics.types import ANY, STRING, Record, Type

Expression = Callable[[Function, ir.Expr], Value]


class Callee(Struct, frozen=True):
    """A workflow as its callers see it: its function, the parameters of its inputs and their
    types, its result and the annotation of that."""

    function: str
    parameters: dict[str, str]
    parameter_types: dict[str, Type]
    result: Type
    returns: str


class ModuleContext:
    """What the parts of a module share. `parts` are its definitions in order, each a block of
    lines."""

    def __init__(self, program: ir.Program, expression: Expression) -> None:
        self.program = program
        self.imports = Imports()
        self.names = Names(RESERVED | constructors(program))
        self.agents: dict[str, str] = {}
        self.tools: dict[str, str] = {}
        self.workflows: dict[str, Callee] = {}
        self.record_names: dict[Record, str] = {}
        self.annotations = Annotations(self.imports, self.record_names)
        self.parts: list[list[Line]] = []
        self.helpers: list[list[Line]] = []
        self.forms: list[list[Line]] = []
        self._expression = expression
        self._forms: dict[str, str] = {}
        self._defaults: dict[tuple[str, str], str] = {}

    # --- defaults ------------------------------------------------------------------------------

    def default(self, workflow: ir.Workflow, declared: ir.Input, type_: Type) -> Code:
        """The default of an input; a list or a map is a constant, as functions share it."""
        value = declared.default
        if not isinstance(value, dict | list | tuple):
            return static(self, value)
        key = (workflow.name, declared.name)
        if key not in self._defaults:
            wanted = constant_name(f"{workflow.name}-{declared.name}", "default")
            constant = self._defaults[key] = self.names.take(wanted)
            annotation = self.annotations.text(type_)
            made = static(self, value)
            self.forms.append(statement(f"{constant}: {annotation} = ", made, "", 0))
        return name(self._defaults[key])

    # --- computed values -----------------------------------------------------------------------

    def lone_expression(self, expr: ir.Expr) -> Code:
        """An expression outside workflows: it reads parameters and values of the run only."""
        return Placed(self._expression(self._lone(), expr).code, expr.span)

    def run_function(self, hint: str, expr: ir.Expr) -> str:
        """A function of the run that computes a text; returns its name."""
        function = self.names.take(f"_{identifier(hint, 'value').strip('_').lower()}")
        f = self._lone()
        found = self._expression(f, expr)
        code = (
            found.code if found.static == STRING else Call(name(f.runtime("text")), (found.code,))
        )
        f.put("return ", code, span=expr.span)
        header = f"def {function}(run: {f.runtime('Run')}) -> str:"
        self.helpers.append([Line(header), *f.lines])
        return function

    def _lone(self) -> Function:
        nowhere = ir.Workflow("", _NOWHERE, "", [], [], ANY, {}, (), False, ())
        names = WorkflowNames({}, self.names.copy_reserved())
        return Function(self, nowhere, names, set(), {}, _nothing)

    # --- forms ---------------------------------------------------------------------------------

    def form(
        self, option: "ir.StaticValue | ir.Expr", step: ir.Send, workflow: ir.Workflow
    ) -> Code:
        """The form of a reply; one with a schema is a constant of the module."""
        match option:
            case str():
                return name(self.imports.runtime(f"forms.{option.upper()}"))
            case dict():
                return name(self._form_constant(option, step, workflow))
            case _:
                raise TypeError(f"a form is a word or a schema, not {option!r}")

    def _form_constant(
        self, schema: "dict[str, ir.StaticValue]", step: ir.Send, workflow: ir.Workflow
    ) -> str:
        made = Call(name(self.imports.runtime("forms.record")), (static(self, schema),))
        type_ = self.annotations.text(normal(step.type, self.record_names))
        key = f"{type_} {flat(made)}"
        if key not in self._forms:
            stem = step.site.partition("/")[2].partition("#")[0].replace("/", "_")
            constant = self.names.take(constant_name(f"{workflow.name}-{stem}-form", "form"))
            self._forms[key] = constant
            annotation = f"{self.imports.runtime('Form')}[{type_}]"
            self.forms.append(statement(f"{constant}: {annotation} = ", made, "", 0))
        return self._forms[key]


def _nothing(f: Function, body: ir.Block) -> None:
    del f, body


_NOWHERE = ir.Span("", 0, 0)
