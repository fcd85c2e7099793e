"""Shell text with holes, prepared so that no value can become code.

Each hole becomes a variable in quotes that fit its place, as a prepared statement has it; the
values travel in the environment. A hole where no quoting helps (inside `$(...)`, in the script of
another interpreter, as the name of a command, ...) is a problem. Where this small reader is in
doubt, so is every hole.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from vegac.semantics.shell_commands import (
    DYNAMIC,
    Command,
    Hole,
    Word,
    argument_guard,
    examine,
    splits_input,
    writes_arguments,
)

__all__ = ["Hole", "Prepared", "PreparedArgv", "prepare_argv", "prepare_shell"]


class Prepared(msgspec.Struct, frozen=True):
    """A script that is safe to run if there are no problems.

    `variables` are pairs of a variable's name and the index of its hole. At run time a value of
    `options_guard` must not start with `-`, one of `never_empty` must not be empty; those in
    `globs` are unquoted. `commands` are the names of the commands, `problems` pairs of a hole's
    index and where it stands.
    """

    script: str
    variables: tuple[tuple[str, int], ...] = ()
    options_guard: tuple[str, ...] = ()
    never_empty: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    problems: tuple[tuple[int, str], ...] = ()


class PreparedArgv(msgspec.Struct, frozen=True):
    """A command as a list: the indexes of words that must not start with `-`, and problems."""

    options_guard: tuple[int, ...] = ()
    problems: tuple[tuple[int, str], ...] = ()


def prepare_shell(parts: Sequence[str | Hole]) -> Prepared:
    """Put quoted variables in place of the holes of a script for a POSIX shell."""
    reader = _Reader(parts)
    tokens = list(reader.tokens())
    problems = dict(reader.problems)
    parser = _Parser(tokens)
    commands = parser.commands()
    names: list[str] = []
    guard: set[int] = set()
    never_empty: set[int] = set()
    before: list[Hole] = []
    printed: list[Hole] = []
    for command in commands:
        finding = examine(command)
        for hole, reason in finding.problems:
            problems.setdefault(hole.index, reason)
        if finding.runs_input is not None:
            for hole in before:
                problems.setdefault(hole.index, f"in what {finding.runs_input} may run as code")
        if command.piped and splits_input(command):
            for hole in printed:
                problems.setdefault(hole.index, "in what xargs splits into arguments")
        inside = [hole for word in command.words for hole in word.holes()]
        before += inside
        printed += inside if writes_arguments(command) else ()
        guard |= finding.guard
        never_empty |= finding.never_empty
        names += finding.names
    for hole, reason in parser.problems:
        problems.setdefault(hole.index, reason)
    holes = sorted((p for p in parts if isinstance(p, Hole)), key=lambda hole: hole.index)
    if doubt := reader.doubt or parser.doubt:
        for hole in holes:
            problems.setdefault(hole.index, f"in a script that is hard to read safely ({doubt})")
    return Prepared(
        "".join(reader.out),
        tuple((_variable(hole), hole.index) for hole in holes),
        tuple(_variable(hole) for hole in holes if hole.index in guard),
        tuple(_variable(hole) for hole in holes if hole.index in never_empty),
        tuple(_variable(hole) for hole in holes if hole.index in reader.unquoted),
        tuple(dict.fromkeys(names)),
        tuple(sorted(problems.items())),
    )


def prepare_argv(words: Sequence[Sequence[str | Hole]]) -> PreparedArgv:
    """Find the holes of a command's words that no value is safe for.

    There is no shell, but `["bash", "-c", hole]` is as bad as with one.
    """
    command = Command([Word([piece for piece in word if piece != ""]) for word in words])
    finding = examine(command)
    guard = argument_guard(command.words)
    return PreparedArgv(
        tuple(
            index
            for index, word in enumerate(command.words)
            if any(hole.index in guard for hole in word.holes())
        ),
        tuple(sorted((hole.index, reason) for hole, reason in finding.problems)),
    )


def _variable(hole: Hole) -> str:
    return f"VEGA_{hole.index + 1}"


_OPERATORS = (
    *(";;&", "<<<", "<<-", "&>>", "&&", "||", "|&", ";;", ";&", "<<", "<&", ">&", ">>", ">|"),
    *("<>", "&>", "<(", ">(", ";", "&", "|", "(", ")", "<", ">"),
)
_NAME = re.compile(r"[A-Za-z0-9_]")
_HARD_INSIDE = re.compile(r"\bcase\b|<<|(?:^|[\s;&|(])#")


class _Operator(msgspec.Struct, frozen=True):
    text: str


class _Reader:
    """Splits a script into words and operators, writing the safe script on the way."""

    def __init__(self, parts: Sequence[str | Hole]) -> None:
        self._items: list[str | Hole] = []
        for part in parts:
            self._items.extend(part if isinstance(part, str) else (part,))
        self._at = 0
        self.out: list[str] = []
        self.problems: dict[int, str] = {}
        self.unquoted: set[int] = set()
        self.doubt = ""

    def tokens(self) -> Iterator[Word | _Operator]:
        while (item := self._peek()) is not None:
            if item == "\n":
                self._take()
                yield _Operator("\n")
            elif isinstance(item, str) and item.isspace():
                self._take()
            elif item == "#":
                self._comment()
            elif (operator := self._operator()) is not None:
                if operator.startswith("<<"):
                    self._in_doubt("a here-document")
                elif operator in ("<(", ">("):
                    self._in_doubt("a process substitution")
                yield _Operator(operator)
            else:
                start = len(self.out)
                word = self._word()
                raw = "".join(self.out[start:])
                # The number of a redirection, as in `2>file`, is no word.
                if not (raw.isdecimal() and self._peek() in ("<", ">")):
                    yield word

    def _peek(self, ahead: int = 0) -> str | Hole | None:
        at = self._at + ahead
        return self._items[at] if at < len(self._items) else None

    def _take(self) -> str:
        """Copy the next character; a hole is copied as its bare variable, which others judge."""
        item = self._items[self._at]
        self._at += 1
        text = item if isinstance(item, str) else f"${_variable(item)}"
        self.out.append(text)
        return text

    def _in_doubt(self, why: str) -> None:
        self.doubt = self.doubt or why

    def _bad(self, hole: Hole, where: str) -> None:
        self.problems.setdefault(hole.index, where)

    def _operator(self) -> str | None:
        for operator in _OPERATORS:
            if all(self._peek(i) == character for i, character in enumerate(operator)):
                for _ in operator:
                    self._take()
                return operator
        return None

    def _comment(self) -> None:
        while (item := self._peek()) is not None and item != "\n":
            if isinstance(item, Hole):
                self._at += 1  # whatever it holds, nobody reads it
            else:
                self._take()

    def _word(self) -> Word:
        word = Word([])
        while (item := self._peek()) is not None:
            if isinstance(item, Hole):
                self._bare(item)
                word.pieces.append(item)
            elif item.isspace() or item in ";&|()<>":
                break
            elif item == "\\":
                self._escape(word)
            elif item == "'":
                self._single(word)
            elif item == '"':
                self._double(word)
            elif item == "`":
                self._backticks(word)
            elif item == "$":
                self._dollar(word, in_quotes=False)
            else:
                word.add(self._take())
        return word

    def _bare(self, hole: Hole) -> None:
        self._at += 1
        name = _variable(hole)
        if hole.glob:
            self.unquoted.add(hole.index)
            self.out.append(f"${{{name}}}")
        else:
            self.out.append(f'"${name}"')

    def _escape(self, word: Word) -> None:
        word.quoted = True
        self._take()
        item = self._peek()
        if isinstance(item, Hole):
            self._bad(item, "after a backslash")
        elif item == "\n":
            self._take()
        elif item is not None:
            word.add(self._take())

    def _single(self, word: Word) -> None:
        word.quoted = True
        self._take()
        while (item := self._peek()) != "'":
            if item is None:
                return self._in_doubt("a quote that is not closed")
            if isinstance(item, Hole):
                self._at += 1
                self.out.append(f"'\"${_variable(item)}\"'")
                word.pieces.append(item)
            else:
                word.add(self._take())
        self._take()
        return None

    def _double(self, word: Word) -> None:
        word.quoted = True
        self._take()
        while (item := self._peek()) != '"':
            if item is None:
                return self._in_doubt("a quote that is not closed")
            if isinstance(item, Hole):
                self._at += 1
                self.out.append(f"${{{_variable(item)}}}")
                word.pieces.append(item)
            elif item == "\\":
                self._take()
                following = self._peek()
                if isinstance(following, Hole):
                    self._bad(following, "after a backslash")
                elif following is not None:
                    special = following in '$`"\\\n'
                    text = self._take()
                    word.add(text if special else f"\\{text}")
            elif item == "`":
                self._backticks(word)
            elif item == "$":
                self._dollar(word, in_quotes=True)
            else:
                word.add(self._take())
        self._take()
        return None

    def _dollar(self, word: Word, *, in_quotes: bool) -> None:
        self._take()
        item = self._peek()
        if isinstance(item, Hole):
            self._bad(item, "directly after '$'")
        elif item == "(":
            arithmetic = self._peek(1) == "("
            self._nested(")", "inside $((...))" if arithmetic else "inside $(...)")
        elif item == "{":
            self._nested("}", "inside ${...}")
        elif item == "'" and not in_quotes:
            self._in_doubt("$'...', which shells read differently")
        elif item is not None and _NAME.match(item):
            while isinstance(item := self._peek(), str) and _NAME.match(item):
                self._take()
        elif item is not None and item in "@*#?-$!":
            self._take()
        elif item != '"' or in_quotes:
            word.add("$")
            return
        word.pieces.append(DYNAMIC)

    def _backticks(self, word: Word) -> None:
        self._take()
        while (item := self._peek()) != "`":
            if item is None:
                return self._in_doubt("a backtick that is not closed")
            if isinstance(item, Hole):
                self._bad(item, "inside backticks")
            elif item == "\\" and self._peek(1) is not None:
                self._take()
                if isinstance(following := self._peek(), Hole):
                    self._bad(following, "inside backticks")
            self._take()
        self._take()
        word.pieces.append(DYNAMIC)
        return None

    def _nested(self, close: str, where: str) -> None:
        """Copy a bracket up to its end, whose holes are all bad."""
        start = len(self.out)
        opening = "(" if close == ")" else "{"
        depth, quote = 0, ""
        while True:
            item = self._peek()
            if item is None:
                return self._in_doubt("a bracket that is not closed")
            if isinstance(item, Hole):
                self._bad(item, where)
            elif item == "\\" and quote != "'" and self._peek(1) is not None:
                self._take()
                if isinstance(following := self._peek(), Hole):
                    self._bad(following, where)
            elif quote:
                quote = "" if item == quote else quote
                if quote == '"' and item in "`$":
                    self._in_doubt("quotes within brackets")
            elif item in "'\"`":
                quote = item
                if close == "}":
                    self._in_doubt("quotes within ${...}")
            elif item == opening:
                depth += 1
            elif item == close:
                depth -= 1
            self._take()
            if depth == 0:
                break
        if close == ")" and _HARD_INSIDE.search("".join(self.out[start:])):
            self._in_doubt("a hard script within $(...)")
        return None


_ENDS = frozenset((";", "&", "&&", "||", "|", "|&", "\n", "(", ")"))
_REDIRECTIONS = frozenset(("<", ">", ">>", ">|", "<>", "<&", ">&", "&>", "&>>", "<<<", "<<", "<<-"))
_TO_FILES = frozenset((">", ">>", ">|"))
"""Those after which a quoted value is the name of a file and nothing else."""
_KEYWORDS = frozenset(
    ("!", "{", "}", "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "time")
)
_HARD_KEYWORDS = frozenset(("case", "select", "function", "coproc", "[[", "esac"))
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=")


class _Parser:
    """Finds the simple commands in a script, all that are, whatever surrounds them."""

    def __init__(self, tokens: Sequence[Word | _Operator]) -> None:
        self._tokens = tokens
        self.problems: list[tuple[Hole, str]] = []
        self.doubt = ""

    def commands(self) -> list[Command]:
        found: list[Command] = []
        current = Command([])
        redirecting = to_file = in_for = False
        previous = ""
        for token in self._tokens:
            if isinstance(token, _Operator):
                redirecting = token.text in _REDIRECTIONS
                to_file = token.text in _TO_FILES
                if token.text == "(" and (current.words or previous == "("):
                    self._in_doubt("a function or arithmetic")
                elif token.text.startswith(";;") or token.text == ";&":
                    self._in_doubt("a case")
                if token.text in _ENDS or token.text.startswith(";"):
                    if current.words:
                        found.append(current)
                    current = Command([], piped=token.text in ("|", "|&"))
                    in_for = False
                previous = token.text
                continue
            previous = ""
            if redirecting:
                if not to_file:
                    self._bad(token, "as the target of a redirection")
                redirecting = False
            elif in_for:
                self._bad(token, "in the list of a for loop")
            elif current.words or not self._before_command(token):
                current.words.append(token)
            elif token.literal() == "for":
                in_for = True
        if current.words:
            found.append(current)
        return found

    def _before_command(self, word: Word) -> bool:
        """Whether a word where a command may start is something else."""
        literal = None if word.quoted else word.literal()
        if literal in _HARD_KEYWORDS:
            self._in_doubt(f"'{literal}'")
        first = word.pieces[0] if word.pieces else ""
        if isinstance(first, str) and _ASSIGNMENT.match(first):
            self._bad(word, "in an assignment")
            return True
        return literal in _KEYWORDS or literal == "for"

    def _bad(self, word: Word, where: str) -> None:
        self.problems += [(hole, where) for hole in word.holes()]

    def _in_doubt(self, why: str) -> None:
        self.doubt = self.doubt or why
