"""Colours for what YAML takes for plain text: expressions, and the names of steps."""

from collections.abc import Iterator

from lsprotocol import types

from vega_lsp.index import Expression
from vega_lsp.positions import width
from vega_lsp.session import Snapshot
from vegac.source.span import Span
from vegac.syntax import expressions as ast
from vegac.syntax.expression_walk import walk

TYPES = ["class", "function", "interface", "variable", "parameter", "method", "property",
         "number", "string", "keyword", "operator"]  # fmt: skip
MODIFIERS = ["definition", "modification"]
LEGEND = types.SemanticTokensLegend(TYPES, MODIFIERS)
_SYMBOLS = {
    "agent": "class",
    "workflow": "function",
    "tool": "interface",
    "variable": "variable",
    "parameter": "parameter",
}
_NUMBERS = {name: number for number, name in enumerate(TYPES)}
_BOM = "\ufeff"
Token = tuple[int, int, str, int]


def full(snapshot: Snapshot, params: types.SemanticTokensParams) -> types.SemanticTokens:
    del params
    data = _encoded(snapshot, _tokens(snapshot))
    snapshot.session.tokens[snapshot.path] = data
    return types.SemanticTokens(data, result_id=_identity(data))


def ranged(snapshot: Snapshot, params: types.SemanticTokensRangeParams) -> types.SemanticTokens:
    start, end = snapshot.offset(params.range.start), snapshot.offset(params.range.end)
    inside = [token for token in _tokens(snapshot) if token[0] < end and token[1] > start]
    return types.SemanticTokens(_encoded(snapshot, inside))


def delta(
    snapshot: Snapshot, params: types.SemanticTokensDeltaParams
) -> types.SemanticTokens | types.SemanticTokensDelta:
    before = snapshot.session.tokens.get(snapshot.path, [])
    after = _encoded(snapshot, _tokens(snapshot))
    snapshot.session.tokens[snapshot.path] = after
    if _identity(before) != params.previous_result_id:
        return types.SemanticTokens(after, result_id=_identity(after))
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    edits: list[types.SemanticTokensEdit] = []
    if before != after:
        new = after[head : len(after) - tail]
        edits.append(types.SemanticTokensEdit(head, len(before) - head - tail, new))
    return types.SemanticTokensDelta(edits, result_id=_identity(after))


def _identity(data: list[int]) -> str:
    return str(hash(tuple(data)))


def _tokens(snapshot: Snapshot) -> list[Token]:
    """The tokens of a file in order, none of which reaches into another."""
    found: dict[int, Token] = {}
    index = snapshot.program.index
    bases = zip(snapshot.tree.chunks, snapshot.tree.bases, strict=True)
    for unit, base in {chunk.unit: base for chunk, base in bases}.items():
        for occurrence in index.units.get(unit, ()):
            bits = {"definition": 1, "write": 2, "read": 0}[occurrence.role]
            kind = _SYMBOLS[occurrence.symbol.kind]
            _add(found, base, occurrence.span, kind, bits)
        for expression in index.expressions.get(unit, ()):
            for span, kind in _parts(expression):
                _add(found, base, span, kind, 0)
    kept: list[Token] = []
    for token in sorted(found.values()):
        if not kept or kept[-1][1] <= token[0]:
            kept.append(token)
    return kept


def _add(found: dict[int, Token], base: int, span: Span, kind: str, bits: int) -> None:
    start = base + span.start
    if span.start < span.end and start not in found:
        found[start] = (start, base + span.end, kind, bits)


def _parts(expression: Expression) -> Iterator[tuple[Span, str]]:
    for part in walk(expression.parsed.expr):
        match part:
            case ast.Filter(name=name, name_start=start):
                yield expression.span(start, start + len(name)), "method"
            case ast.Field(name=name, name_start=start):
                yield expression.span(start, start + len(name)), "property"
            case (
                ast.Binary(operator=sign, operator_start=start)
                | ast.Compare(operator=sign, operator_start=start)
            ):
                kind = "keyword" if sign[0].isalpha() else "operator"
                yield expression.span(start, start + len(sign)), kind
            case ast.Literal_(value=value):
                kind = "string" if isinstance(value, str) else "number"
                if value is None or isinstance(value, bool):
                    kind = "keyword"
                yield expression.span(part.start, part.end), kind
            case ast.Name(name=name):
                yield expression.span(part.start, part.start + len(name)), "variable"
            case _:
                pass


def _encoded(snapshot: Snapshot, tokens: list[Token]) -> list[int]:
    """The numbers of the protocol: lines and columns relative to the token before."""
    data: list[int] = []
    file, encoding = snapshot.file, snapshot.session.encoding
    text, starts = file.text, file.line_starts
    line = last_line = last_column = 0
    for start, end, kind, bits in tokens:
        for first, part in _lines(text, start, end):
            while line + 1 < len(starts) and starts[line + 1] <= first:
                line += 1
            column = width(text[starts[line] : first], encoding)
            column += width(_BOM, encoding) if file.bom and line == 0 else 0
            same = line == last_line
            data += (
                line - last_line,
                column - last_column if same else column,
                width(part, encoding),
                _NUMBERS[kind],
                bits,
            )
            last_line, last_column = line, column
    return data


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The parts of a token on each of its lines."""
    position = start
    if "\n" not in text[start:end]:
        yield start, text[start:end]
        return
    for part in text[start:end].splitlines(keepends=True):
        bare = part.strip()
        if bare:
            yield position + part.index(bare), bare
        position += len(part)
