"""Says why an expression does not parse, in the words of who wrote it.

The parser tells how far it came and what the grammar allows there. Each rule below knows one kind
of mistake; the first that recognises it gives the message.
"""

import re
from collections.abc import Callable
from typing import Final

from vegac.syntax.expressions import SyntaxProblem
from vegac.syntax.habits import OPERATOR_WORDS, SYMBOLS, call_hint, is_hint
from vegac.syntax.lalr import END, Moment

_WORD: Final = re.compile(r"[^\W\d]\w*")
_RUN: Final = re.compile(r"[^\s'\"()\[\]{}|:,]+")
_CLOSER: Final = {"LPAR": ")", "LSQB": "]", "LBRACE": "}", "ANGLE_OPEN": ">>", "BRACE_OPEN": "}}"}
_CLOSES: Final = {
    "RPAR": ("LPAR",),
    "RSQB": ("LSQB",),
    "RBRACE": ("LBRACE",),
    "ANGLE_CLOSE": ("ANGLE_OPEN",),
    "BRACE_END": ("BRACE_OPEN",),
}
_BEFORE_VALUE: Final = frozenset(
    ("SUM_OP", "TERM_OP", "COMPARE_OP", "MINUS", "AND", "OR", "NOT", "IN", "IF", "ELSE")
)
_KEYWORDS: Final = frozenset(("and", "or", "not", "in", "if", "else"))


class _Spot:
    """Where the parser stopped: the text, the tokens before, and what might have followed."""

    def __init__(self, text: str, moments: list[Moment], stop: int, accepted: set[str]) -> None:
        self.text = text
        self.tokens = [(moment.kind, *moment.token) for moment in moments]
        self.stop = min(stop, len(text))
        self.rest = text[self.stop :]
        self.accepted = accepted
        self.kind, self.last, self.last_start, self.last_end = (
            self.tokens[-1] if self.tokens else ("", "", 0, 0)
        )
        match = _WORD.match(text, self.stop)
        self.word = match[0] if match else ""
        self.wants_value = "LPAR" in accepted and "NAME" in accepted
        self.has_value = "PIPE" in accepted or "SUM_OP" in accepted

    @property
    def adjacent(self) -> bool:
        """Whether nothing stands between the last token and the stop."""
        return bool(self.tokens) and self.last_end == self.stop

    @property
    def opened(self) -> list[tuple[str, str, int, int]]:
        """The brackets and holes that are open at the stop, outermost first."""
        stack: list[tuple[str, str, int, int]] = []
        for token in self.tokens:
            if token[0] in _CLOSER:
                stack.append(token)
            elif token[0] in _CLOSES and stack and stack[-1][0] in _CLOSES[token[0]]:
                stack.pop()
        return stack

    def here(self, message: str, hint: str, length: int = 0) -> SyntaxProblem:
        """A problem with what stands at the stop: a word, or a character."""
        end = self.stop + (length or len(self.word) or 1)
        return SyntaxProblem(self.stop, min(end, len(self.text)), message, hint)

    def before(self, message: str, hint: str) -> SyntaxProblem:
        """A problem with the last token."""
        return SyntaxProblem(self.last_start, self.last_end, message, hint)


def explain(text: str, moments: list[Moment], stop: int, accepted: set[str]) -> SyntaxProblem:
    """Why `text` is no expression: the parser read `moments`, then stopped at `stop`."""
    spot = _Spot(text, moments, stop, accepted)
    for rule in _RULES:
        problem = rule(spot)
        if problem is not None:
            return problem
    if not spot.rest:
        return SyntaxProblem(max(0, stop - 1), stop, "the expression ends too early", "")
    wanted = "a value" if spot.wants_value else "an operator, a filter or the end"
    shown = spot.word or spot.rest[0]
    return spot.here(f"unexpected '{shown}'", f"expected {wanted}")


def _empty(spot: _Spot) -> SyntaxProblem | None:
    if spot.tokens or spot.rest:
        return None
    message, hint = "the expression is empty", "write a name or a value"
    return SyntaxProblem(0, len(spot.text), message, hint)


def _string(spot: _Spot) -> SyntaxProblem | None:
    if spot.rest[:1] not in ("'", '"'):
        return None
    quote = spot.rest[0]
    if spot.kind == "STRING":
        if not spot.adjacent or spot.last[0] != quote:
            return spot.here("an operator is missing between two strings", "join them with '+'")
        hint = f"write '\\{quote}' for a quote inside, or use the other kind of quotes around"
        message = "quotes are not doubled in a string"
        return SyntaxProblem(spot.stop - 1, spot.stop + 1, message, hint)
    if spot.kind == "BARE" and spot.adjacent:
        run = re.match(r"[^\s|:]*", spot.rest)
        whole = spot.last + (run[0] if run else "")
        mark = "'" if "'" not in whole else '"'
        message = "a word without quotes cannot hold a quote"
        return SyntaxProblem(spot.stop, spot.stop + 1, message, f"write {mark}{whole}{mark}")
    if spot.kind == "NAME" and spot.adjacent and spot.last.lower() in ("f", "r", "b", "u"):
        hint = "join texts with '+'" if spot.last.lower() == "f" else "leave it out"
        return spot.before(f"a string has no '{spot.last}' in front", hint)
    if "STRING" in spot.accepted:
        message = "this string is not closed"
        return SyntaxProblem(spot.stop, len(spot.text), message, f"add {quote} where it ends")
    return None


def _after_string(spot: _Spot) -> SyntaxProblem | None:
    if spot.kind != "STRING" or not spot.adjacent or not spot.word:
        return None
    quote = spot.last[0]
    hint = f"write '\\{quote}' for a quote inside, or use the other kind of quotes around"
    return spot.here("the string ended before this", hint)


def _number(spot: _Spot) -> SyntaxProblem | None:
    if spot.wants_value and re.match(r"\.\d", spot.rest):
        digits = re.match(r"[\d.]+", spot.rest)
        length = digits.end() if digits else 1
        return spot.here("a number starts with a digit", f"write 0{spot.rest[:length]}", length)
    if spot.kind == "DOT" and len(spot.tokens) > 1 and spot.tokens[-2][0] == "NUMBER":
        _, number, start, _ = spot.tokens[-2]
        if not spot.rest or spot.has_value or not spot.word:
            hint = f"write {number} or {number}.0"
            return SyntaxProblem(start, spot.last_end, "a digit is missing after the point", hint)
    if spot.kind != "NUMBER" or not spot.adjacent:
        return None
    run = re.match(r"[\w.]+", spot.rest)
    if run is None:
        return None
    written = spot.last + run[0]
    plain = written.replace("_", "")
    hint = "a name does not start with a digit"
    if plain.isdigit():
        hint = f"write {plain.lstrip('0') or '0'}"
    elif re.match(r"0[xXoObB]", written):
        hint = "numbers are decimal"
    message = f"'{written}' is not a number"
    return SyntaxProblem(spot.last_start, spot.last_end + run.end(), message, hint)


def _symbol(spot: _Spot) -> SyntaxProblem | None:
    if not spot.rest:
        return None
    # Half of `===` or `||` may have passed as an operator.
    operator = spot.adjacent and spot.kind in ("COMPARE_OP", "PIPE", "TERM_OP", "SUM_OP", "LBRACE")
    for start in (spot.last_start, spot.stop) if operator else (spot.stop,):
        for symbol, message, hint in SYMBOLS:
            if spot.text.startswith(symbol, start) and start + len(symbol) > spot.stop:
                return SyntaxProblem(start, start + len(symbol), message, hint)
    return None


def _argument(spot: _Spot) -> SyntaxProblem | None:
    """Mistakes in the arguments of a filter."""
    text = spot.text
    if spot.rest[:1] == ":" and "ARG_COLON" in spot.accepted:
        before, after = text[: spot.last_end].split("|")[-1].strip(), spot.rest[1:].strip()
        hint = f"write `{before}:{after}`" if _RUN.fullmatch(after) else ""
        return spot.here("no space may stand before the ':' of an argument", hint)
    run = _RUN.match(spot.rest)
    if run is None:
        return None
    end = spot.stop + run.end()
    if spot.kind == "ARG_COLON" and not spot.adjacent:
        message = "no space may stand between ':' and a word without quotes"
        return SyntaxProblem(spot.last_start, end, message, f"write `:{run[0]}`")
    if (
        (spot.kind == "ARG_COLON" and run[0].startswith("\\"))
        or (spot.kind == "BARE" and spot.adjacent)
    ) and run[0].startswith("\\"):
        message = f"unknown escape '{run[0][:2]}'"
        hint = "put the argument in quotes, and double the backslash"
        return SyntaxProblem(spot.stop, min(spot.stop + 2, len(text)), message, hint)
    if spot.kind == "BARE" and (spot.word or spot.rest[0].isdigit()):
        if spot.last.endswith(","):
            message = "the ',' belongs to the word without quotes"
            hint = f"write `'{spot.last[:-1]}',`, or put the filter in parentheses"
            return spot.before(message, hint)
        whole = re.match(r"[^|:'\"()\[\]{}<>]*", text[spot.last_start :])
        quoted = whole[0].strip() if whole else spot.last
        message = "a word without quotes ends at the space"
        return SyntaxProblem(spot.last_start, end, message, f"write '{quoted}' in quotes")
    return None


def _first_argument(rest: str) -> str:
    match = re.match(r"'[^']*'|\"[^\"]*\"|[^\s|,)\]}]+", rest)
    return match[0] if match else rest[:1]


def _before(spot: _Spot, count: int) -> str:
    """The kind of the token that many places back; 1 is the last one."""
    return spot.tokens[-count][0] if len(spot.tokens) >= count else ""


def _argument_without_colon(spot: _Spot) -> SyntaxProblem | None:
    """`x | default 'a'`."""
    if spot.kind != "WORD" or _before(spot, 2) != "PIPE" or not spot.rest or spot.adjacent:
        return None
    if not (spot.word or spot.rest[0] in "'\"0123456789"):
        return None
    if spot.word.lower() in _KEYWORDS or spot.word in ("is", "for"):
        return None
    argument = _first_argument(spot.rest)
    message = "an argument of a filter follows a ':'"
    return spot.here(message, f"write `{spot.last}:{argument}`", len(argument))


def _call(spot: _Spot) -> SyntaxProblem | None:
    if not spot.has_value or spot.rest[:1] != "(":
        return None
    close = _matching(spot.text, spot.stop)
    inner = spot.text[spot.stop + 1 : close].strip()
    end = min(close + 1, len(spot.text))
    if spot.kind == "WORD" and _before(spot, 2) == "DOT":
        dot = spot.tokens[-2][2]
        path = re.search(r"(?:'[^']*'|\"[^\"]*\"|[\w.\[\]'\"])*$", spot.text[:dot])
        receiver = path[0] if path and path[0] else "value"
        message = f"there are no methods: '{spot.last}' cannot be called"
        hint = call_hint(spot.last, receiver, inner)
        return SyntaxProblem(spot.last_start, end, message, hint)
    if spot.kind == "NAME":
        message = f"there are no functions: '{spot.last}' cannot be called"
        hint = call_hint(spot.last, "", inner)
        return SyntaxProblem(spot.last_start, end, message, hint)
    return spot.here("an operator is missing before '('", "a value cannot be called")


def _matching(text: str, start: int) -> int:
    """Where the parenthesis that opens at `start` is closed, or the end."""
    depth = 0
    for match in re.finditer(r"'[^']*'|\"[^\"]*\"|[()]", text[start:]):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return start + match.start()
    return len(text)


def _bracket_argument(spot: _Spot) -> SyntaxProblem | None:
    """`xs | default:[]`: behind a colon stands a word, and a list only in parentheses."""
    before = re.search(r"\|\s*(\w+)\s*:\s*\Z", spot.text[: spot.stop])
    if before is None or spot.rest[:1] not in ("[", "{"):
        return None
    empty = re.match(r"\[\s*\]|\{\s*\}", spot.rest)
    value = empty[0] if empty else spot.rest[0] + "..." + {"[": "]", "{": "}"}[spot.rest[0]]
    message = "a list or a map cannot follow the ':' of a filter"
    return spot.here(message, f"write `{before[1]}({value})`", len(empty[0]) if empty else 1)


def _after_filter(spot: _Spot) -> SyntaxProblem | None:
    """`x | first.name` and `xs | sort[0]`."""
    if not spot.has_value or spot.rest[:1] not in (".", "["):
        return None
    message = f"'{spot.rest[0]}' cannot follow a filter"
    return spot.here(message, "put the filtered value in parentheses: `(value | filter).field`")


def _missing_word(spot: _Spot) -> SyntaxProblem | None:
    """A filter or a field that is missing."""
    if spot.kind == "PIPE":
        if not spot.rest or spot.rest[0] in ")]},:|":
            return spot.before("a filter is missing after '|'", "such as `| upper`")
        return spot.here("the name of a filter must follow '|'", "such as `| upper`")
    if spot.kind == "DOT":
        digits = re.match(r"\d+", spot.rest)
        if digits is not None:
            hint = f"write `[{digits[0]}]` for an element"
            return spot.here("a field is not a number", hint, digits.end())
        string = re.match(r"'[^']*'|\"[^\"]*\"", spot.rest)
        if string is not None:
            hint = f"write `[{string[0]}]` without the point"
            return spot.here("a field after '.' has no quotes", hint, string.end())
        return spot.before("the name of a field is missing after '.'", "such as `value.name`")
    return None


def _keyword(spot: _Spot) -> SyntaxProblem | None:
    """`not` after an operator, `is`, comprehensions, capital keywords and foreign operators."""
    word = spot.word
    if not word:
        return None
    if spot.wants_value and word == "not":
        return spot.here("'not' cannot follow an operator", "put it in parentheses: `(not x)`")
    if spot.wants_value and word == "if" and not spot.tokens:
        return spot.here("'if' stands between two values", "write `a if condition else b`")
    if not spot.has_value:
        return None
    if word == "is" and (found := is_hint(spot.text, spot.stop)) is not None:
        end, hint = found
        return SyntaxProblem(spot.stop, end, "'is' is not an operator", hint)
    if word == "for":
        hint = "use `| map:field` or `| where:field:value`, or a `for` step"
        return spot.here("there are no comprehensions", hint)
    if word.lower() in _KEYWORDS and word not in _KEYWORDS:
        return spot.here(f"'{word}' is not an operator", f"write '{word.lower()}'")
    if word.lower() in OPERATOR_WORDS:
        hint = f"write '{OPERATOR_WORDS[word.lower()]}'"
        return spot.here(f"'{word}' is not an operator", hint)
    if word in ("contains", "has", "includes"):
        return spot.here(f"'{word}' is not an operator", "write `part in whole`")
    if word == "then":
        return spot.here("'then' is not an operator", "write `a if condition else b`")
    return None


def _not_in(spot: _Spot) -> SyntaxProblem | None:
    if spot.kind == "NOT" and spot.accepted == {"IN"}:
        return spot.before("between two values 'not' needs an 'in' after it", "write `a not in b`")
    return None


def _key(spot: _Spot) -> SyntaxProblem | None:
    """Mistakes in the pairs of a map."""
    if spot.accepted == {"COLON"}:
        message = f"the key {spot.last} has no value"
        return spot.before(message, f"write `{spot.last}: value`")
    if spot.rest.startswith("%"):
        return None
    if spot.kind in ("LBRACE", "COMMA") and "NAME" not in spot.accepted and spot.rest:
        if "WORD" not in spot.accepted or spot.rest[0] in ")]":
            return None
        return spot.here("a key of a map is a name or a string", "such as `{name: 1, 'a b': 2}`")
    return None


def _missing_value(spot: _Spot) -> SyntaxProblem | None:
    if not spot.wants_value or "WORD" in spot.accepted:
        return None
    ends = not spot.rest or spot.rest[0] in ")]},:" or spot.rest.startswith(">>")
    keyword = spot.word if spot.word in _KEYWORDS else ""
    operator = re.match(r"//|[=!<>]=|[+*/%<>|]", spot.rest)
    follows = keyword or (operator[0] if operator else "")
    if not ends and not follows:
        return None
    if spot.kind in _BEFORE_VALUE:
        hint = f"add one, or remove the '{spot.last}'"
        return spot.before(f"a value is missing after '{spot.last}'", hint)
    if not ends:
        hint = f"add one, or remove the '{follows}'"
        return spot.here(f"a value is missing before '{follows}'", hint, len(follows))
    if not spot.rest:
        return None
    if spot.kind in _CLOSER and spot.rest.startswith(_CLOSER[spot.kind]):
        what = "an index is" if spot.kind == "LSQB" else "an expression is"
        end = spot.stop + len(_CLOSER[spot.kind])
        return SyntaxProblem(spot.last_start, end, f"{what} missing in these brackets", "")
    if spot.rest[0] == "," or spot.kind in ("COMMA", "COLON"):
        return spot.here("a value is missing here", "")
    return None


def _brackets(spot: _Spot) -> SyntaxProblem | None:
    opened = spot.opened
    if not spot.rest:
        if "ELSE" in spot.accepted and END not in spot.accepted and _open_if(spot) is not None:
            return _open_if(spot)
        if not opened:
            return None
        kind, written, start, end = opened[-1]
        return SyntaxProblem(
            start, end, f"this '{written}' is not closed", f"add '{_CLOSER[kind]}'"
        )
    closer = spot.rest[0]
    if closer not in ")]}":
        return None
    if not opened:
        return spot.here(f"this '{closer}' closes nothing", "remove it, or add what it closes")
    kind, written, _, _ = opened[-1]
    if _CLOSER[kind] == closer and "ELSE" in spot.accepted:
        return _open_if(spot)
    if _CLOSER[kind][0] == closer:
        hint = f"write '{_CLOSER[kind]}' without a space in it"
        return spot.here(f"'{written}' is closed by '{_CLOSER[kind]}'", hint)
    return spot.here(f"'{closer}' does not close '{written}'", f"add '{_CLOSER[kind]}' before it")


def _open_if(spot: _Spot) -> SyntaxProblem | None:
    """The last `if` if the parser waits for its `else`."""
    if "ELSE" not in spot.accepted:
        return None
    for kind, _, start, end in reversed(spot.tokens):
        if kind == "IF":
            return SyntaxProblem(start, end, "this 'if' has no 'else'", "add `else ''`")
    return None


def _punctuation(spot: _Spot) -> SyntaxProblem | None:
    if not spot.has_value:
        return None
    if spot.rest[:1] == ",":
        return spot.here("one expression is expected, and no list", "a list is `[a, b]`")
    if spot.rest[:1] == ":":
        colons = [kind for kind, *_ in spot.tokens if kind == "COLON"]
        if spot.opened and spot.opened[-1][0] == "LSQB" and colons:
            return spot.here("a slice has no step", "write `value[start:end]`")
        if len(spot.tokens) == 1 and spot.kind in ("NAME", "STRING"):
            return spot.here("a map needs braces of its own", "write `{key: value}` in the hole")
        return spot.here("a ':' cannot stand here", "it belongs to slices, maps and filters")
    return None


def _two_operands(spot: _Spot) -> SyntaxProblem | None:
    if not spot.has_value or not spot.rest or spot.word in _KEYWORDS:
        return None
    if not (spot.word or spot.rest[0].isdigit() or spot.rest[0] in "'\"[({"):
        return None
    run = _RUN.match(spot.rest)
    shown = run[0] if run else spot.rest[0]
    hint = "join values with an operator such as '+'; a text stands in quotes"
    return spot.here(f"an operator is missing before '{shown}'", hint, len(shown))


_RULES: Final[tuple[Callable[[_Spot], SyntaxProblem | None], ...]] = (
    _empty,
    _argument_without_colon,
    _string,
    _after_string,
    _number,
    _key,
    _symbol,
    _argument,
    _call,
    _missing_word,
    _keyword,
    _not_in,
    _missing_value,
    _brackets,
    _punctuation,
    _bracket_argument,
    _after_filter,
    _two_operands,
)
