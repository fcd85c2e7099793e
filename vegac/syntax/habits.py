"""What writers of other languages type in an expression, and how Vega says it."""

import re
from typing import Final

SYMBOLS: Final[tuple[tuple[str, str, str], ...]] = (
    # what stands there, what is wrong with it, the cure; the longest first
    ("===", "'===' is not an operator", "write '=='"),
    ("!==", "'!==' is not an operator", "write '!='"),
    ("<=>", "'<=>' is not an operator", "compare with '<', '==' or '>'"),
    ("**", "there is no power operator", "multiply, or compute it in a tool"),
    ("<>", "'<>' is not an operator", "write '!='"),
    ("=>", "'=>' is not an operator", "write '>='"),
    ("=<", "'=<' is not an operator", "write '<='"),
    ("&&", "'&&' is not an operator", "write 'and'"),
    ("||", "'||' is not an operator", "write 'or'"),
    ("??", "'??' is not an operator", "write `x | default(y)`"),
    ("?:", "'?:' is not an operator", "write `x or y`, or `x | default(y)`"),
    ("?.", "'?.' is not an operator", "write `a.b | default:...`, which allows for missing fields"),
    ("+=", "an expression does not assign", "use a `set` step"),
    ("-=", "an expression does not assign", "use a `set` step"),
    (":=", "an expression does not assign", "use a `set` step"),
    ("<<", "'<<' is not an operator", "for a literal '<<' in a text write '\\<<'"),
    (">>", "'>>' is not an operator", "it ends a hole; to compare write '>'"),
    ("->", "'->' is not an operator", "a field is `value.field`"),
    ("{%", "statements `{% ... %}` do not exist", "use steps, or `a if condition else b`"),
    ("%}", "statements `{% ... %}` do not exist", "use steps, or `a if condition else b`"),
    ("=", "'=' does not compare", "write '=='"),
    ("!", "'!' is not an operator", "write 'not'"),
    ("&", "'&' is not an operator", "write 'and'"),
    ("?", "'?' is not an operator", "write `a if condition else b`"),
    ("~", "'~' is not an operator", "join texts with '+'"),
    ("^", "'^' is not an operator", "compare with '!='"),
    (";", "an expression has no ';'", "one hole holds one expression"),
    ("$", "'$' does not belong in an expression", "the environment is `env.NAME`"),
    ("@", "'@' does not belong in an expression", "a text stands in quotes"),
    ("#", "'#' does not belong in an expression", "a text stands in quotes"),
    ("`", "'`' is not a quote", "write ' or \""),
    ("“", "'“' is not a quote here", 'write "'),
    ("”", "'”' is not a quote here", 'write "'),
    ("‘", "'‘' is not a quote here", "write '"),
    ("’", "'’' is not a quote here", "write '"),
    ("≤", "'≤' is not an operator", "write '<='"),
    ("≥", "'≥' is not an operator", "write '>='"),
    ("≠", "'≠' is not an operator", "write '!='"),
    ("−", "'−' is not a minus sign here", "write '-'"),
    ("×", "'×' is not an operator", "write '*'"),
    ("÷", "'÷' is not an operator", "write '/'"),
)

OPERATOR_WORDS: Final = {
    "eq": "==",
    "equals": "==",
    "ne": "!=",
    "gt": ">",
    "lt": "<",
    "ge": ">=",
    "gte": ">=",
    "le": "<=",
    "lte": "<=",
    "mod": "%",
    "div": "//",
}
"""Words of other languages between two operands."""

_FUNCTIONS: Final = {
    "len": "length",
    "count": "length",
    "size": "length",
    "str": "string",
    "sorted": "sort",
    "reversed": "reverse",
    "set": "unique",
    "strip": "trim",
    "toUpperCase": "upper",
    "toLowerCase": "lower",
    "toString": "string",
    "to_json": "tojson",
    "dumps": "tojson",
    "loads": "json",
    "parseInt": "int",
    "parseFloat": "float",
    "concat": "join",
    "substring": "slice",
    "substr": "slice",
    "startsWith": "startswith",
    "endsWith": "endswith",
    "splitlines": "lines",
}
_METHODS: Final = {
    "includes": "write `x in value`",
    "contains": "write `x in value`",
    "has": "write `x in value`",
    "append": "write `value + [x]`",
    "push": "write `value + [x]`",
    "extend": "write `value + other`",
    "get": "write `value['key'] | default:...`",
    "items": "a `for` step goes through a map: `for key, value in map`",
    "keys": "a `for` step goes through a map's keys: `for key in map`",
    "values": "a `for` step goes through a map: `for key, value in map`",
    "format": "write a text with holes",
}
_SAME: Final = frozenset(
    (
        *("upper", "lower", "trim", "title", "capitalize", "truncate", "replace", "split"),
        *("indent", "startswith", "endswith", "match", "urlencode", "slug", "join", "first"),
        *("last", "length", "reverse", "sort", "unique", "slice", "map", "sum", "min", "max"),
        *("default", "json", "yaml", "tojson", "int", "float", "string", "bool", "round", "abs"),
    )
)
_IS: Final = re.compile(r"is(?:\s+(not))?(?:\s+([A-Za-z_]\w*))?")


def call_hint(name: str, receiver: str, inner: str) -> str:
    """How to write `name(inner)`, or `receiver.name(inner)`, as a filter."""
    if receiver and name in _METHODS:
        return _METHODS[name]
    known = name if name in _SAME else _FUNCTIONS.get(name, "")
    value, given = (receiver, inner) if receiver else (inner, "")
    if name == "join" and receiver:
        value, given = inner, receiver
    if name in ("env", "getenv"):
        return "write `env.NAME`"
    if name == "range":
        return "a `repeat` step counts in `loop.index`"
    if "," in value and not known:
        value = ""
    if not known:
        return f"what works on a value is a filter: `{value or 'value'} | filter`"
    simple = re.fullmatch(r"[\w.\[\]'\"]+", value) is not None
    return (
        f"write `{value if simple else '(' + value + ')'} | {known}{f'({given})' if given else ''}`"
    )


def is_hint(text: str, start: int) -> tuple[int, str] | None:
    """For `is` at `start`: where its test ends, and how to write it."""
    match = _IS.match(text, start)
    if match is None:
        return None
    negative, test = match.groups()
    sign = "!=" if negative else "=="
    if test is None:
        return match.end(), f"write '{sign}'"
    if test.lower() in ("none", "null", "nil", "undefined", "defined"):
        positive = (test.lower() == "defined") != bool(negative)
        return match.end(), f"write '{'!=' if positive else '=='} null', or use `| default:...`"
    return match.end(), f"write '{sign} {test}'"
