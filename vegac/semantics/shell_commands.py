"""What is known of the commands in shell scripts: which of their arguments are code."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from vegac.semantics.shell_tables import (
    ANY_ARGUMENT,
    CODE_FILE,
    CODE_LETTERS,
    CODE_OPTION,
    GIT_CODE,
    IGNORE_DOUBLE_DASH,
    INTERPRETER_OPTION,
    KNOWN,
    RUN_THEIR_INPUT,
    SAME_AS,
    SCRIPT_FIRST,
    SHELLS,
    TAKE_AN_ARGUMENT,
    TEST_OPERATORS,
    WRAPPERS,
)


class Hole(msgspec.Struct, frozen=True):
    """A hole of a script. `index` counts from 0; `glob` leaves patterns to the shell."""

    index: int
    name: str = ""
    glob: bool = False


class _Dynamic(msgspec.Struct, frozen=True):
    """What the shell itself fills in."""


DYNAMIC: Final = _Dynamic()


class Word(msgspec.Struct):
    """A word as the command gets it: literal text without quotes, holes, and the unknown."""

    pieces: "list[str | Hole | _Dynamic]"
    quoted: bool = False

    def add(self, text: str) -> None:
        last = self.pieces[-1] if self.pieces else None
        if isinstance(last, str):
            self.pieces[-1] = last + text
        else:
            self.pieces.append(text)

    def literal(self) -> str | None:
        """The text of a word that is known as a whole."""
        if all(isinstance(piece, str) for piece in self.pieces):
            return "".join(piece for piece in self.pieces if isinstance(piece, str))
        return None

    def start(self) -> str:
        """The known text at the start of the word."""
        first = self.pieces[0] if self.pieces else ""
        return first if isinstance(first, str) else ""

    def holes(self) -> list[Hole]:
        return [piece for piece in self.pieces if isinstance(piece, Hole)]


class Command(msgspec.Struct):
    """A simple command: its name and arguments, and whether a pipe leads into it."""

    words: list[Word]
    piped: bool = False


class Finding(msgspec.Struct):
    """What an examination found.

    `runs_input` names the command if it runs what it reads as code. `guard` and `never_empty`
    are indexes of holes at the start of a word.
    """

    problems: list[tuple[Hole, str]] = msgspec.field(default_factory=list[tuple[Hole, str]])
    runs_input: str | None = None
    guard: set[int] = msgspec.field(default_factory=set[int])
    never_empty: set[int] = msgspec.field(default_factory=set[int])
    names: list[str] = msgspec.field(default_factory=list[str])


def examine(command: Command) -> Finding:
    """Find the holes of a command that a value could make into code, and those to guard."""
    finding = Finding()
    _examine(command.words, finding, depth=0)
    for hole_index in argument_guard(command.words):
        finding.guard.add(hole_index)
    finding.never_empty |= _never_empty(command.words)
    return finding


def splits_input(command: Command) -> bool:
    """Whether a command is `xargs`, which makes arguments of what it reads."""
    return any(_name(word) == "xargs" for word in command.words)


def writes_arguments(command: Command) -> bool:
    """Whether a command prints its arguments or the file that they name."""
    return bool(command.words) and _name(command.words[0]) in ("echo", "printf", "cat")


def _name(word: Word) -> str | None:
    """The bare name of a command, without its folder and version; None where it is not known."""
    literal = word.literal()
    if literal is None:
        return None
    base = literal.rpartition("/")[2].removesuffix(".exe")
    if base in KNOWN:
        return SAME_AS.get(base, base)
    versionless = re.sub(r"[-\d.]+$", "", base)
    return SAME_AS.get(versionless, versionless) if versionless in KNOWN else base


def _flag(finding: Finding, words: Sequence[Word], reason: str) -> None:
    finding.problems += [(hole, reason) for word in words for hole in word.holes()]


def _examine(words: Sequence[Word], finding: Finding, depth: int) -> None:
    if not words:
        return
    first, rest = words[0], words[1:]
    if first.holes():
        _flag(finding, words, "as the name of a command")
        return
    name = _name(first)
    if name is None:
        _flag(finding, rest, "as an argument of a command whose name is not known")
        return
    finding.names.append(first.literal() or "")
    if name in ANY_ARGUMENT:
        _flag(finding, rest, f"as an argument of {name}, which may run it")
        if name in RUN_THEIR_INPUT:
            finding.runs_input = name
    elif name in CODE_LETTERS:
        _interpreter(name, rest, finding)
    elif name in SCRIPT_FIRST:
        _script_first(name, rest, finding)
    elif name in WRAPPERS:
        _wrapper(name, words, finding, depth)
    elif name == "find":
        _find(rest, finding, depth)
    elif name in ("test", "["):
        if any(word.literal() in TEST_OPERATORS for word in rest):
            _flag(finding, rest, "in a comparison that some shells evaluate")
    elif name == "git":
        _git(rest, finding)
    else:
        _other(rest, finding)
    _code_options(name, rest, finding)


def _interpreter(name: str, rest: Sequence[Word], finding: Finding) -> None:
    """A shell, Python and the like: code by option, else the first operand is a file of code."""
    letters = CODE_LETTERS[name]
    script = f"in the script of {name}"
    operand = code = settled = False
    previous = ""
    for word in rest:
        start = word.start()
        literal = word.literal()
        if start[:1] in ("-", "+") and start not in ("-", "--"):
            if not settled and _is_code_option(start, letters):
                code = True
            if code or not settled:
                _flag(finding, [word], script)
        elif start == "-" and literal == "-":
            code = code or not operand
        elif literal != "--":
            if code or not operand:
                _flag(finding, [word], script)
            if TAKE_AN_ARGUMENT.fullmatch(previous) is None:
                operand = True
                # Only what is surely the file of code ends the options of the interpreter.
                if name not in SHELLS and not previous.startswith("-"):
                    settled = CODE_FILE.match(start) is not None
        previous = literal or ""
    if not operand:
        finding.runs_input = name


def _is_code_option(option: str, letters: str) -> bool:
    if INTERPRETER_OPTION.match(option) or CODE_OPTION.match(option):
        return True
    return not option.startswith("--") and any(letter in letters for letter in option[1:])


def _script_first(name: str, rest: Sequence[Word], finding: Finding) -> None:
    """awk, sed, jq: the first operand is code, unless an option gave it."""
    options = SCRIPT_FIRST[name]
    reason = f"in the script of {name}"
    scripts: list[str] = []
    taking: int | None = None  # as in the table: what the next word is
    for word in rest:
        start, literal = word.start(), word.literal()
        if taking is not None:
            if taking <= 0:
                _flag(finding, [word], reason)
                if taking == 0:
                    scripts.append(literal or "")
            taking = taking - 1 if taking > 1 else None
        elif start.startswith("-") and start != "-":
            short = start[:2] if not start.startswith("--") else start.partition("=")[0]
            if literal is not None and literal in options:
                taking = options[literal]
            elif short in options and (short != start or word.holes()):
                if options[short] <= 0 or len(start) < 3:
                    _flag(finding, [word], reason)
                if options[short] == 0:
                    scripts.append(start)
            elif word.holes():
                _flag(finding, [word], reason)
            elif not start.startswith("--") and options.get(f"-{start[-1]}", 1) == 0:
                taking = 0  # a cluster such as `-ne`
        elif not scripts:
            _flag(finding, [word], reason)
            scripts.append(literal or "")
    if name == "awk" and re.search(r"system|\||getline|@load|@include", "\n".join(scripts)):
        _flag(finding, rest, "as a value of an awk script that runs commands")


def _git(rest: Sequence[Word], finding: Finding) -> None:
    """Aliases, filters and configuration of git are commands; so the subcommand must be known."""
    subcommand = next((word for word in rest if not word.start().startswith("-")), None)
    if any(word.literal() in GIT_CODE for word in rest) or (subcommand and subcommand.holes()):
        _flag(finding, rest, "as an argument of git, which may run it")


def _wrapper(name: str, words: Sequence[Word], finding: Finding, depth: int) -> None:
    """`env`, `sudo`, `timeout` and the like: what comes after their own arguments is a command."""
    start = _command_after(name, words)
    _flag(finding, words[1 : start + 1], f"where {name} finds the command")
    if depth > 8:
        _flag(finding, words, "in a command within many others")
        return
    _examine(words[start:], finding, depth + 1)
    # An option's argument may have passed for the command: whatever is known counts too.
    for index in range(1, len(words)):
        if index != start and _name(words[index]) in KNOWN:
            inner = Finding()
            _examine(words[index:], inner, depth + 1)
            finding.problems += inner.problems
    if name == "env" and any(
        re.match(r"-\w*S|--split-string", word.start()) for word in words[1:start]
    ):
        _flag(finding, words, "in what env splits into words")


def _command_after(name: str, words: Sequence[Word]) -> int:
    options, operands = WRAPPERS[name]
    index = 1
    while index < len(words):
        start = words[index].start()
        if start == "--":
            index += 1
            break
        if re.match(r"[A-Za-z_]\w*=", start) and name in ("env", "sudo", "doas"):
            index += 1
        elif start.startswith("-"):
            takes = not start.startswith("--") and start[-1:] in options and len(start) > 1
            index += 2 if takes else 1
        else:
            break
    return min(index + operands, len(words))


def _find(rest: Sequence[Word], finding: Finding, depth: int) -> None:
    index = 0
    while index < len(rest):
        if rest[index].literal() in ("-exec", "-execdir", "-ok", "-okdir"):
            end = index + 1
            while end < len(rest) and rest[end].literal() not in (";", "+"):
                end += 1
            nested = rest[index + 1 : end]
            if any(word.literal() == "{}" for word in nested[:1]):
                _flag(finding, nested, "as an argument of a command whose name is not known")
            else:
                inner = Finding()
                _examine(nested, inner, depth + 1)
                finding.problems += inner.problems
                finding.names += inner.names
            index = end
        index += 1


def _other(rest: Sequence[Word], finding: Finding) -> None:
    """Any other command may start an interpreter too: `docker exec box sh -c ...`."""
    for index, word in enumerate(rest):
        name = _name(word)
        letters = CODE_LETTERS.get(name or "")
        if name is None or letters is None:
            continue
        if any(
            later.start().startswith("-") and _is_code_option(later.start(), letters)
            for later in rest[index + 1 :]
        ):
            inner = Finding()
            _interpreter(name, rest[index + 1 :], inner)
            finding.problems += inner.problems


def _code_options(name: str, rest: Sequence[Word], finding: Finding) -> None:
    """Options that take a command, whatever they belong to: `tar --to-command=...`."""
    previous = ""
    for word in rest:
        if word.holes() and (
            CODE_OPTION.fullmatch(previous)
            or CODE_OPTION.match(word.start())
            or (name == "tar" and re.match(r"-?\w*[IF]", previous or word.start()))
        ):
            _flag(finding, [word], "as an argument of an option that may run it")
        previous = word.literal() or ""


def _innermost(words: Sequence[Word]) -> int:
    """Where the arguments of the command that gets them start, past `env`, `sudo` and so on."""
    index = 0
    while index < len(words):
        name = _name(words[index])
        if name is None or name not in WRAPPERS:
            break
        index += _command_after(name, words[index:])
    return index


def argument_guard(words: Sequence[Word]) -> set[int]:
    """The holes at the start of a word that the command could take for an option."""
    start = _innermost(words)
    ignored = start < len(words) and _name(words[start]) in IGNORE_DOUBLE_DASH
    guard: set[int] = set()
    for index, word in enumerate(words):
        if index > start and word.literal() == "--" and not ignored:
            break
        guard |= {hole.index for hole in _leading(word)}
    return guard


def _leading(word: Word) -> Iterator[Hole]:
    """The holes that may make the first character of a word."""
    for piece in word.pieces:
        if isinstance(piece, Hole):
            yield piece
        elif isinstance(piece, str) and piece:
            return


def _never_empty(words: Sequence[Word]) -> set[int]:
    """Holes that, left empty, would make a literal `-` the start of their word."""
    result: set[int] = set()
    for word in words[1:]:
        pieces = word.pieces
        if pieces and isinstance(pieces[0], Hole):
            text = next((piece for piece in pieces if isinstance(piece, str) and piece), "")
            if text.startswith("-"):
                result.add(pieces[0].index)
    return result
