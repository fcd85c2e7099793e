"""Reads expressions: text to a tree, with problems as data."""

import re
from functools import cache, lru_cache
from typing import Final

from vegac.syntax.expression_tree import BUILDERS, Mistake, bare_word, ungroup
from vegac.syntax.expression_walk import depth
from vegac.syntax.expressions import (
    MAX_LENGTH,
    Argument,
    ErrorExpr,
    Expr,
    Field,
    Filter,
    Literal_,
    Name,
    Parsed,
    SyntaxProblem,
)
from vegac.syntax.grammar_cache import load_tables
from vegac.syntax.lalr import FAILED, Parser, Trace

MAX_DEPTH: Final = 64
"""How deep its parts may nest; chains such as `a + b + c` do not count."""

KEYWORDS: Final = frozenset(("and", "or", "not", "in", "if", "else", "true", "false", "null"))

_PATH = re.compile(r"\s*+([A-Za-z_]\w*+)((?:\.[A-Za-z_]\w*+)*+)\s*+")
_FIELD = re.compile(r"\w+")
# A filter whose arguments are words or strings without escapes; of blanks only a space ends a word.
_FILTER = re.compile(
    r"\|\s*+([A-Za-z_]\w*+)((?::(?:'[^'\\]*+'|\"[^\"\\]*+\"|[\w.,/-]++(?=[ |:]|\Z)))*+)\s*+"
)
_ARGUMENT = re.compile(r"'[^']*+'|\"[^\"]*+\"|[^:]++")


@lru_cache(maxsize=1 << 15)
def parse_expression(text: str) -> Parsed:
    """The tree of `text`, which may have blanks around it; offsets count from its start.

    Never raises: what is wrong stands in `problems`, and the tree is then the longest part from the
    start that makes an expression, or an error.
    """
    if len(text) > MAX_LENGTH:
        return _too_long(text)
    expr = _parse_chain(text) or _parse(text)
    if expr is None:
        return _diagnosed(text)
    if len(text) > MAX_DEPTH and depth(expr) > MAX_DEPTH:
        return _too_deep(text)
    return Parsed(text, expr)


def parse_by_grammar(text: str) -> Expr | None:
    """The tree of `text` made by the grammar alone, or None where there is a problem."""
    return _parse(text)


def accepted_at(text: str, offset: int) -> set[str]:
    """The grammar's terminals that may stand at `offset`, given the text before it.

    `$END` among them means that the expression may end there. Empty where the text before `offset`
    is wrong itself.
    """
    before = text[:offset]
    trace = Trace()
    try:
        value = _grammar().parse(_marked(before), trace)
    except Mistake:
        return set()
    if value is FAILED and trace.stop < len(before):
        return set()
    return _grammar().accepts(trace.moments[-1].states if trace.moments else None)


@cache
def _grammar() -> Parser:
    return Parser(load_tables("expression"), BUILDERS)


def _marked(text: str) -> str:
    """`text` as the grammar wants it: see its terminal BARE."""
    return f"{text}\0" if "<<" in text else text


def _parse_chain(text: str) -> Expr | None:
    """A name or a dotted name with simple filters, which most holes are, without the grammar."""
    match = _PATH.match(text)
    if match is None or match[1] in KEYWORDS:
        return None
    start, end = match.span(1)
    expr: Expr = Name(start, end, match[1])
    first, last = match.span(2)
    if first < last:
        for field in _FIELD.finditer(text, first, last):
            expr = Field(start, field.end(), expr, field[0], field.start())
    position = match.end()
    while position < len(text):
        match = _FILTER.match(text, position)
        if match is None:
            return None
        given: tuple[Argument, ...] = ()
        first, last = match.span(2)
        if first < last:
            try:
                given = tuple(map(_argument, _ARGUMENT.finditer(text, first, last)))
            except Mistake:
                return None
        at, end = match.span(1)
        expr = Filter(start, last if given else end, expr, match[1], given, at)
        position = match.end()
    return expr


def _argument(match: re.Match[str]) -> Argument:
    written = match[0]
    start, end = match.span()
    if written[0] in "'\"":
        return Argument(Literal_(start, end, written[1:-1]))
    return Argument(bare_word((written, start, end)), True)


def _parse(text: str) -> Expr | None:
    try:
        value = _grammar().parse(_marked(text))
    except Mistake:
        return None
    return None if value is FAILED else ungroup(value)


def _diagnosed(text: str) -> Parsed:
    from vegac.syntax.syntax_hints import explain

    grammar = _grammar()
    trace = Trace()
    try:
        grammar.parse(_marked(text), trace)
        moments = trace.moments
        accepted = grammar.accepts(moments[-1].states if moments else None)
        problem = explain(text, moments, trace.stop, accepted)
    except Mistake as mistake:
        problem = mistake.problem
    return Parsed(text, _prefix(text, trace), (problem,))


def _prefix(text: str, trace: Trace) -> Expr:
    """The longest part of `text` from its start that is an expression."""
    for moment in reversed(trace.moments):
        try:
            value = _grammar().finish(moment)
        except Mistake:
            continue
        if value is not FAILED:
            expr = ungroup(value)
            return expr if depth(expr) <= MAX_DEPTH else ErrorExpr(0, len(text))
    return ErrorExpr(0, len(text))


def _too_long(text: str) -> Parsed:
    message = f"this expression has {len(text)} characters; the limit is {MAX_LENGTH}"
    problem = SyntaxProblem(0, len(text), message, "split it up with `set` steps", "limit-exceeded")
    return Parsed(text, ErrorExpr(0, len(text)), (problem,))


def _too_deep(text: str) -> Parsed:
    message = f"the parts of this expression nest more than {MAX_DEPTH} deep"
    problem = SyntaxProblem(0, len(text), message, "split it up with `set` steps", "limit-exceeded")
    return Parsed(text, ErrorExpr(0, len(text)), (problem,))
