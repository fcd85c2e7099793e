"""Text with values in it, as f-strings.

An f-string of Python 3.11 holds neither its own quote, nor a backslash, nor a `#` between its
braces: a part that would need one stands beside it, joined with `+`.
"""

from vegac.emit.annotations import is_text
from vegac.emit.code import Atom, Choice, Code, Level, Text, at_least, call, name, operation
from vegac.emit.document import Unquotable, flat_text
from vegac.emit.function import Function, Value
from vegac.emit.literals import escaped, preferred_quote, rows, string
from vegac.semantics.types import INTEGER, STRING, members, without_null


def template(f: Function, parts: list["str | Value"]) -> Value:
    """The text of the parts, joined."""
    pieces: list[str | Value] = []
    for part in parts:
        piece = _folded(part)
        if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        elif piece != "":
            pieces.append(piece)
    if len(pieces) == 1 and isinstance(pieces[0], Value):
        return as_text(f, pieces[0])
    whole = "".join(piece for piece in pieces if isinstance(piece, str))
    literals = None if _holes(pieces) else frozenset({whole})
    return Value(_joined(f, pieces), STRING, STRING, literals)


def _holes(pieces: list[str | Value]) -> bool:
    return any(isinstance(piece, Value) for piece in pieces)


def _folded(part: str | Value) -> str | Value:
    """The text of a constant."""
    if isinstance(part, Value) and part.literals is not None and len(part.literals) == 1:
        if isinstance(part.code, Text) and part.code.value is not None:
            return part.code.value
        if flat_text(part.code.doc(False)) == "None":
            return ""
    return part


def as_text(f: Function, found: Value) -> Value:
    """The text form of a value."""
    if is_text(found.static):
        return found
    return Value(call(f.runtime("text"), found.code), STRING, STRING)


def _joined(f: Function, pieces: list[str | Value]) -> Code:
    """One string, or several joined where a hole cannot stand in an f-string."""
    runs: list[list[str | Value]] = [[]]
    for piece in pieces:
        if isinstance(piece, Value) and not _fits_in_hole(_hole(f, piece)):
            runs.append([piece])
            runs.append([])
        else:
            runs[-1].append(piece)
    codes = [_run(f, run) for run in runs if run]
    code = codes[0] if codes else Text(string(""), value="")
    for other in codes[1:]:
        code = operation(Level.SUM, code, "+", other)
    return code


def _run(f: Function, run: list[str | Value]) -> Code:
    if len(run) == 1 and isinstance(run[0], Value):
        return at_least(as_text(f, run[0]).code, Level.SUM)
    holes = {number: _hole(f, part) for number, part in enumerate(run) if isinstance(part, Value)}
    numbered = [part if isinstance(part, str) else number for number, part in enumerate(run)]
    sizes = {number: len(flat_text(hole.doc(False))) + 2 for number, hole in holes.items()}
    literals = [_literal(row, holes) for row in rows(numbered, sizes)]
    value = "".join(part for part in run if isinstance(part, str)) if not holes else None
    return Text(_literal(numbered, holes), tuple(literals) if len(literals) > 1 else (), value)


def _literal(parts: list[str | int], holes: dict[int, Code]) -> str:
    texts = [part for part in parts if isinstance(part, str)]
    quote = preferred_quote(*texts)
    if len(texts) == len(parts):
        return string("".join(texts))
    inner = "'" if quote == '"' else '"'
    body = "".join(
        escaped(part, quote, braces=True)
        if isinstance(part, str)
        else "{" + flat_text(holes[part].doc(False), inner) + "}"
        for part in parts
    )
    return f"f{quote}{body}{quote}"


def _hole(f: Function, found: Value) -> Code:
    """What stands between the braces: text forms that Python would give anyway need no call."""
    if all(member == INTEGER or is_text(member) for member in members(found.static)):
        return found.code
    if isinstance(found.code, Choice) and is_text(without_null(found.static)):
        otherwise = found.code.otherwise
        if isinstance(otherwise, Atom) and otherwise.text == "None":
            # null is the empty text
            return Choice(found.code.then, found.code.condition, Text(string(""), value=""))
    return call(name(f.runtime("text")), found.code)


def _fits_in_hole(code: Code) -> bool:
    try:
        shown = flat_text(code.doc(False), "'")
    except Unquotable:
        return False
    return not shown.startswith("{") and not any(char in shown for char in "\\#\n")
