"""What other tools and languages call keys, types, filters and values."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "args": ("with", "params"),
    "arguments": ("with", "params"),
    "as": ("save",),
    "attempts": ("max_attempts",),
    "concurrency": ("parallel", "limit"),
    "condition": ("if", "until"),
    "content": ("send",),
    "instructions": ("system",),
    "max_concurrency": ("parallel", "limit"),
    "max_retries": ("max_attempts", "retry"),
    "message": ("send",),
    "output": ("save",),
    "parameters": ("params",),
    "prompt": ("send", "system"),
    "register": ("save",),
    "result": ("save", "output"),
    "retries": ("max_attempts", "retry"),
    "return": ("output",),
    "returns": ("output",),
    "store": ("save",),
    "system_message": ("system",),
    "system_prompt": ("system",),
    "when": ("if",),
}
"""The keys that a word may stand for, the likelier ones first. A table that has a key of that name
never asks."""

TYPES: dict[str, str] = {
    "bool": "boolean",
    "dict": "object",
    "double": "number",
    "float": "number",
    "int": "integer",
    "str": "string",
    "text": "string",
}
"""What other languages call the types."""

FILTERS: dict[str, str] = {
    "concat": "join",
    "count": "length",
    "d": "default",
    "dedupe": "unique",
    "distinct": "unique",
    "dumps": "tojson",
    "filter": "where",
    "from_json": "json",
    "fromjson": "json",
    "fromyaml": "yaml",
    "len": "length",
    "linecount": "lines",
    "lowercase": "lower",
    "num": "float",
    "number": "float",
    "parse_json": "json",
    "pluck": "map",
    "select": "where",
    "selectattr": "where",
    "size": "length",
    "slugify": "slug",
    "str": "string",
    "strip": "trim",
    "sub": "regex_replace",
    "test": "match",
    "to_int": "int",
    "to_json": "tojson",
    "to_number": "float",
    "to_string": "string",
    "uppercase": "upper",
    "word_count": "words",
    "wordcount": "words",
}
"""What other languages call the filters."""

LITERALS: dict[str, str] = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "none": "null",
    "nil": "null",
    "NULL": "null",
    "Null": "null",
    "undefined": "null",
}
"""How other languages write true, false and null, where no variable has such a name."""
