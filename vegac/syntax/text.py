"""Splits text into literal parts and holes."""

import re
from functools import lru_cache
from typing import Final, Literal

from msgspec import Struct

from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.expressions import MAX_LENGTH, Parsed, SyntaxProblem
from vegac.syntax.hole_scanner import PLAIN_HOLE, find_close

_OPEN: Final = re.compile(r"<<|\{\{")
_THREE: Final = re.compile(r"<<<(?!<)")
_LINE_END: Final = re.compile(r"[\n\r]|\Z")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")
_MAX_FAILURES: Final = 200  # searches for a close in one text that found none
_CODE_IN_ANGLES: Final = re.compile(r";|<<|::|->|\A\s*\Z")
_CODE_IN_BRACES: Final = re.compile(r"\A\s*(?:[#/^>!&%$@*~.-]|\Z|(?:if|range|with|end|define)\b)")


class Hole(Struct, frozen=True, eq=False):
    """An expression in a text: `value[start:end]`, delimiters included.

    `offset` is where the expression's text starts in the value; what is between the delimiters is
    not stripped.
    """

    start: int
    end: int
    offset: int
    delimiter: Literal["<<", "{{"]
    parsed: Parsed


class TextProblem(Struct, frozen=True):
    """What is wrong with a text, as a range of its value.

    `code` is the diagnostic's: `unclosed-hole`, `syntax-error` or `limit-exceeded`. Where the text
    looks like code rather than like a hole, a backslash inserted at `escape_at` is the cure.
    """

    code: str
    start: int
    end: int
    message: str
    hint: str = ""
    escape_at: int | None = None


class LooseOpen(Struct, frozen=True):
    """A literal `<<` with an identifier directly behind it: a mistake if that name is in scope."""

    start: int
    name: str


class Text(Struct, frozen=True, eq=False):
    """A text as its literal parts (escapes undone, never empty) and holes, in order."""

    parts: tuple[str | Hole, ...]
    problems: tuple[TextProblem, ...] = ()
    loose: tuple[LooseOpen, ...] = ()

    @property
    def sole(self) -> Hole | None:
        """The hole, if it is all there is: the value then has its type."""
        if len(self.parts) == 1:
            part = self.parts[0]
            return part if isinstance(part, Hole) else None
        return None

    @property
    def holes(self) -> tuple[Hole, ...]:
        return tuple(part for part in self.parts if isinstance(part, Hole))


@lru_cache(maxsize=1 << 14)
def parse_text(value: str) -> Text:
    """The parts of `value`, the text of a scalar. Never raises."""
    if "<<" not in value and "{{" not in value:
        return Text((value,) if value else ())
    return _Splitter(value).split()


class _Splitter:
    """One walk over a text."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.parts: list[str | Hole] = []
        self.literal: list[str] = []
        self.problems: list[TextProblem] = []
        self.loose: list[LooseOpen] = []
        self.failures = 0
        self.found = {">>": -1, "}}": -1, "\n": -1}  # the last places looked up of each

    def split(self) -> Text:
        value = self.value
        done = 0  # everything before it is in parts or literal
        position = 0
        while (match := _OPEN.search(value, position)) is not None:
            start = match.start()
            if self.failures > _MAX_FAILURES:
                self._give_up(start)
                break
            if start == done or value[start - 1] != "\\":
                plain = PLAIN_HOLE.match(value, start)
                if plain is not None and plain.end() - start < MAX_LENGTH:
                    if start > done:
                        self.literal.append(value[done:start])
                    self._hole(start, plain.end() - 2)
                    done = position = plain.end()
                    continue
            slashes = self._backslashes(done, start)
            if not slashes and _THREE.match(value, start):
                start += 1  # `<<<tag>>>` is a hole in angle brackets
            if slashes:
                self.literal.append(value[done : start - slashes] + "\\" * (slashes // 2))
                done = start
            if slashes % 2:
                position = start + 2
                continue
            close = self._close(start)
            if close < 0:
                self._unclosed(start)
                position = start + 2
                continue
            self.literal.append(value[done:start])
            self._hole(start, close)
            done = position = close + 2
        self.literal.append(value[done:])
        self._flush()
        return Text(tuple(self.parts), tuple(self.problems), tuple(self.loose))

    def _backslashes(self, done: int, start: int) -> int:
        first = start
        while first > done and self.value[first - 1] == "\\":
            first -= 1
        return start - first

    def _close(self, start: int) -> int:
        """Where the hole that opens at `start` closes, or -1."""
        angle = self.value[start] == "<"
        close = ">>" if angle else "}}"
        limit = self._next("\n", start) if angle else len(self.value)
        if self._next(close, start + 2) >= limit:
            return -1
        found = find_close(self.value, start + 2, limit, close)
        self.failures += found < 0
        return found

    def _next(self, what: str, start: int) -> int:
        """The first place of `what` (a close, or a line's end) from `start` on, or the end.

        Remembered, for a long text may have many opens and no close.
        """
        if self.found[what] < start:
            if what == "\n":
                match = _LINE_END.search(self.value, start)
                found = match.start() if match else len(self.value)
            else:
                found = self.value.find(what, start)
            self.found[what] = len(self.value) if found < 0 else found
        return self.found[what]

    def _flush(self) -> None:
        if self.literal:
            literal = "".join(self.literal)
            self.literal.clear()
            if literal:
                self.parts.append(literal)

    def _hole(self, start: int, close: int) -> None:
        self._flush()
        offset = start + 2
        parsed = parse_expression(self.value[offset:close])
        delimiter: Literal["<<", "{{"] = "<<" if self.value[start] == "<" else "{{"
        self.parts.append(Hole(start, close + 2, offset, delimiter, parsed))
        if not parsed.problems:
            return
        code = _looks_like_code(self.value, start, parsed.text)
        for index, problem in enumerate(parsed.problems):
            escape_at = start if code and index == 0 else None
            self.problems.append(self._problem(problem, offset, delimiter, escape_at))

    def _problem(
        self, problem: SyntaxProblem, offset: int, delimiter: str, escape_at: int | None
    ) -> TextProblem:
        start, end = offset + problem.start, offset + problem.end
        if not self.value[offset : offset + problem.end].strip() and start <= offset:
            start, end = offset - 2, end + 2  # an empty hole: show the delimiters
        hint = problem.hint
        if escape_at is not None:
            hint = f"for a literal '{delimiter}' write '\\{delimiter}'"
        return TextProblem(problem.code, start, end, problem.message, hint, escape_at)

    def _unclosed(self, start: int) -> None:
        if self.value[start] == "<":
            name = _IDENTIFIER.match(self.value, start + 2)
            if name is not None:
                self.loose.append(LooseOpen(start, name[0]))
            return
        self.failures += 1
        hint = "close it with '}}', or write '\\{{' for two braces"
        problem = TextProblem(
            "unclosed-hole", start, start + 2, "this '{{' has no '}}'", hint, start
        )
        self.problems.append(problem)

    def _give_up(self, start: int) -> None:
        message = f"more than {_MAX_FAILURES} holes in this text are not closed"
        hint = "the rest of it is taken as it stands; a scalar tagged '!raw' has no holes"
        problem = TextProblem("limit-exceeded", start, start + 2, message, hint)
        self.problems.append(problem)


def _looks_like_code(value: str, start: int, text: str) -> bool:
    """Whether a hole that does not parse is rather a shift, a stream or another template."""
    pattern = _CODE_IN_BRACES if value[start] == "{" else _CODE_IN_ANGLES
    return pattern.search(text) is not None
