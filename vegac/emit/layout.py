"""Where a statement breaks: the rules of `ruff format` for what stands at statement level."""

from typing import Literal

from vegac.emit.code import (
    Attribute,
    Await,
    Call,
    Choice,
    Code,
    DictDisplay,
    Keyword,
    Lambda,
    Level,
    ListComprehension,
    ListDisplay,
    Operation,
    Parentheses,
    Placed,
    Subscript,
    Text,
    TupleDisplay,
    Unary,
    unplaced,
)
from vegac.emit.document import (
    NOTHING,
    SPACE,
    WIDTH,
    Doc,
    Either,
    Group,
    Indented,
    Line,
    first_origin,
    fits_on_lines,
    flat_text,
    joined,
    print_lines,
    text_width,
)

_Need = Literal["never", "best fit", "several lines"]


def statement(prefix: str, code: Code, suffix: str, indent: int) -> list[Line]:
    """The lines of `prefix code suffix`, with parentheses around the code where that helps."""
    flat = (prefix, code.doc(False), suffix)
    on_one_line = flat_text(flat)
    if indent + text_width(on_one_line) <= WIDTH:
        return [Line(" " * indent + on_one_line, first_origin(flat))]
    bare = unplaced(code)
    if isinstance(bare, Text) and bare.rows:
        return print_lines(_long_text(prefix, bare, suffix), indent)
    match _need(bare):
        case "never":
            return print_lines(flat, indent)
        case "best fit":
            inner = text_width(flat_text(code.doc(False)))
            if indent + 4 + inner <= WIDTH and indent + text_width(prefix) + 1 <= WIDTH:
                return print_lines(_in_parentheses(prefix, code, suffix), indent)
            return print_lines(flat, indent)
        case _:
            if _may_go_without(bare, WIDTH - indent - 4) and fits_on_lines(flat, indent):
                return print_lines(flat, indent)
            return print_lines(_in_parentheses(prefix, code, suffix), indent)


def _in_parentheses(prefix: str, code: Code, suffix: str) -> Doc:
    return (prefix, "(", Indented((NOTHING, code.doc(True))), NOTHING, ")", suffix)


def _long_text(prefix: str, text: Text, suffix: str) -> Doc:
    content = Group(Either(joined(text.rows, SPACE), text.text))
    return (prefix, "(", Indented((NOTHING, content)), NOTHING, ")", suffix)


def _need(code: Code) -> _Need:
    """Whether a formatter would put parentheses around the code when it is too long."""
    match unplaced(code):
        case Operation() | Choice() | Unary() | Lambda():
            return "several lines"
        case Await(value=value):
            return _need(value)
        case (
            Call()
            | Subscript()
            | ListDisplay()
            | TupleDisplay()
            | DictDisplay()
            | ListComprehension()
            | Parentheses()
        ):
            return "never"
        case Attribute(value=value):
            return _need(value)
        case _:
            return "best fit"


def _may_go_without(code: Code, room: int) -> bool:
    """Whether brackets that the code has itself may break instead: it has one operator and begins
    or ends with a bracket. A text has one if it needs more than the `room` of a line."""
    if _operators(code) > 1:
        return False
    return _starts_bracketed(code, room) or _ends_bracketed(code, room)


def _operators(code: Code) -> int:
    """How many operators of the lowest precedence there are."""
    lowest, count = _lowest(code)
    return count if lowest is not None else 0


def _lowest(code: Code) -> tuple[Level | None, int]:
    match unplaced(code):
        case Operation(own_level=level, operands=operands):
            # `and` and `or` count as one kind.
            found = (Level.OR if level == Level.AND else level, len(operands) - 1)
            children = operands
        case Choice(then=then, condition=condition, otherwise=otherwise):
            found = (Level.CONDITIONAL, 2)
            children = (then, condition, otherwise)
        case Unary(operator="not ", operand=operand):
            found = (Level.NOT, 1)
            children = (operand,)
        case Unary(operand=operand):
            found = (Level.SIGN, 1)
            children = (operand,)
        case Await(value=value):
            found = (None, 0)
            children = (value,)
        case _:
            return None, 0
    for child in children:
        level, count = _lowest(child)
        if level is None:
            continue
        if found[0] is None or level < found[0]:
            found = (level, count)
        elif level == found[0]:
            found = (level, found[1] + count)
    return found


def _starts_bracketed(code: Code, room: int) -> bool:
    match unplaced(code):
        case Text(text=text, rows=rows):
            return bool(rows) and text_width(text) > room
        case ListDisplay() | TupleDisplay() | DictDisplay() | ListComprehension() | Parentheses():
            return flat_text(code.doc(False))[1:-1] != ""
        case Operation(operands=operands):
            return _starts_bracketed(operands[0], room)
        case Choice(then=then):
            return _starts_bracketed(then, room)
        case Call(function=function):
            return _starts_bracketed(function, room)
        case Attribute(value=value) | Subscript(value=value):
            return _starts_bracketed(value, room)
        case _:
            return False


def _ends_bracketed(code: Code, room: int) -> bool:
    match unplaced(code):
        case Text(text=text, rows=rows):
            return bool(rows) and text_width(text) > room
        case ListDisplay() | TupleDisplay() | DictDisplay() | ListComprehension() | Parentheses():
            return flat_text(code.doc(False))[1:-1] != ""
        case Call(arguments=arguments):
            return bool(arguments)
        case Operation(operands=operands, operators=operators):
            return _ends_bracketed(operands[-1], room - len(operators[-1]) - 1)
        case Unary(operator=operator, operand=operand):
            return _ends_bracketed(operand, room - len(operator))
        case Choice(otherwise=otherwise):
            return _ends_bracketed(otherwise, room)
        case Await(value=value) | Placed(value=value) | Keyword(value=value):
            return _ends_bracketed(value, room)
        case _:
            return False
