"""The filters of the language as data: one source for the checker, completion, hover and the docs.

`receivers` and `parameters[].type` are type words:

- receivers: `any`, `string`, `number` (integers too), `boolean`, `null`, `list`, `map`, and
  `list[string]`, `list[number]`, `list[map]` where the elements matter too. A list of several words
  means any of them.
- parameters: `any`, `string`, `integer`, `boolean`; `separator` (a string that is not empty),
  `regex` (a string that Python's `re` compiles), `replacement` (a string with `\\1` for groups),
  `field` (a field's name, a path such as `address.city`, or an integer for elements that are
  lists), `condition` (a string that `CONDITION` matches, or a boolean).

`result` is a type (`string`, `integer`, `number`, `boolean`, `any`, `list[string]`) or a rule:

- `same`: the receiver's type;
- `element`: the type of the receiver's elements (a string's are strings);
- `field`: a list of what the field named by the first argument holds;
- `sum`: integer for a list of integers, else number;
- `round`: integer without digits, else number;
- `default`: the receiver's type without null, or that of the first argument;
- `branches`: the type of `then` or that of `otherwise`.
"""

from typing import Any, Final, Literal, NamedTuple

Group = Literal["string", "list", "conditional", "type"]

CONDITION: Final = r"\s*(?:(?P<operator>==|!=|<=|>=|<|>)\s*(?P<literal>\S(?:.*\S)?))?\s*"
"""What the condition of `if` must match entirely: nothing, or an operator and a literal. The
literal is a number, `true`, `false`, `null`, a quoted string, or else a string as it stands."""


class Parameter(NamedTuple):
    """A parameter of a filter. `bare`: a bare word is its natural form, so that one which happens
    to be a variable's name is no mistake. `low` and `high` bound an integer."""

    name: str
    type: str
    doc: str
    required: bool = True
    default: Any = None
    bare: bool = False
    low: int | None = None
    high: int | None = None


class FilterSpec(NamedTuple):
    """A filter: `function` is its name in `vega_runtime.filters`; `example` evaluates to `shows`
    (written as JSON)."""

    name: str
    group: Group
    doc: str
    example: str
    shows: str
    receivers: tuple[str, ...]
    result: str
    parameters: tuple[Parameter, ...] = ()
    function: str = ""

    @property
    def usage(self) -> str:
        """How it is written: `truncate:n`, `slice:start[:end]`."""
        text = self.name
        for parameter in self.parameters:
            text += f":{parameter.name}" if parameter.required else f"[:{parameter.name}]"
        return text

    @property
    def required(self) -> int:
        """How many arguments it needs at least."""
        return sum(parameter.required for parameter in self.parameters)


_RESERVED = frozenset(
    "abs bool float if int json map match max min round slice sum yaml".split()  # noqa: SIM905
)

_STRING = ("string",)
_LIST = ("list",)
_SEQUENCE = ("string", "list")
_ANY = ("any",)


def _optional(
    name: str, type_: str, doc: str, default: Any = None, bare: bool = False
) -> Parameter:
    return Parameter(name, type_, doc, required=False, default=default, bare=bare)


_FIELD = Parameter(
    "field", "field", "the field's name, or a path such as `address.city`", bare=True
)

_TABLE: tuple[FilterSpec, ...] = (
    FilterSpec(
        "upper", "string", "The text in capitals.", "'john' | upper", '"JOHN"', _STRING, "string"
    ),
    FilterSpec(
        "lower",
        "string",
        "The text in small letters.",
        "'JOHN' | lower",
        '"john"',
        _STRING,
        "string",
    ),
    FilterSpec(
        "trim",
        "string",
        "The text without the space around it.",
        "'  x ' | trim",
        '"x"',
        _STRING,
        "string",
    ),
    FilterSpec(
        "title",
        "string",
        "Every word with a capital, the rest of it small.",
        "'it\\'s a dog' | title",
        '"It\'s A Dog"',
        _STRING,
        "string",
    ),
    FilterSpec(
        "capitalize",
        "string",
        "The first letter as a capital, all others small.",
        "'hello WORLD' | capitalize",
        '"Hello world"',
        _STRING,
        "string",
    ),
    FilterSpec(
        "truncate",
        "string",
        "The first `n` characters, then `...` when there were more.",
        "'hello world' | truncate:5",
        '"hello..."',
        _STRING,
        "string",
        (Parameter("n", "integer", "how many characters to keep, 0 or more", low=0),),
    ),
    FilterSpec(
        "replace",
        "string",
        "Every `old` replaced by `new`.",
        "'a-old-b' | replace:old:new",
        '"a-new-b"',
        _STRING,
        "string",
        (
            Parameter("old", "string", "the text to look for"),
            Parameter("new", "string", "the text to put there"),
        ),
    ),
    FilterSpec(
        "split",
        "string",
        "The pieces between separators; without one, the words.",
        "'a,b,c' | split:,",
        '["a","b","c"]',
        _STRING,
        "list[string]",
        (_optional("separator", "separator", "what stands between the pieces"),),
    ),
    FilterSpec(
        "lines",
        "string",
        "How many lines the text has (0 when it is empty).",
        "'one\\ntwo' | lines",
        "2",
        _STRING,
        "integer",
    ),
    FilterSpec(
        "words",
        "string",
        "How many words the text has.",
        "'one two  three' | words",
        "3",
        _STRING,
        "integer",
    ),
    FilterSpec(
        "chars",
        "string",
        "How many characters the text has.",
        "'héllo' | chars",
        "5",
        _STRING,
        "integer",
    ),
    FilterSpec(
        "indent",
        "string",
        "Every line but the first and empty ones moved right by `n` spaces.",
        "'a\\nb' | indent:2",
        '"a\\n  b"',
        _STRING,
        "string",
        (
            Parameter("n", "integer", "how many spaces, 0 to 1000", False, 4, low=0, high=1000),
            _optional("first", "boolean", "whether the first line moves too", default=False),
        ),
    ),
    FilterSpec(
        "startswith",
        "string",
        "Whether the text starts with `s`.",
        "'APPROVED: fine' | startswith:APPROVED",
        "true",
        _STRING,
        "boolean",
        (Parameter("s", "string", "the start to look for"),),
    ),
    FilterSpec(
        "endswith",
        "string",
        "Whether the text ends with `s`.",
        "'a.py' | endswith:.py",
        "true",
        _STRING,
        "boolean",
        (Parameter("s", "string", "the end to look for"),),
    ),
    FilterSpec(
        "contains",
        "string",
        "Whether `s` is in the text, is an element of the list or a key of the map.",
        "'It is APPROVED.' | contains:APPROVED",
        "true",
        ("string", "list", "map"),
        "boolean",
        (Parameter("s", "any", "the text, element or key to look for"),),
    ),
    FilterSpec(
        "match",
        "string",
        "Whether the regular expression matches somewhere in the text (`^` and `$` anchor it).",
        "'score: 42' | match:'[0-9]+$'",
        "true",
        _STRING,
        "boolean",
        (Parameter("re", "regex", "a regular expression of Python's `re`", bare=True),),
    ),
    FilterSpec(
        "regex_replace",
        "string",
        "Every match of the regular expression replaced; `\\1` in `s` is the first group.",
        "'2026-11-22' | regex_replace:'[0-9]+-([0-9]+)-([0-9]+)':'\\\\2.\\\\1.'",
        '"22.11."',
        _STRING,
        "string",
        (
            Parameter("re", "regex", "a regular expression of Python's `re`", bare=True),
            Parameter("s", "replacement", "the text to put there"),
        ),
    ),
    FilterSpec(
        "urlencode",
        "string",
        "Percent-encoded for a URL, `/` kept; a map becomes a query `a=1&b=2`.",
        "'a b/ü' | urlencode",
        '"a%20b/%C3%BC"',
        ("string", "number", "map"),
        "string",
    ),
    FilterSpec(
        "slug",
        "string",
        "Small letters and digits with `-` between them, for file names and URLs.",
        "'Café au lait!' | slug",
        '"cafe-au-lait"',
        _STRING,
        "string",
    ),
    FilterSpec(
        "join",
        "list",
        "The text of all elements with `sep` between them.",
        "['a', 1] | join:'-'",
        '"a-1"',
        _LIST,
        "string",
        (_optional("sep", "string", "what to put between elements", ", "),),
    ),
    FilterSpec(
        "first",
        "list",
        "The first element (null when there is none).",
        "[3, 1, 2] | first",
        "3",
        _SEQUENCE,
        "element",
    ),
    FilterSpec(
        "last",
        "list",
        "The last element (null when there is none).",
        "[3, 1, 2] | last",
        "2",
        _SEQUENCE,
        "element",
    ),
    FilterSpec(
        "length",
        "list",
        "How many elements, characters or keys there are.",
        "[3, 1, 2] | length",
        "3",
        ("string", "list", "map"),
        "integer",
    ),
    FilterSpec(
        "reverse",
        "list",
        "In reverse order.",
        "[3, 1, 2] | reverse",
        "[2,1,3]",
        _SEQUENCE,
        "same",
    ),
    FilterSpec(
        "sort",
        "list",
        "From the least to the greatest: all numbers, or all strings.",
        "[3, 1, 2] | sort",
        "[1,2,3]",
        ("list[number]", "list[string]"),
        "same",
    ),
    FilterSpec(
        "unique",
        "list",
        "Each element once, at its first place.",
        "[3, 1, 3] | unique",
        "[3,1]",
        _LIST,
        "same",
    ),
    FilterSpec(
        "slice",
        "list",
        "The elements from `start` up to but without `end`; negative counts from the end.",
        "[3, 1, 2] | slice:0:2",
        "[3,1]",
        _SEQUENCE,
        "same",
        (
            Parameter("start", "integer", "the place of the first element, from 0"),
            _optional("end", "integer", "the place after the last one; all when absent"),
        ),
    ),
    FilterSpec(
        "map",
        "list",
        "One field of every element; with `default`, that where an element lacks the field.",
        "[{name: 'a'}, {name: 'b'}] | map:name",
        '["a","b"]',
        ("list[map]", "list[list]"),
        "field",
        (_FIELD, _optional("default", "any", "the value where an element lacks the field")),
    ),
    FilterSpec(
        "where",
        "list",
        "The elements whose field equals `value`; without `value`, those where it is true.",
        "[{n: 1, ok: true}, {n: 2, ok: false}] | where:ok:true",
        '[{"n":1,"ok":true}]',
        ("list[map]", "list[list]"),
        "same",
        (_FIELD, _optional("value", "any", "what the field must equal")),
    ),
    FilterSpec(
        "sum",
        "list",
        "The sum of the numbers (0 of none).",
        "[1, 2, 3.5] | sum",
        "6.5",
        ("list[number]",),
        "sum",
    ),
    FilterSpec(
        "min",
        "list",
        "The least of the numbers or strings (null of none).",
        "[3, 1, 2] | min",
        "1",
        ("list[number]", "list[string]"),
        "element",
    ),
    FilterSpec(
        "max",
        "list",
        "The greatest of the numbers or strings (null of none).",
        "[3, 1, 2] | max",
        "3",
        ("list[number]", "list[string]"),
        "element",
    ),
    FilterSpec(
        "default",
        "conditional",
        'The value, or `v` when it is null, unset, missing, `""`, `[]` or `{}`.',
        "'' | default:Anonymous",
        '"Anonymous"',
        _ANY,
        "default",
        (Parameter("v", "any", "the value to take instead"),),
    ),
    FilterSpec(
        "if",
        "conditional",
        "`then` when the condition (or, without one, the value itself) holds, else `otherwise`.",
        "3 | if:>0:positive:negative",
        '"positive"',
        _ANY,
        "branches",
        (
            Parameter(
                "condition",
                "condition",
                "empty, or one of `==` `!=` `<` `<=` `>` `>=` and a literal, such as `>0`",
                bare=True,
            ),
            Parameter("then", "any", "the value when it holds"),
            _optional("otherwise", "any", "the value when it does not"),
        ),
    ),
    FilterSpec(
        "json",
        "type",
        "The value that the text writes in JSON (a code fence around it is ignored).",
        "'{\"a\": [1]}' | json",
        '{"a":[1]}',
        _STRING,
        "any",
    ),
    FilterSpec(
        "yaml",
        "type",
        "The value that the text writes in YAML (a code fence around it is ignored).",
        "'a: [1]' | yaml",
        '{"a":[1]}',
        _STRING,
        "any",
    ),
    FilterSpec(
        "tojson",
        "type",
        "The value written in JSON: compact, or with `indent` spaces a level.",
        "{a: [1, 2.5]} | tojson",
        '"{\\"a\\":[1,2.5]}"',
        _ANY,
        "string",
        (Parameter("indent", "integer", "spaces for each level, 0 to 16", False, low=0, high=16),),
    ),
    FilterSpec(
        "int",
        "type",
        "A whole number, from a number or a text that holds one; decimals are cut off.",
        "'42' | int",
        "42",
        ("string", "number", "boolean"),
        "integer",
    ),
    FilterSpec(
        "float",
        "type",
        "A number with a decimal point, from a number or a text that holds one.",
        "'4.5' | float",
        "4.5",
        ("string", "number", "boolean"),
        "number",
    ),
    FilterSpec(
        "string", "type", "The value as a template shows it.", "42 | string", '"42"', _ANY, "string"
    ),
    FilterSpec(
        "bool",
        "type",
        "true or false; from a text: true/yes/on/1, or false/no/off/0 or nothing.",
        "'yes' | bool",
        "true",
        _ANY,
        "boolean",
    ),
    FilterSpec(
        "round",
        "type",
        "The number rounded to `n` decimals (halves to the even neighbour, as Python does).",
        "3.14159 | round:2",
        "3.14",
        ("number",),
        "round",
        (_optional("n", "integer", "how many decimals; without it, a whole number"),),
    ),
    FilterSpec("abs", "type", "The number without its sign.", "-3 | abs", "3", ("number",), "same"),
)

FILTERS: Final[dict[str, FilterSpec]] = {
    spec.name: spec._replace(function=spec.name + ("_" if spec.name in _RESERVED else ""))
    for spec in _TABLE
}
"""Every filter by its name, in the order of the language reference."""
