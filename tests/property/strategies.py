"""Values and expressions at random, mostly of fitting types."""

import string as ascii_
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def examples(count: int) -> settings:
    """The settings of a property that is tried on so many examples."""
    # Without `Phase.explain`, which traces every line and takes minutes.
    phases = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
    return settings(max_examples=count, deadline=None, suppress_health_check=CHECKS, phases=phases)


# --- values ---------------------------------------------------------------------------------------

LETTERS = "abcAB019 .,-_'\"\\{}[]()<>|:#%/\n\tßéİ漢😀٣ǆ\u00a0\u0301"
STRINGS = st.text(LETTERS, max_size=8) | st.sampled_from(
    ("", "a", "3", "-4", "2.5", "1e3", " 7 ", "true", "no", "a,b,c", "one two", "[1, 2]")
)
INTEGERS = st.integers(-9, 9) | st.sampled_from((0, 1, 10**18, -(2**63), 255))
FLOATS = st.sampled_from((0.0, -0.0, 1.0, 0.5, -2.5, 3.14159, 1e22, 1e-7, 100.0)) | st.floats(
    -1e6, 1e6, allow_subnormal=False
)
NUMBERS = INTEGERS | FLOATS
KEYS = st.sampled_from(("k", "name", "n", "ok", "a b", "é", "deep"))
SCALARS = STRINGS | NUMBERS | st.booleans() | st.none()
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
COLOURS = ("red", "green", "light blue")

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": STRINGS,
    "integer": INTEGERS,
    "number": NUMBERS,
    "boolean": st.booleans(),
    "any": ANYTHING,
    "array": st.lists(ANYTHING, max_size=3),
    "object": st.dictionaries(KEYS, ANYTHING, max_size=4),
    "list[string]": st.lists(STRINGS, max_size=4),
    "list[integer]": st.lists(INTEGERS, max_size=4),
    "list[number]": st.lists(NUMBERS, max_size=4),
    "list[object]": st.lists(st.dictionaries(KEYS, SCALARS, max_size=4), max_size=3),
    "list[list[integer]]": st.lists(st.lists(INTEGERS, max_size=3), max_size=3),
    "map[string]": st.dictionaries(KEYS, STRINGS, max_size=4),
    "map[integer]": st.dictionaries(KEYS, INTEGERS, max_size=4),
    "enum": st.sampled_from(COLOURS),
    "string?": st.none() | STRINGS,
    "integer?": st.none() | INTEGERS,
    "list[string]?": st.none() | st.lists(STRINGS, max_size=3),
}

VARIABLES: dict[str, str] = {
    "s": "string",
    "t": "string",
    "i": "integer",
    "j": "integer",
    "x": "number",
    "y": "number",
    "b": "boolean",
    "e": "enum",
    "q": "string?",
    "h": "integer?",
    "lq": "list[string]?",
    "ls": "list[string]",
    "li": "list[integer]",
    "ln": "list[number]",
    "lo": "list[object]",
    "ll": "list[list[integer]]",
    "ms": "map[string]",
    "mi": "map[integer]",
    "o": "object",
    "xs": "array",
    "v": "any",
    "w": "any",
}
"""The variables of expressions, with the types that a workflow declares for them."""


def declaration(type_: str) -> dict[str, Any] | str:
    """A type as a workflow declares it."""
    if type_ == "enum":
        return {"type": "string", "enum": list(COLOURS)}
    if type_.endswith("?"):
        return {"type": type_[:-1], "required": False}
    return type_


@st.composite
def environments(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """A value of its declared type for each of the variables."""
    return {name: draw(VALUES[VARIABLES[name]]) for name in names}


def quoted(value: str) -> str:
    """A string as an expression."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
    return '"' + "".join(escapes.get(char, char) for char in value) + '"'


def literal(value: Any) -> str:
    """A value as an expression."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case int() | float():
            return f"({value!r})" if repr(value).startswith("-") else repr(value)
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case dict():
            entries = (f"{quoted(key)}: {literal(item)}" for key, item in value.items())
            return "{" + ", ".join(entries) + "}"
        case _:
            raise AssertionError(value)


# --- expressions ----------------------------------------------------------------------------------

TYPES = (
    "string",
    "integer",
    "number",
    "boolean",
    "list[string]",
    "list[integer]",
    "list[number]",
    "list[object]",
    "list[list[integer]]",
    "map[string]",
    "map[integer]",
    "object",
    "array",
    "any",
)
_ELEMENTS = {
    "list[string]": "string",
    "list[integer]": "integer",
    "list[number]": "number",
    "list[object]": "object",
    "list[list[integer]]": "list[integer]",
    "array": "any",
    "map[string]": "string",
    "map[integer]": "integer",
    "object": "any",
}
_WORDS = ascii_.ascii_lowercase[:4]
_PATTERNS = ("[0-9]+", "a|b", "^a", "(.)(.)", "\\s", "(", "x*", "[^a-z]")
_CONDITIONS = ("", ">0", "<= 2.5", "==a", "!= null", "=='a'", " ", "<", "==true", ">b")
_TEXTS = (
    "[1, 2.5]",
    '{"k": [null, true]}',
    "```json\n[1]\n```",
    "{",
    "a: 1\nb: [x, 'y']",
    "- 1\n- no",
)


class Expressions:
    """Draws expressions, as text. One in `chaos` parts has a type at random."""

    def __init__(self, draw: st.DrawFn, chaos: int = 16) -> None:
        self.draw = draw
        self.chaos = chaos

    def below(self, count: int) -> int:
        return self.draw(st.integers(0, count - 1))

    def one_of(self, options: Any) -> Any:
        return options[self.below(len(options))]

    def of(self, want: str, depth: int) -> str:
        """An expression whose value is probably a `want`."""
        if self.below(self.chaos) == self.chaos - 1:
            want = self.one_of(TYPES)
        if depth <= 0 or self.below(5) == 0:
            return self.atom(want)
        made = self.compound(want, depth - 1)
        # A space: a bare argument takes a comma behind it for its own.
        return f"{made} " if self.below(3) == 0 else f"({made})"

    def atom(self, want: str) -> str:
        if self.below(5) == 0:
            return literal(self.draw(VALUES[want]))
        names = [name for name, type_ in VARIABLES.items() if fits(type_, want)]
        if not names:
            return literal(self.draw(VALUES[want]))
        name = self.one_of(names)
        return f"<<{name}>>" if self.below(20) == 0 else name

    def compound(self, want: str, depth: int) -> str:
        match self.below(10):
            case 0:
                return self.conditional(want, depth)
            case 1:
                return (
                    f"{self.part(want, depth)} {self.one_of(('and', 'or'))} {self.of(want, depth)}"
                )
            case 2:
                return self.defaulted(want, depth)
            case 3:
                return self.element(want, depth)
        match want:
            case "any":
                return self.compound(self.one_of(TYPES[:-1]), depth)
            case "string":
                return self.string(depth)
            case "integer" | "number":
                return self.number(want, depth)
            case "boolean":
                return self.boolean(depth)
            case "object" | "map[string]" | "map[integer]":
                return self.map(want, depth)
            case _:
                return self.list(want, depth)

    def part(self, want: str, depth: int) -> str:
        """An operand, in parentheses where that may matter."""
        return f"({self.of(want, depth)})"

    def conditional(self, want: str, depth: int) -> str:
        then, otherwise = self.of(want, depth), self.of(want, depth)
        return f"({then}) if {self.test(depth)} else ({otherwise})"

    def test(self, depth: int) -> str:
        """A condition, often one that says something of a variable's being null."""
        match self.below(6):
            case 0:
                return self.one_of(("q", "not q", "h != null", "lq", "q and h", "lq == null"))
            case 1:
                return f"({self.of(self.one_of(TYPES), depth)})"
            case _:
                return f"({self.of('boolean', depth)})"

    def defaulted(self, want: str, depth: int) -> str:
        receiver = self.chain() if self.below(2) else self.part(want, depth)
        if self.below(3) == 0:
            return f"{receiver} | default:({self.of(want, depth)})"
        return f"{receiver} | default({self.of(want, depth)})"

    def chain(self) -> str:
        """Fields and elements that may not be there."""
        chain = self.one_of(("o", "v", "ms", "mi", "xs", "lo", "ll", "ls", "s", "q", "nothing"))
        chain = chain.replace("nothing", "(null)")
        for _ in range(self.below(3) + 1):
            chain += self.one_of((".k", ".name", "[0]", "[-1]", "[7]", "['a b']", "[i]", "[s]"))
        return chain

    def element(self, want: str, depth: int) -> str:
        """A part of something larger."""
        holders = [holder for holder, inner in _ELEMENTS.items() if fits(inner, want)]
        if want == "string" and self.below(3) == 0:
            return f"{self.part('string', depth)}[{self.of('integer', depth)}]"
        if not holders:
            return self.chain()
        holder = self.one_of(holders)
        value = self.part(holder, depth)
        if holder.startswith(("list", "array")):
            if self.below(2):
                return f"{value} | {self.one_of(('first', 'last'))}"
            return f"{value}[{self.one_of(('0', '-1', '1', 'i', '-i'))}]"
        return value + self.one_of((".k", ".name", "['n']", "['a b']", "[s]"))

    # --- strings -------------------------------------------------------------------------------

    def string(self, depth: int) -> str:
        value = self.part("string", depth)
        match self.below(14):
            case 0 | 1:
                return f"{value} + {self.part('string', depth)}"
            case 2:
                return f"{self.of('any', depth)} | string"
            case 3 | 4:
                return f"{value} | {self.one_of(('upper', 'lower', 'trim', 'title', 'capitalize'))}"
            case 5:
                return f"{value}[{self.bounds(depth)}]"
            case 6:
                return f"{value} | replace({self.of('string', 0)}, {self.of('string', depth)})"
            case 7:
                return f"{value} | truncate:{self.below(6)}"
            case 8:
                kind = self.one_of(("list[string]", "list[number]", "array"))
                separator = self.one_of(("", "(', ')", ":-", ":1", f"({self.of('string', 0)})"))
                return f"{self.part(kind, depth)} | join{separator}"
            case 9:
                indent = self.one_of(("", "", ":2", ":0", "(i)"))
                return f"{self.part('any', depth)} | tojson{indent}"
            case 10:
                return f"{value} | {self.one_of(('slug', 'urlencode', 'reverse', 'first', 'last'))}"
            case 11:
                more = self.one_of(("", ":2", "(1, true)", "(i, b)"))
                return f"{value} | indent{more}"
            case 12:
                by = quoted(self.one_of(_PATTERNS))
                new = quoted(self.one_of(("-", "", "\\1", "[\\2]", "\\")))
                return f"{value} | regex_replace({by}, {new})"
            case _:
                return self.choice("string", depth)

    def bounds(self, depth: int) -> str:
        first = self.one_of(("", "0", "1", "-2", "(i)", f"({self.of('integer', depth)})"))
        last = self.one_of(("", "2", "-1", "(j)", "9", "null"))
        return f"{first}:{last}"

    def choice(self, want: str, depth: int) -> str:
        says = self.one_of(_CONDITIONS)
        then, otherwise = self.of(want, 0), self.of(want, depth)
        receiver = self.part(self.one_of(TYPES), depth)
        if self.below(4) == 0:
            return f"{receiver} | if({quoted(says)}, {then})"
        return f"{receiver} | if({quoted(says)}, {then}, {otherwise})"

    # --- numbers -------------------------------------------------------------------------------

    def number(self, want: str, depth: int) -> str:
        value = self.part(want, depth)
        match self.below(12):
            case 0 | 1 | 2:
                sign = self.one_of(("+", "-", "*", "//", "%"))
                return f"{value} {sign} {self.part(want, depth)}"
            case 3 if want == "number":
                return f"{value} / {self.part(want, depth)}"
            case 3 | 4:
                return f"-{value}"
            case 5:
                return f"{value} | abs"
            case 6:
                digits = "" if want == "integer" else self.one_of((":1", ":0", "(i)"))
                return f"{self.part('number', depth)} | round{digits}"
            case 7:
                counted = self.one_of(("string", "list[string]", "map[string]", "array"))
                return f"{self.part(counted, depth)} | length"
            case 8:
                return f"{self.part('string', depth)} | {self.one_of(('words', 'chars', 'lines'))}"
            case 9:
                kind = self.one_of(("string", "number", "boolean"))
                return f"{self.part(kind, depth)} | {'int' if want == 'integer' else 'float'}"
            case 10:
                return f"{self.part(f'list[{want}]', depth)} | {self.one_of(('sum', 'min', 'max'))}"
            case _:
                return self.choice(want, depth)

    # --- booleans ------------------------------------------------------------------------------

    def boolean(self, depth: int) -> str:
        match self.below(12):
            case 0 | 1:
                sign = self.one_of(("==", "!="))
                kind = self.one_of(TYPES)
                return f"{self.part(kind, depth)} {sign} {self.part(kind, depth)}"
            case 2:
                sign = self.one_of(("==", "!="))
                left, right = self.one_of(TYPES), self.one_of(TYPES)
                return f"{self.part(left, depth)} {sign} {self.part(right, depth)}"
            case 3 | 4:
                sign = self.one_of(("<", "<=", ">", ">="))
                kind = self.one_of(("integer", "number", "string"))
                return f"{self.part(kind, depth)} {sign} {self.part(kind, depth)}"
            case 5 | 6:
                word = self.one_of(("in", "not in"))
                inner, outer = self.one_of(
                    (
                        ("string", "string"),
                        ("integer", "list[integer]"),
                        ("number", "array"),
                        ("string", "list[string]"),
                        ("string", "map[string]"),
                        ("any", "any"),
                        ("any", "list[number]"),
                    )
                )
                return f"{self.part(inner, depth)} {word} {self.part(outer, depth)}"
            case 7:
                return f"not {self.part(self.one_of(TYPES), depth)}"
            case 8:
                name = self.one_of(("startswith", "endswith", "contains"))
                return f"{self.part('string', depth)} | {name}({self.of('string', depth)})"
            case 9:
                return f"{self.part('array', depth)} | contains({self.of('any', depth)})"
            case 10:
                return f"{self.part('string', depth)} | match({quoted(self.one_of(_PATTERNS))})"
            case _:
                return f"{self.part('any', depth)} | bool"

    # --- lists and maps ------------------------------------------------------------------------

    def list(self, want: str, depth: int) -> str:
        value = self.part(want, depth)
        inner = _ELEMENTS[want]
        match self.below(9):
            case 0 | 1:
                return "[" + ", ".join(self.of(inner, depth) for _ in range(self.below(4))) + "]"
            case 2 | 3:
                return f"{value} + {self.part(want, depth)}"
            case 4:
                return f"{value}[{self.bounds(depth)}]"
            case 5:
                return f"{value} | {self.one_of(('sort', 'unique', 'reverse'))}"
            case 6:
                return f"{value} | slice:{self.below(3)}:{self.below(4)}"
            case 7:
                return self.picked(want, depth)
            case _:
                return self.parsed(want, depth)

    def picked(self, want: str, depth: int) -> str:
        """Fields of elements, or the elements that have some."""
        elements = self.part("list[object]", depth)
        key = self.one_of(("k", "name", "n", "'a b'", "deep.k"))
        if want == "list[object]":
            value = self.one_of(("", ":1", ":a", ":true", ":(v)"))
            return f"{elements} | where:{key}{value}"
        if want == "list[integer]" and self.below(2):
            return f"{self.part('list[list[integer]]', depth)} | map:{self.below(2)}:(i)"
        return f"{elements} | map:{key}{self.one_of(('', ':0', ':(w)'))}"

    def parsed(self, want: str, depth: int) -> str:
        match self.below(3):
            case 0 if want == "list[string]":
                separator = self.one_of(("", ":,", "(' ')", ":1", f"({self.of('string', 0)})"))
                return f"{self.part('string', depth)} | split{separator}"
            case 1:
                return f"({self.part('any', depth)} | tojson) | {self.one_of(('json', 'yaml'))}"
            case _:
                return f"{quoted(self.one_of(_TEXTS))} | {self.one_of(('json', 'yaml'))}"

    def map(self, want: str, depth: int) -> str:
        inner = _ELEMENTS[want]
        match self.below(5):
            case 0:
                return self.parsed(want, depth)
            case _:
                keys = [self.one_of(("k", "name", "n", "ok", '"a b"', "if")) for _ in range(3)]
                entries = [f"{key}: {self.of(inner, depth)} " for key in keys[: self.below(4)]]
                return "{" + ", ".join(entries) + "}"


def fits(type_: str, want: str) -> bool:
    """Whether a value of a type is, or may be, what is wanted."""
    return (
        type_ == want
        or want == "any"
        or (want == "number" and type_ == "integer")
        or (want == "string" and type_ in ("enum", "string?"))
        or (want == "integer" and type_ == "integer?")
        or (want == "list[string]" and type_ == "list[string]?")
        or (want == "list[number]" and type_ == "list[integer]")
        or (want == "array" and type_.startswith("list"))
        or (want == "object" and type_.startswith("map"))
        or (type_ == "any" and want in ("array", "object"))
    )


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3, chaos: int = 16) -> str:
    """An expression over `VARIABLES`, of any type."""
    made = Expressions(draw, chaos)
    return made.compound(made.one_of(TYPES), depth)
