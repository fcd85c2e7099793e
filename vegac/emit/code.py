"""Pieces of Python code: expressions with their precedence, and how each is laid out."""

# ruff: noqa: ARG002  (most pieces are laid out the same inside brackets and outside)

from enum import IntEnum

from msgspec import Struct

from vegac.emit.document import (
    NOTHING,
    SPACE,
    Doc,
    Either,
    Group,
    Indented,
    Origin,
    Quoted,
    bracketed,
    flat_text,
    joined,
)
from vegac.emit.literals import string
from vegac.source.span import Span


class Level(IntEnum):
    """How tightly an expression binds; an operand below what is needed gets parentheses."""

    LAMBDA = 0
    CONDITIONAL = 1
    OR = 2
    AND = 3
    NOT = 4
    COMPARE = 5
    SUM = 6
    TERM = 7
    SIGN = 8
    AWAIT = 9
    ATOM = 10


class Code(Struct, eq=False):
    """A Python expression; itself the empty one (an absent bound of a slice)."""

    @property
    def level(self) -> Level:
        return Level.ATOM

    def doc(self, inside: bool) -> Doc:
        """The layout; `inside` brackets a line may break at operators."""
        return ""


class Atom(Code, eq=False):
    """A name, a number, an attribute of a name: code that has no place to break."""

    text: str

    def doc(self, inside: bool) -> Doc:
        return self.text


class Text(Code, eq=False):
    """A string; `rows` are the literals of its parts, one a line, where it does not fit as one."""

    text: str
    rows: tuple[str, ...] = ()
    value: str | None = None
    """The string itself, unless it has holes."""

    def doc(self, inside: bool) -> Doc:
        whole = Quoted(self.text, self.value)
        return Group(Either(joined(self.rows, SPACE), whole)) if self.rows else whole


class Call(Code, eq=False):
    function: Code
    arguments: tuple[Code, ...] = ()

    def doc(self, inside: bool) -> Doc:
        called = self.function.doc(inside)
        if not self.arguments:
            return (called, "()")
        arguments = joined((argument.doc(True) for argument in self.arguments), (",", SPACE))
        return (called, bracketed("(", Group((arguments, _comma(len(self.arguments)))), ")"))


class Keyword(Code, eq=False):
    """`name=value` in a call."""

    name: str
    value: Code

    def doc(self, inside: bool) -> Doc:
        return (self.name, "=", element(self.value, True))


class Annotated(Code, eq=False):
    """A parameter of a function: `name: annotation = default`."""

    name: str
    annotation: str = ""
    default: Code | None = None

    def doc(self, inside: bool) -> Doc:
        head = f"{self.name}: {self.annotation}" if self.annotation else self.name
        return head if self.default is None else (head, " = ", element(self.default, True))


class Star(Code, eq=False):
    """`*value` in a display."""

    value: Code

    def doc(self, inside: bool) -> Doc:
        return ("*", element(self.value, True))


class Attribute(Code, eq=False):
    value: Code
    name: str

    def doc(self, inside: bool) -> Doc:
        return (element(self.value, inside), ".", self.name)


class Subscript(Code, eq=False):
    value: Code
    index: Code

    def doc(self, inside: bool) -> Doc:
        return (element(self.value, inside), bracketed("[", self.index.doc(True), "]"))


class SliceRange(Code, eq=False):
    """`lower:upper` inside a subscript."""

    lower: Code | None
    upper: Code | None

    def doc(self, inside: bool) -> Doc:
        ends = [end for end in (self.lower, self.upper) if end is not None]
        if all(_is_simple_bound(end) for end in ends):
            separators = ("", ":", "")
        else:
            separators = (" " if self.lower else "", ":", " " if self.upper else "")
        return (
            self.lower.doc(True) if self.lower else "",
            "".join(separators),
            self.upper.doc(True) if self.upper else "",
        )


def _is_simple_bound(code: Code) -> bool:
    text = flat_text(code.doc(False))
    return text.removeprefix("-").isidentifier() or text.removeprefix("-").isdecimal()


class ListDisplay(Code, eq=False):
    items: tuple[Code, ...]

    def doc(self, inside: bool) -> Doc:
        return _display("[", [element(item, True) for item in self.items], "]")


class TupleDisplay(Code, eq=False):
    items: tuple[Code, ...]

    def doc(self, inside: bool) -> Doc:
        items = [element(item, True) for item in self.items]
        if len(items) == 1:
            return bracketed("(", (items[0], ","), ")")
        return _display("(", items, ")")


class DictDisplay(Code, eq=False):
    keys: tuple[Code, ...]
    values: tuple[Code, ...]

    def doc(self, inside: bool) -> Doc:
        entries: list[Doc] = [
            (key.doc(True), ": ", element(value, True))
            for key, value in zip(self.keys, self.values, strict=True)
        ]
        return _display("{", entries, "}")


def _display(opening: str, items: list[Doc], closing: str) -> Doc:
    if not items:
        return opening + closing
    return bracketed(opening, (joined(items, (",", SPACE)), _comma(len(items))), closing)


def _comma(count: int) -> Doc:
    """The comma after the last of several parts on lines of their own."""
    return Either(",", "") if count > 1 else ""


def element(code: Code, inside: bool) -> Doc:
    """A part of something larger; a string of several literals gets parentheses there."""
    bare = unplaced(code)
    if isinstance(bare, Text) and bare.rows:
        whole = Quoted(bare.text, bare.value)
        rows = Group(Either(joined(bare.rows, SPACE), whole))
        broken = ("(", Indented((NOTHING, rows)), NOTHING, ")")
        return Group(Either(broken, whole))
    return code.doc(inside)


class ListComprehension(Code, eq=False):
    element: Code
    clause: str
    iterable: Code

    def doc(self, inside: bool) -> Doc:
        clause = (f"for {self.clause} in ", element(self.iterable, True))
        return bracketed("[", Group((element(self.element, True), SPACE, clause)), "]")


class Operation(Code, eq=False):
    """Operands of one precedence with the operators between them, evaluated from the left."""

    own_level: Level
    operands: tuple[Code, ...]
    operators: tuple[str, ...]

    @property
    def level(self) -> Level:
        return self.own_level

    def doc(self, inside: bool) -> Doc:
        parts = self._parts(inside)
        return Group(parts) if inside else parts

    def _parts(self, inside: bool) -> Doc:
        gap = SPACE if inside else " "
        parts: list[Doc] = [self._operand(self.operands[0], inside)]
        for operator, operand in zip(self.operators, self.operands[1:], strict=True):
            parts += (gap, operator, " ", self._operand(operand, inside))
        return tuple(parts)

    def _operand(self, operand: Code, inside: bool) -> Doc:
        match self.own_level, unplaced(operand):
            case Level.OR, Operation(own_level=Level.AND) as inner:
                return inner._parts(inside)  # breaks together with the `or` around it
            case _:
                return element(operand, inside)


class Unary(Code, eq=False):
    """`not x` or `-x`."""

    operator: str
    operand: Code

    @property
    def level(self) -> Level:
        return Level.NOT if self.operator == "not " else Level.SIGN

    def doc(self, inside: bool) -> Doc:
        return (self.operator, element(self.operand, inside))


class Choice(Code, eq=False):
    """`then if condition else otherwise`."""

    then: Code
    condition: Code
    otherwise: Code

    @property
    def level(self) -> Level:
        return Level.CONDITIONAL

    def doc(self, inside: bool) -> Doc:
        return Group(self._parts(inside)) if inside else self._parts(inside)

    def _parts(self, inside: bool) -> Doc:
        gap = SPACE if inside else " "
        last = self.otherwise
        return (
            element(self.then, inside),
            gap,
            "if ",
            element(self.condition, inside),
            gap,
            "else ",
            last._parts(inside) if isinstance(last, Choice) else element(last, inside),
        )


class Await(Code, eq=False):
    value: Code

    @property
    def level(self) -> Level:
        return Level.AWAIT

    def doc(self, inside: bool) -> Doc:
        return ("await ", self.value.doc(inside))


class Lambda(Code, eq=False):
    parameters: str
    body: Code

    @property
    def level(self) -> Level:
        return Level.LAMBDA

    def doc(self, inside: bool) -> Doc:
        head, bare = f"lambda {self.parameters}: ", unplaced(self.body)
        # What has no brackets of its own to break in gets some.
        if isinstance(bare, Text | Operation | Choice | Unary) and not getattr(bare, "rows", ()):
            broken = ("(", Indented((NOTHING, self.body.doc(True))), NOTHING, ")")
            return (head, Group(Either(broken, self.body.doc(False))))
        return (head, element(self.body, inside))


class Parentheses(Code, eq=False):
    value: Code

    def doc(self, inside: bool) -> Doc:
        return bracketed("(", self.value.doc(True), ")")


class Placed(Code, eq=False):
    """Code that comes from a place in the source."""

    value: Code
    span: Span

    @property
    def level(self) -> Level:
        return self.value.level

    def doc(self, inside: bool) -> Doc:
        return (Origin(self.span), self.value.doc(inside))


# --- construction ---------------------------------------------------------------------------------


def at_least(code: Code, level: Level) -> Code:
    """The code, in parentheses if it binds less tightly than `level`."""
    return code if code.level >= level else Parentheses(code)


def name(text: str) -> Code:
    return Atom(text)


def literal(value: str) -> Code:
    return Text(string(value), value=value)


def call(function: str | Code, *arguments: Code, **keywords: Code) -> Code:
    called = Atom(function) if isinstance(function, str) else function
    named = (Keyword(key, value) for key, value in keywords.items())
    return Call(called, (*arguments, *named))


def attribute(value: Code, name_: str) -> Code:
    value = at_least(value, Level.ATOM)
    if isinstance(value, Atom) and value.text.replace(".", "").isidentifier():
        return Atom(f"{value.text}.{name_}")
    return Attribute(value, name_)


def subscript(value: Code, index: Code) -> Code:
    return Subscript(at_least(value, Level.ATOM), index)


def method(value: Code, name_: str, *arguments: Code) -> Code:
    return Call(attribute(value, name_), arguments)


def operation(level: Level, left: Code, operator: str, right: Code) -> Code:
    """`left operator right`; a chain of one level that groups from the left becomes one piece."""
    right = at_least(right, Level(level + 1))
    bare = unplaced(left)
    if isinstance(bare, Operation) and bare.own_level == level and level != Level.COMPARE:
        return Operation(level, (*bare.operands, right), (*bare.operators, operator))
    lowest = Level(level + 1) if level == Level.COMPARE else level
    return Operation(level, (at_least(left, lowest), right), (operator,))


def unplaced(code: Code) -> Code:
    while isinstance(code, Placed):
        code = code.value
    return code


def flat(code: Code) -> str:
    """The code on one line."""
    return flat_text(code.doc(False))
